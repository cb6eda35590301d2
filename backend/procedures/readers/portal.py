"""The National Public Service Portal's records: its API's own (`raw`) and the flattened form of the shared data file.

Both are brought to the flattened form first and then read by the same rules, so a trap is answered in one place.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from backend.clock import VIETNAM
from backend.procedures import policy
from backend.text import fold, normalise

JSON = Mapping[str, Any]

_LEVELS = {"cap tinh": "province", "cap huyen": "district", "cap xa": "commune"}
_CHANNELS = {"truc tiep": "counter", "truc tuyen": "online", "dich vu buu chinh": "post"}
_RAW_CHANNELS = {"DIRECT": "Trực tiếp", "ONLINE": "Trực tuyến", "POSTAL": "Dịch vụ bưu chính"}
_FEE_KINDS = {"FEE": "Phí", "SERVICE_FEE": "Lệ phí", "PRICE_LEVEL": "Mức giá"}
_FEE_START = re.compile(r"(?:^|;\s*)(Phí|Lệ phí|Mức giá|Giá)\s*:\s*", re.IGNORECASE)
_AMOUNT = re.compile(r"^([\d.,]+)\s*(?:đồng|vnđ|vnd|đ)\b\s*", re.IGNORECASE)
_DURATION_WORDS = re.compile(
    r"\d\s*(?:\(\w+\)\s*)?(?:ngay|gio|thang|phut|nam|tuan)\b|ngay sau khi|trong ngay|trong buoi|ngay khi"
)
_LOOSE_METHOD = re.compile(
    r"(Trực tuyến|Dịch vụ bưu chính|Trực tiếp)\s*(\d+)\s*(Ngày làm việc|Ngày|Giờ|Tháng)", re.IGNORECASE
)
_LOOSE_UNITS = {"ngay lam viec": "WORKING_DAY", "ngay": "DAY", "gio": "HOUR", "thang": "MONTH"}
_NO_INFORMATION = re.compile(r"^(?:khong(?: co)?(?: thong tin| yeu cau| quy dinh)?|\W*)\.?$")


def is_raw(record: JSON) -> bool:
    """Whether this is a record of the portal's API."""
    return isinstance(record.get("detail"), Mapping)


def is_flattened(record: JSON) -> bool:
    """Whether this is a record of the flattened data file."""
    return "level_of_admin" in record


def flattened(raw: JSON) -> dict[str, Any]:
    """A raw API record in the flattened form."""
    detail: JSON = raw["detail"]
    levels = {"isProvince": "Cấp Tỉnh", "isWard": "Cấp Xã"}
    return {
        "code": raw.get("code") or detail.get("code"),
        "name": raw.get("name") or detail.get("name"),
        "field": (detail.get("category") or {}).get("name") or _names(detail, "categoriesDetails"),
        "agency": detail.get("executingAgencies") or _names(detail, "departmentsExecuting", "unitGroupsExecuting"),
        "level_of_admin": [name for key, name in levels.items() if detail.get(key)],
        "documents": [
            {
                "name": part.get("name"),
                "case": case.get("name"),
                "original": part.get("originalQty"),
                "copy": part.get("copyQty"),
                "forms": [file.get("fileName") for file in part.get("attachments") or []],
            }
            for case in detail.get("executionCases") or []
            for part in case.get("profileComponents") or []
        ],
        "steps": [step.get("description") or step.get("name") for step in detail.get("executionSteps") or []],
        "methods": [
            {
                "channel": _RAW_CHANNELS.get(method.get("submissionMethod"), ""),
                "time": method.get("processingTime"),
                "unit": method.get("processingTimeUnit"),
                "note": method.get("description"),
            }
            for method in detail.get("executionMethods") or []
        ],
        "fees": [fee for method in detail.get("executionMethods") or [] for fee in method.get("fees") or []],
        "legal_basis": detail.get("legalBasisesDetails") or [],
        "conditions": detail.get("requirementsAndConditions") or "",
        "results": [result.get("name") for result in detail.get("resultsDetails") or []],
        "target": [target.get("name") for target in detail.get("subjectTypesDetails") or []],
        "is_full_process": detail.get("isFullProcess"),
        "offline_only": detail.get("isOfflineOnly"),
        "url": f"https://dichvucong.gov.vn/thu-tuc-hanh-chinh/{raw['id']}" if raw.get("id") else "",
        "updated_at": detail.get("updatedAt"),
    }


def _names(detail: JSON, *keys: str) -> str:
    return "; ".join(part.get("name") or "" for key in keys for part in detail.get(key) or [])


def record(source: JSON) -> dict[str, Any]:
    """The values of a `ProcedureIn` from a record of either form. Raises on a shape it does not know."""
    flat = flattened(source) if is_raw(source) else source
    documents, notes = _documents(flat.get("documents") or [])
    methods = _methods(flat)
    return {
        "code": _clean(flat.get("code")),
        "name": _clean(flat.get("name")),
        "field": _clean(flat.get("field")),
        "levels": _levels(flat.get("level_of_admin") or []),
        "agency": _clean(flat.get("agency")),
        "online": _online(flat, methods),
        "target": _unique(flat.get("target") or []),
        "documents": documents,
        "notes": notes,
        "steps": _unique(flat.get("steps") or []),
        "methods": methods,
        "fees": _raw_fees(flat["fees"]) if "fees" in flat else _fees(_clean(flat.get("fee"))),
        "results": _unique(flat.get("results") or []),
        "conditions": _lines(flat.get("conditions")),
        "legal_basis": [
            {"code": _clean(law.get("code")), "name": _clean(law.get("name"))} for law in flat.get("legal_basis") or []
        ],
        "url": _clean(flat.get("url")),
        "updated_on": _day(flat.get("updated_at")),
    }


