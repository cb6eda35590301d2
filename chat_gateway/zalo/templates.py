"""Approved templates: which one tells which event, its blanks filled in, checked before Zalo is asked.

The file that `ZALO_TEMPLATES` names, written by an administrator; `chat_gateway/zalo/templates.example.yml` shows it:

    received.online:            # an event (serves all its variants that have no entry), or event.variant
      template_id: "312345"
      values:                   # the template's blanks, from the facts of the event
        ma_ho_so: "{code}"
        thu_tuc: "{procedure}"
      shorten: [thu_tuc]        # blanks that may be cut to fit; all others are refused when too long
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from backend.logs import logger
from backend.messaging.channels import Rejected, Template
from chat_gateway.zalo.client import Client, Data

log = logger(__name__)

SEND_PATH = "/message/template"
INFO_PATH = "/template/info/v2"
KNOWN_FOR_SECONDS = 3_600.0
PARAM_MISSING, PARAM_TOO_LONG = "-1122", "-1121"
"""Zalo's own codes, found out here."""
_FACT = re.compile(r"\{(\w+)\}")


class Entry(BaseModel):
    """One line of the administrator's file."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    template_id: str = Field(pattern=r"^\w{1,40}$")
    values: dict[str, str] = {}
    shorten: list[str] = []


@dataclass(frozen=True)
class Filled:
    """What Zalo is given."""

    id: str
    values: dict[str, str]


@dataclass(frozen=True)
class Blank:
    """One parameter of an approved template."""

    name: str
    required: bool
    longest: int


@lru_cache
def _entries(path: Path, changed: float) -> Mapping[str, Entry]:
    loaded = yaml.safe_load(path.read_text("utf-8")) or {}
    return TypeAdapter(dict[str, Entry]).validate_python(loaded)


def entries(path: Path | None) -> Mapping[str, Entry]:
    """The file as it is now; nothing, and one line in the log a change, where it is missing or wrong."""
    if path is None:
        return {}
    try:
        return _entries(path, path.stat().st_mtime)
    except (OSError, ValueError, yaml.YAMLError) as error:
        log.error("ZALO_TEMPLATES cannot be read", error=type(error).__name__)
        return {}


class Templates:
    """The templates of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._blanks: dict[str, tuple[float, tuple[Blank, ...]]] = {}

    def names(self) -> list[str]:
        """The events that have a template."""
        return sorted(entries(self._client.settings.zalo_templates))

    def has(self, template: Template) -> bool:
        """Whether there is one for this notice."""
        return self._entry(template) is not None

    def _entry(self, template: Template) -> Entry | None:
        known = entries(self._client.settings.zalo_templates)
        return known.get(template.name) or known.get(template.name.partition(".")[0])

    def filled(self, template: Template) -> Filled:
        """The approved template with its blanks. Raises Rejected, ZaloError and what the client raises."""
        entry = self._entry(template)
        if entry is None:
            raise Rejected("no approved template for this notice", "no_template")
        values = {name: _FACT.sub(lambda m: template.values.get(m[1], ""), text) for name, text in entry.values.items()}
        blanks = self._blanks_of(entry.template_id)
        return Filled(entry.template_id, {blank.name: _fitting(blank, values, entry) for blank in blanks})

    def _blanks_of(self, template_id: str) -> tuple[Blank, ...]:
        """As Zalo describes the template; asked once an hour."""
        known_at, blanks = self._blanks.get(template_id, (float("-inf"), ()))
        if time.monotonic() - known_at > KNOWN_FOR_SECONDS:
            info = self._client.get(INFO_PATH, {"template_id": template_id}, templates=True)
            blanks = _blanks(info)
            self._blanks[template_id] = (time.monotonic(), blanks)
        return blanks


def _blanks(info: Data) -> tuple[Blank, ...]:
    listed = info.get("listParams")
    return tuple(_blank(one) for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _blank(one: dict[str, Any]) -> Blank:
    longest = one.get("maxLength")
    return Blank(str(one.get("name", "")), bool(one.get("require")), longest if isinstance(longest, int) else 0)


def _fitting(blank: Blank, values: Mapping[str, str], entry: Entry) -> str:
    value = " ".join(values.get(blank.name, "").split())
    if not value and blank.required:
        raise Rejected(f"blank {blank.name} is empty", PARAM_MISSING)
    if blank.longest and len(value) > blank.longest:
        if blank.name not in entry.shorten:
            raise Rejected(f"blank {blank.name} is too long", PARAM_TOO_LONG)
        value = value[: blank.longest - 1].rstrip() + "…"
    return value
