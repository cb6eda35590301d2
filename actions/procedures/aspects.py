"""The nine things that can be told of a procedure, and how citizens ask for them."""

import re
from typing import get_args

from actions.backend_api import Aspect as Aspect
from actions.text import fold
from actions.turn import Button

OVERVIEW: Aspect = "overview"
OF_INTENT: dict[str, Aspect] = {
    "search_procedure": "overview",
    "ask_documents": "documents",
    "ask_fee": "fee",
    "ask_duration": "duration",
    "ask_place": "place",
    "ask_online": "online",
    "ask_steps": "steps",
    "ask_form": "form",
    "ask_result": "result",
}
INTENT_OF: dict[Aspect, str] = {aspect: intent for intent, aspect in OF_INTENT.items()}

_TITLES: dict[Aspect, str] = {
    "documents": "Giấy tờ cần có",
    "fee": "Lệ phí",
    "duration": "Thời gian giải quyết",
    "place": "Nơi nộp hồ sơ",
    "online": "Nộp qua mạng",
    "steps": "Các bước làm",
}
FOLLOW_UPS = 3

# Folded. In this order, each taking its words away from the next: "có giá trị bao lâu" asks for no duration.
_ASKED: dict[Aspect, tuple[str, ...]] = {
    "form": (r"mau (?:don|to khai|so|giay|van ban|gi|nao)", "to khai", "bieu mau", "file mau", "(?:xin|lay|tai) mau"),
    "result": ("gia tri (?:bao lau|may nam|den khi nao)", "hieu luc", "thoi han su dung", "duoc cap (?:giay )?gi"),
    "online": (
        r"(?:nop|lam|dang ky|gui|ho so) (?:\w+ ){0,2}(?:online|onl|qua mang|truc tuyen|tren mang|tai nha)",
        "vneid",
        "dich vu cong",
        "(?:online|qua mang|truc tuyen) (?:duoc|dc)",
    ),
    "fee": (
        "(?:bao nhieu|bao nhiu|bnhieu|bn|nhieu|nhiu|may) (?:tien|dong|phi|le phi)",
        "le phi",
        "mien phi",
        "(?:mat|ton|het|dong|nop|thu|tra) (?:bao nhieu |may )?(?:tien|phi)",
        "(?:het|ton) (?:bao nhieu|nhieu khong)",
        "gia bao nhieu",
        "phi (?:la )?(?:bao nhieu|the nao|sao|bn)",
    ),
    "duration": (
        "bao lau",
        "may (?:ngay|bua|tuan|thang)",
        "bao nhieu ngay",
        "(?:khi nao|bao gio|chung nao|hoi nao) (?:thi )?(?:xong|co|lay|nhan)",
        "thoi gian",
        "thoi han",
        "lau khong",
    ),
    "place": (
        r"(?:gui|nop|nhan|qua|bang)(?: \w+){0,3} (?:buu dien|buu chinh)",
        r"(?:nop|dong|lam|den|di|dang ky|xin|ra|len|gap|nhan|gui)(?: ho so| giay to| giay| don)?(?: \w+)? (?:o )?dau",
        r"(?:nop|lam|den|di|dang ky|xin|ra|len|gap|nhan|gui)(?: \w+){0,2} (?:cho|noi|ubnd) nao",
        "co quan nao",
        "noi nop",
        "xa hay (?:huyen|tinh)",
        "dia chi nop",
    ),
    "steps": ("cac buoc", "trinh tu", "quy trinh", "buoc (?:nao|dau)", "lam gi truoc"),
    "documents": (
        r"giay to(?: gi|(?: \w+){0,2} nao)",
        "ho so (?:gom|bao gom|can)",
        "can (?:nhung )?(?:gi|giay)",
        "mang (?:theo )?(?:gi|giay)",
        "chuan bi (?:nhung )?(?:gi|giay)",
        "thanh phan ho so",
        "nhung gi",
        "(?:giay|ho so) gi",
    ),
}
_PATTERNS = tuple((aspect, re.compile(rf"\b(?:{'|'.join(forms)})\b")) for aspect, forms in _ASKED.items())
_NAMES_THAT_ASK = re.compile(r"le phi truoc ba|to khai hai quan|thue gia tri gia tang")
_FINES = re.compile(r"\b(?:bi phat|phat tien|phat bao nhieu|phat khong|xu phat|phat k|phat ko)\b")
_WHETHER = re.compile(r"\bco (?:\w+ ){1,3}(?:duoc|dc) (?:khong|ko|k|hong|hok|hem|kg|chua)\b")
_TOO_LATE = re.compile(r"\b(?:qua|tre|het) (?:\w+ ){0,4}(?:con|co) (?:\w+ ){0,3}(?:duoc|dc) (?:khong|ko|k|hong|hok)\b")
_HOW = re.compile(
    r"\b(?:onl|online|mang|truc tuyen|tai nha|o nha|ngoi nha|app|dien thoai|vneid|dich vu cong|buu|truc tiep|den|len|"
    r"ra|zalo|email|web|nop|gui|mien|giam|lay lien|trong ngay|gap)\b"
)
_VALIDITY = re.compile(
    r"\b(?:gia tri|hieu luc|thoi han su dung|het han|co han)\b.*\b(?:may|bao|lau|khi nao|khong|ko)\b"
)
_TELLS_VALIDITY = re.compile(r"\b(?:gia tri|hieu luc|thoi han su dung)\b")
_CHANGE = re.compile(r"^(?:da |a |u |ma )*thoi[ ,]+(?!(?:han|gian|viec|tiet|diem|ky)\b)\w")
_ELLIPSIS = re.compile(r"^(?:the |vay |z |v |da |a )*con\b|\b(?:thi sao|thi the nao|thi ntn|thi seo)\b")


