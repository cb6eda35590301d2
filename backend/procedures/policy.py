"""Pure rules about the text of procedure records: short names, what is a paper and what a note, fees, durations.

The portal's records are forms filled in by thousands of hands. Each rule here answers a way in which they mislead.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from backend.text import fold

SHORT_NAME = 80
LOWEST_REAL_FEE = 500  # đồng; smaller amounts are thousands typed without their zeros, or dollars

_LEAD = re.compile(
    r"^(?:thủ tục(?: hành chính)?|tthc)\s*:?\s+(?!hải quan|biên phòng|đối với|nhập cảnh|xuất cảnh)", re.I
)
_SIDE = re.compile(r"\s*\([^()]*\)")
_JURISDICTION = re.compile(
    r"[\s,;–-]*(?:(?:thuộc|do) (?:thẩm quyền|phạm vi|trách nhiệm)|thực hiện tại|theo quy định (?:của|tại)|"
    r"(?:tại|ở) (?:công an )?cấp (?:tỉnh|xã|huyện)|tại công an|do (?:ủy ban|uỷ ban|chủ tịch|ubnd|cấp|sở|bộ)\b|"
    r"đối với (?:trường hợp|các trường hợp)).*$",
    re.IGNORECASE | re.DOTALL,
)
_SPLIT = re.compile(r"\s*[;:]\s+|,\s+|\s+[–-]\s+")
_LOCALITY = ("commune", "district", "province")


def without_lead(name: str) -> str:
    """The name on one line without its leading "Thủ tục", first letter raised, no full stop at the end."""
    name = _LEAD.sub("", " ".join(name.split()).strip(" .;:-–")) or name
    if name.isupper():
        name = name.lower()
    return name[:1].upper() + name[1:]


def short_name(name: str, limit: int = SHORT_NAME) -> str:
    """A name that fits on a phone: asides and jurisdiction go first, then clauses, then words. For reading only."""
    name = without_lead(name)
    if len(name) <= limit:
        return name
    for shorter in (_SIDE.sub("", name), _JURISDICTION.sub("", _SIDE.sub("", name)).strip(" ,;-–")):
        if 10 <= len(shorter) <= limit:
            return shorter
    name = shorter if len(shorter) >= 10 else name
    if len(name) <= limit:
        return name
    ends = [match.start() for match in _SPLIT.finditer(name) if limit // 2 <= match.start() <= limit]
    return f"{name[: ends[-1]]}…" if ends else clipped(name, limit)


def clipped(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words, with an ellipsis when something was cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:.(–-") + "…"


_DETAIL = re.compile(
    r";|\.\s|\n|\s(?:(?:được )?ban hành|kèm theo|theo quy định|quy định tại|trong trường hợp|đối với|theo mẫu số|"
    r"do cơ quan|để chứng minh|\(nếu|\(sau đây)",
    re.IGNORECASE,
)


def brief(name: str, limit: int) -> str:
    """The name of a paper in at most `limit` characters: legal detail goes first, then words."""
    name = name.strip(" ;.,")
    if len(name) <= limit and "\n" not in name:
        return name
    cuts = [match.start() for match in _DETAIL.finditer(name) if 15 <= match.start() <= limit]
    return name[: cuts[0]].rstrip(" ,;:(") if cuts else clipped(name.split("\n")[0], limit)


def most_local(levels: list[str]) -> str:
    """The nearest level a citizen can go to."""
    return min(levels, key=_LOCALITY.index)


# --- papers -----------------------------------------------------------------------------------------------------------


class Line(StrEnum):
    """What an entry of the portal's document list really is."""

    PAPER = "paper"
    NOTE = "note"


@dataclass(frozen=True)
class Paper:
    """A paper read from a line: what it is called, and in which case it is asked for (empty: always)."""

    name: str
    when: str
    optional: bool