def _clean(value: Any) -> str:
    return "\n".join(line.strip() for line in normalise(value).split("\n")) if isinstance(value, str) else ""


def _unique(values: list[Any]) -> list[str]:
    return list(dict.fromkeys(text for value in values if (text := _clean(value))))


def _lines(value: Any) -> list[str]:
    lines = [line.strip() for line in _clean(value).split("\n")]
    return [line for line in lines if line and not _NO_INFORMATION.match(fold(line))]


def _day(milliseconds: Any) -> date | None:
    if not isinstance(milliseconds, int | float):
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(VIETNAM).date()


def _levels(values: list[Any]) -> list[str]:
    names = [fold(part).strip() for value in values for part in str(value).split(",")]
    return list(dict.fromkeys(_LEVELS[name] for name in names if name in _LEVELS))


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value <= 1000 else 0


def _documents(entries: list[JSON]) -> tuple[list[dict[str, Any]], list[str]]:
    """Papers, and the notes that stood among them. A paper listed once a case is kept once, with its first case."""
    papers: dict[tuple[str, str], dict[str, Any]] = {}
    notes: list[str] = []
    for entry in entries:
        text, case = _clean(entry.get("name")), _clean(entry.get("case"))
        original, copies = _count(entry.get("original")), _count(entry.get("copy"))
        if policy.kind_of_line(text, case, original + copies) is policy.Line.NOTE:
            notes.append(text)
            continue
        paper, shown = policy.paper(text, case), policy.is_shown(case)
        papers.setdefault(
            (fold(paper.name), fold(paper.when)),
            {
                "name": paper.name,
                "original": 0 if shown else original,
                "copy": 0 if shown else copies,
                "present": shown,
                # The forms never say that a paper is required, so an unconditional one stays unknown, not optional.
                "required": False if paper.optional else None,
                "when": paper.when,
                "files": _unique(entry.get("forms") or []),
            },
        )
    return list(papers.values()), _unique(notes)


def _methods(flat: JSON) -> list[dict[str, Any]]:
    found = flat.get("methods")
    if found is None:
        found = [
            {"channel": channel, "time": int(value), "unit": _LOOSE_UNITS[fold(unit)]}
            for channel, value, unit in _LOOSE_METHOD.findall(_clean(flat.get("methods_text")))
        ]
    methods = [_method(entry) for entry in found if fold(_clean(entry.get("channel"))) in _CHANNELS]
    return [method for i, method in enumerate(methods) if method not in methods[:i]]


def _method(entry: JSON) -> dict[str, Any]:
    time, unit = entry.get("time"), policy.unit_of(str(entry.get("unit")))
    note = _clean(entry.get("note")).split("\n")[0]
    method: dict[str, Any] = {"channel": _CHANNELS[fold(_clean(entry.get("channel")))]}
    if unit and isinstance(time, int | float) and 0 < time <= 2000:
        method["duration"] = {"value": time, "unit": unit}
    elif _DURATION_WORDS.search(fold(note)):
        method["duration_text"] = note
    return method


def _online(flat: JSON, methods: list[dict[str, Any]]) -> str | None:
    if not methods:
        return "none" if flat.get("offline_only") else None
    if not any(method["channel"] == "online" for method in methods):
        return "none"
    return "full" if flat.get("is_full_process") else "partial"


def _raw_fees(entries: list[JSON]) -> list[dict[str, Any]]:
    return _known_fees(
        (_FEE_KINDS.get(str(entry.get("type")), "Phí"), entry.get("value"), _clean(entry.get("description")))
        for entry in entries
    )


def _fees(text: str) -> list[dict[str, Any]]:
    if fold(text) == "mien phi":  # a zero typed into the form without a word: see `_known_fees`
        return [{"amount": 0}]
    starts = list(_FEE_START.finditer(text))
    parts = []
    ends = [*(start.start() for start in starts[1:]), len(text)]
    for start, end in zip(starts, ends, strict=False):
        words = text[start.end() : end].strip(" ;")
        amount = _AMOUNT.match(words)
        value = float(re.sub(r"\D", "", amount[1]) or 0) if amount else None
        if amount:
            words = words[amount.end() :].strip()
        elif words.startswith("("):
            words = words[1:].removesuffix(")")
        parts.append((start[1].capitalize(), value, words.removeprefix("(").removesuffix(")") if amount else words))
    return _known_fees(parts)


def _known_fees(entries: Any) -> list[dict[str, Any]]:
    """Fees that say something. A zero with words means what the words say; a bare zero stays a bare zero."""
    fees: list[dict[str, Any]] = []
    for kind, value, words in entries:
        amount, words = policy.credible(value), policy.bare(words) if len(words) > 3 else words
        fee: dict[str, Any] | None = None
        if policy.says_free(words) and words:
            fee = {"amount": 0, "text": "miễn phí"}
        elif amount is not None:
            fee = {"amount": amount, "text": f"{kind.lower()}: {words}" if len(words) > 3 else kind.lower()}
        elif words and not policy.says_nothing(words) and not words.startswith("/"):
            fee = {"text": words}
        elif value == 0 and not words:
            fee = {"amount": 0}
        if fee is not None and fee not in fees:
            fees.append(fee)
    said = [fee for fee in fees if fee != {"amount": 0}]
    return said or fees
