"""Typst: from a layout in `templates/` and plain data to a PDF, or to pictures of its pages.

Data reach the layout as JSON and are printed as text; nothing in them is ever read as markup. The fonts are ours
(Liberation Serif, the metrics of Times New Roman, with every Vietnamese letter in bold, too), so that a paper looks the
same on every machine; packages and system fonts are not looked for.
"""

import io
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import segno
import typst

from backend.dossiers.paper.kinds import Kind

HERE = Path(__file__).parent
PREVIEW_PPI = 100
_lock = Lock()
"""One paper at a time: it takes some milliseconds, and a compiler is not made for two threads."""


@lru_cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(root=HERE / "templates", font_paths=[HERE / "fonts"], ignore_system_fonts=True)


def pdf(kind: Kind, data: Mapping[str, Any]) -> bytes:
    """The paper as PDF. A layout that does not compile raises typst.TypstError: a bug of ours."""
    made: bytes = _compiled(kind, data, format="pdf")
    return made


def pictures(kind: Kind, data: Mapping[str, Any]) -> list[bytes]:
    """Its pages as PNG, for the preview."""
    made = _compiled(kind, data, format="png", ppi=PREVIEW_PPI)
    return made if isinstance(made, list) else [made]


def _compiled(kind: Kind, data: Mapping[str, Any], **options: Any) -> Any:
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    with _lock:
        return _compiler().compile(input=HERE / "templates" / f"{kind}.typ", sys_inputs=inputs, **options)


def qr(address: str) -> str:
    """A QR code of an address as SVG, without a border (the layout leaves it white)."""
    out = io.BytesIO()
    segno.make_qr(address, error="m").save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