_BULLET = re.compile(
    r"^(?:[\s\-–+*•·.)]|\(?\d{1,2}(?:\.\d{1,2})*[.)]\s?|\(?[a-zđ]{1,2}(?:\.\d+)?\)|\([ivx]+\))+", re.IGNORECASE
)
_NOTE_START = re.compile(
    r"^(?:\(?\s*)(?:luu y|ghi chu|chu y|chu thich|vi du|chang han|so luong (?:ho so|bo)|so bo|thanh phan ho so|"
    r"cach thuc|trinh tu|thoi han|noi nop|ho so (?:gom|bao gom|duoc|phai|de nghi .* gom)|nguoi (?:tiep nhan|"
    r"co yeu cau|yeu cau|di dang ky|uy quyen|dan )|ca nhan co quyen|co quan (?:dang ky|tiep nhan|co tham quyen)|"
    r"khi (?:nop|den|tra|nhan)|doi voi giay to|cac giay to (?:nop|nay|tren|neu)|ban chup cac giay to|"
    r"giay to (?:phai|can) (?:nop|xuat trinh)\s*:?$|truong hop (?:cac )?(?:thong tin|giay to|nguoi yeu cau da|"
    r"khai thac|khong khai thac)|khong co(?: thong tin)?$|khong quy dinh|khong\.?$|neu ro|"
    r"cac tai lieu (?:khac )?theo quy dinh\.?$)"
)
_NOT_NEEDED = re.compile(
    r"khong (?:phai|can|yeu cau|bat buoc) (?:nop|tai len|xuat trinh|gui|co|cung cap|chung thuc lai)"
)
_PAPER_START = re.compile(
    r"^(?:\d+\s*(?:\(\w+\)\s*)?)?(?:mot trong (?:so )?(?:cac|nhung)|cac |nhung )?(?:ban |giay|don|to |van ban|"
    r"hop dong|quyet dinh|anh|phieu|so |the |ho chieu|chung chi|chung nhan|chung minh|bang |danh sach|danh muc|"
    r"bao cao|bien ban|hoa don|chung tu|chung thu|phuong an|de an|tai lieu|mau|thong bao|cong van|nghi quyet|"
    r"ly lich|so yeu|dieu le|ke hoach|du an|can cuoc|cccd|cmnd|ket qua|y kien|so do|van don|ho so|giay|to trinh|"
    r"thuyet minh|du thao|mo ta|trich luc|ho ten|cong ham|di chuc|van bang|hoc ba|phim|dia|usb|file|tem|nhan |"
    r"catalog|ho tich|de nghi|tep|video|mau vat)"
)
_CONDITION = re.compile(
    r"^(?:trường hợp|nếu|đối với(?: trường hợp)?|khi)\s+(?P<when>[^:;]{4,220}?)(?:\s*[,:]\s*|"
    r"\s+)(?:thì\s+)?(?:(?:còn |cần )?(?:phải |cần )?(?:có|nộp|kèm|bổ sung|gửi kèm|nộp thêm|nộp kèm|"
    r"xuất trình)(?: thêm| kèm theo)?|hồ sơ (?:còn )?có thêm)\s*:?\s+(?P<name>\S.{5,})$",
    re.IGNORECASE | re.DOTALL,
)
_PREFIX_CONDITION = re.compile(
    r"^(?:trường hợp|nếu|đối với(?: trường hợp)?)\s+(?P<when>[^:;]{10,160}?)\s*:\s+(?P<name>\S.{5,})$",
    re.IGNORECASE | re.DOTALL,
)
_INNER_BULLET = re.compile(r"\s+[+•*]+\s+")
_IF_ANY = re.compile(r"\s*[(,]?\s*nếu có(?:\s*[–-]?\s*(?:bản chính|bản sao|bản chụp))?\s*\)?", re.IGNORECASE)
_CASE_NOTE = re.compile(r"^(?:luu y|ghi chu|chu y)\b")
_CASE_CONDITION = re.compile(
    r"^(?:trường hợp|đối với|nếu)\s+(?P<when>.{4,200}?)(?:\s*(?:,|thì)?\s*hồ sơ.*)?\s*[:.]*$", re.I | re.DOTALL
)
_QUANTITY = re.compile(
    r"\s*[:;,(]*\s*\b0?\d{1,2}\s*(?:\(\w+\)\s*)?(?:bản(?:\s+(?:chính|sao|chụp|gốc))?|bộ)\b[\s).;]*$", re.I
)


def bare(text: str) -> str:
    """A line without its bullet or number, blanks collapsed, no punctuation at its end."""
    return _BULLET.sub("", " ".join(text.split())).strip(" ;.,-–")


def is_note_case(case: str) -> bool:
    """Whether the heading a line stands under announces notes ("* Lưu ý:")."""
    return bool(_CASE_NOTE.match(fold(bare(case))))