def written(wanted: list[Aspect]) -> str:
    """One or two aspects as a slot keeps them."""
    return ",".join(wanted)


def read(remembered: str | None) -> list[Aspect]:
    """The aspects that a slot keeps; a slot written by an older release may hold none."""
    known: dict[str, Aspect] = {aspect: aspect for aspect in get_args(Aspect)}
    return [known[part] for part in (remembered or "").split(",") if part in known]


def asked(text: str, main: Aspect, names: list[str]) -> list[Aspect]:
    """The aspects to answer, in the order asked: `main`, and at most one more that is asked beyond doubt.

    Only a text whose words also ask for `main` counts as two questions. `names` are procedures named in the text:
    "lệ phí trước bạ" is no question about a fee.
    """
    found = sorted(_found(text, names), key=lambda item: item[0])
    if main == OVERVIEW or main not in [aspect for _, aspect in found]:
        return [main]
    others = [aspect for _, aspect in found if aspect != main]
    if not others:
        return [main]
    second = others[0]
    order = [aspect for _, aspect in found]
    return [main, second] if order.index(main) < order.index(second) else [second, main]


def asks_for(text: str, aspect: Aspect) -> bool:
    """Whether the words ask for `aspect`, whatever else they do."""
    return aspect in [found for _, found in _found(text, [])]


def _found(text: str, names: list[str]) -> list[tuple[int, Aspect]]:
    rest = _NAMES_THAT_ASK.sub(_blank, fold(text))
    for name in names:
        rest = rest.replace(fold(name), " " * len(fold(name)))
    found: list[tuple[int, Aspect]] = []
    for aspect, pattern in _PATTERNS:
        match = pattern.search(rest)
        if match:
            found.append((match.start(), aspect))
            rest = pattern.sub(_blank, rest)
    return found


def _blank(match: re.Match[str]) -> str:
    return "_" * len(match.group())


def is_in_no_record(text: str) -> bool:
    """Whether the text asks what no record tells: fines, whether it is allowed ("đất vườn có tách được không")."""
    folded = fold(text)
    return bool(_FINES.search(folded) or _TOO_LATE.search(folded)) or bool(
        _WHETHER.search(folded) and not _HOW.search(folded)
    )


def asks_how_long_valid(text: str) -> bool:
    """Whether the text asks how long the paper holds once one has it."""
    return bool(_VALIDITY.search(fold(text)))


def tells_how_long_valid(answer: str) -> bool:
    """Whether an answer's own lines, its source apart, say so."""
    return bool(_TELLS_VALIDITY.search(fold(re.sub(r"\nNguồn: .*", "", answer))))


def asks_for_fines(text: str) -> bool:
    """Whether the text asks whether something is fined, which no record tells."""
    return bool(_FINES.search(fold(text)))


def changes_mind(text: str) -> bool:
    """Whether the text begins with "thôi": what was asked before is asked no longer."""
    return bool(_CHANGE.search(fold(text)))


def continues(text: str) -> bool:
    """Whether the text asks the last question again of something else: "còn kết hôn thì sao"."""
    return bool(_ELLIPSIS.search(fold(text)))


def follow_ups(code: str, told: list[Aspect]) -> list[Button]:
    """At most three other aspects that citizens ask next."""
    others = [aspect for aspect in _TITLES if aspect not in told]
    return [Button(_TITLES[aspect], INTENT_OF[aspect], {"procedure_code": code}) for aspect in others[:FOLLOW_UPS]]