def kind_of_line(text: str, case: str, quantity: int) -> Line:
    """Paper or note. `quantity`: originals and copies together; the forms leave it 0 for notes, and for some papers."""
    line, folded = bare(text), fold(bare(text))
    if len(line) < 4 or is_note_case(case) or _NOTE_START.match(folded) or text.rstrip().endswith(":"):
        return Line.NOTE
    if _NOT_NEEDED.search(folded):
        return Line.NOTE if quantity == 0 or not _PAPER_START.match(folded) else Line.PAPER
    if quantity > 0 or _CONDITION.match(line) or _PREFIX_CONDITION.match(line):
        return Line.PAPER
    return Line.PAPER if _PAPER_START.match(folded) and len(line) <= 300 else Line.NOTE


def paper(text: str, case: str) -> Paper:
    """The paper of a line, with its condition taken out of the sentence or from the heading it stands under."""
    line, when, optional = _INNER_BULLET.sub(" ", bare(text)), "", False
    match = _CONDITION.match(line) or _PREFIX_CONDITION.match(line)
    if match:
        line, when = match["name"].strip(), match["when"].strip(" ,")
    if _IF_ANY.search(line):
        line, optional = _IF_ANY.sub("", line).strip(" ;.,"), True
    heading = _CASE_CONDITION.match(bare(case))
    if not when and heading:
        when = heading["when"].strip(" ,:")
    line = _QUANTITY.sub("", line).strip(" ;.,:")
    return Paper(line[:1].upper() + line[1:], when, optional or bool(when))


def is_shown(case: str) -> bool:
    """Whether papers under this heading are shown at the desk rather than handed in."""
    return "xuat trinh" in fold(case) and "nop" not in fold(case)


# --- fees and durations -----------------------------------------------------------------------------------------------

_UNITS = {"WORKING_DAY": "working_day", "DAY": "day", "HOUR": "hour", "MONTH": "month"}
_NOTHING_SAID = re.compile(
    r"^(?:khong (?:quy dinh|co thong tin)|chua (?:co )?quy dinh|khong xac dinh|khong ro|\W*)\.?$"
)
_FREE = re.compile(
    r"^(?:phi|le phi|phi, le phi)?\s*:?\s*(?:mien phi|mien le phi|mien|khong thu(?: (?:phi|le phi|tien))?|"
    r"khong mat phi|khong phai nop (?:phi|le phi)|khong(?: co)?(?: (?:phi|le phi|phi, le phi))?|khong dong|"
    r"0 ?(?:d|dong|vnd)?)\W*$"
)


def unit_of(portal_unit: str) -> str | None:
    """Our unit for the portal's, None for OTHER: its number counts nothing that can be named."""
    return _UNITS.get(portal_unit)


def says_nothing(text: str) -> bool:
    """Whether a fee's words amount to "we do not know"."""
    return bool(_NOTHING_SAID.match(fold(text).strip()))


def says_free(text: str) -> bool:
    """Whether a fee's words say that nothing has to be paid."""
    return bool(_FREE.match(fold(text).strip()))


def credible(amount: float | None) -> int | None:
    """An amount in đồng that can be one; None for 20 (typed for 20.000) or 10 (US dollars)."""
    return int(amount) if amount is not None and amount >= LOWEST_REAL_FEE else None


# --- names in search --------------------------------------------------------------------------------------------------

_CORE_END = re.compile(r"\(|thuộc thẩm quyền|theo quy định|đối với (?:các )?trường hợp|thực hiện tại", re.IGNORECASE)


_CODE = re.compile(r"\b\d\.\d{6,7}\b")


def codes_in(text: str) -> list[str]:
    """Procedure codes written in a text."""
    return _CODE.findall(text)


def core_of(name: str) -> str:
    """The part of a name that says what it is about, without asides and jurisdiction; may be all of it."""
    core = _CORE_END.split(name, maxsplit=1)[0].strip()
    return core if len(core) >= 8 else name


# --- steps and forms --------------------------------------------------------------------------------------------------

_STEP_LABEL = re.compile(r"^(?:(?:bước|giai đoạn)\s*\d+(?:\.\d+)*\s*[.:–-]*\s*)+", re.IGNORECASE)
_FORM = re.compile(
    r"^(?:to khai|don |mau |phieu (?:de nghi|khai|yeu cau|dang ky)|giay de nghi|ban khai|van ban de nghi)"
)


def step(line: str) -> str:
    """A step without bullets and "Bước 1:", its first letter raised."""
    line = bare(_STEP_LABEL.sub("", bare(line)))
    return line[:1].upper() + line[1:]


def is_form(name: str) -> bool:
    """Whether a paper is something to fill in."""
    return bool(_FORM.match(fold(bare(name))))
