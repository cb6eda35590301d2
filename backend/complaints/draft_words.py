"""What citizens say to a draft beside the matter itself, and what they are asked: words only, no rows written."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from backend import clock
from backend.complaints import sorting, wording
from backend.complaints.models import Complaint
from backend.complaints.places import Place
from backend.complaints.policy import Contact, Kind, Protection
from backend.settings import settings
from backend.text import fold, phone_number

UNKNOWN_PLACE = "chưa rõ nơi"
NO_PLACE = frozenset(
    {"khong biet", "ko biet", "k biet", "khong ro", "ko ro", "khong nho", "khong biet nua", "hong biet"}
)
WHAT_IS_WRONG = "Dạ, chỗ nào chưa đúng, anh/chị nhắn lại chỗ đó giúp em, ví dụ: sai, ở đường Lê Duẩn."
ASK_NAME = "Dạ, khiếu nại cần họ tên người khiếu nại. Anh/chị nhắn họ tên giúp em."
ME_TOO = re.compile(
    r"\b(?:(?:toi|tui|em|minh|nha|con|chau|tao) cung (?:vay|the|bi|thay|gap|bao)|cung vay|cung bi|me too)\b"
)
_HIDE = re.compile(
    r"[,. ]*\b(?:(?:xin|vui long|nho|cho|hay|lam on)? ?"
    r"(?:giau|(?:dung|khong|ko|k|hong) (?:muon )?(?:neu|ghi|lo|cho|noi|de)(?: biet)?) (?:ten|danh tinh|so dien thoai)"
    r"(?: (?:toi|tui|em|minh|giup|nhe|nha|dum))*|an danh)\b[,. ]*"
)
_NO_ANSWER = re.compile(
    r"[,. ]*\b(?:khong|ko|khoi|dung) (?:can |phai )?(?:bao lai|lien he|goi lai|tra loi lai|nhan lai)"
    r"(?: (?:toi|cho toi))?\b[,. ]*"
)
_CALL = re.compile(
    r"[,. ]*\b(?:goi lai|goi dien|goi cho|lien he)(?: (?:lai|cho|toi|tui|em|minh|giup|qua|so|dien thoai))*[: ]*"
    r"(\+?84[\d .-]{8,13}|0[\d .-]{8,13})[,. ]*"
)
_WRONG = re.compile(
    r"(?:da |a |u |uh |khong |ko )*(?:sai|nham|chua dung|khong dung|ko dung|khong phai|sua|sua lai|noi lai)"
    r"(?: (?:roi|cho|noi|dia diem|thoi gian|noi dung|lai|a|ma|thanh|la))*\b[ ,.:;-]*"
)
_BEGINS_WITH_PLACE = re.compile(
    r"(?:da |a |u |uh |vang )*(?:no |la )?"
    r"(?:o|tai|cho|gan|ngay|doan|truoc|doi dien|canh|ben|duong|so nha|so \d+|hem|thon|buon|xa|phuong|"
    r"khoi|to dan pho|ap|xom|nga (?:ba|tu)|ql ?\d+|quoc lo|tinh lo|km ?\d+)\b"
)
_LEADING = re.compile(r"(?:da|a|u|uh|vang|no|la|o|tai)[ ,]+")


def photos(came: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of what came with a message, the photos as a report keeps them."""
    return [
        {name: one[name] for name in ("file_id", "name", "media_type")}
        for one in came
        if one.get("kind") == "file" and str(one.get("media_type", "")).startswith("image/")
    ]


def shared_place(came: Sequence[Mapping[str, Any]]) -> Place | None:
    """The last place that came with a message."""
    found = [one for one in came if one.get("kind") == "location"]
    return Place(found[-1]["latitude"], found[-1]["longitude"], found[-1].get("place", "")) if found else None


def wishes(draft: Complaint, text: str) -> str:
    """Note "giấu tên", "không cần báo lại" and "gọi lại số …" in the draft; the words without them.

    The number to ring is found by `number_in`: it is for the seal, not for the draft.
    """
    text, hidden = _without(_HIDE, text)
    if hidden:
        hide(draft)
    text, wanted = _without(_CALL, text)
    if wanted:
        draft.contact = Contact.CALL
    text, unwanted = _without(_NO_ANSWER, text)
    if unwanted:
        draft.contact = Contact.NONE
    return text


def number_in(text: str) -> str:
    """The number to ring, E.164; "" where none was asked to be rung."""
    match = _CALL.search(fold(text))
    return (phone_number(match[1]) or "") if match else ""


def hide(draft: Complaint) -> None:
    """Nobody is to know who reports; who denounces is protected by the law anyway."""
    if draft.protection != Protection.PROTECTED and draft.kind != Kind.FORMAL_COMPLAINT:
        draft.protection = Protection.ANONYMOUS


def only_hides(text: str) -> bool:
    """Whether somebody asks not to be named, and nothing else."""
    rest, wanted = _without(_HIDE, text)
    return wanted and len(rest.split()) <= 2


def _without(pattern: re.Pattern[str], text: str) -> tuple[str, bool]:
    match = pattern.search(fold(text))
    if match is None:
        return text, False
    return f"{text[: match.start()]} {text[match.end() :]}".strip(), True


def correction(text: str) -> str | None:
    """What a text says is right instead ("sai, ở đường Lê Duẩn"); "" for a bare "sai rồi", None for no correction."""
    match = _WRONG.match(fold(text))
    return text[match.end() :].strip(" ,.") if match else None


def begins_with_place(text: str) -> bool:
    """Whether the text tells a place and nothing before it."""
    return _BEGINS_WITH_PLACE.match(fold(text)) is not None


def is_only_time(text: str) -> bool:
    """Whether the text tells a time and nothing else."""
    when = sorting.when_in(text)
    return bool(when) and len(fold(text).replace(fold(when), "").split()) <= 1


def bare_place(text: str) -> str:
    """A place as an answer tells it: "dạ ở đường Y Jút" → "đường Y Jút"."""
    text = text.strip(" ,.")
    while match := _LEADING.match(fold(text)):
        text = text[match.end() :]
    return text.strip(" ,.")[:300]


def with_place(text: str, *, old: str, new: str) -> str:
    """The report's words with the place they end with put right; left as they are where it cannot be told apart."""
    if old and text.endswith(old) and len(old.split()) <= 8:
        kept = fold(old).split()[0] in {"o", "tai", "truoc", "gan", "tren", "trong"}
        return f"{text[: -len(old)]}{old.split()[0] + ' ' if kept else ''}{new}"
    return text


# --- what is said ------------------------------------------------------------------------------------------------


def ask_what(draft: Complaint) -> str:
    """Something came without a word."""
    what = "ảnh và vị trí" if draft.files and draft.latitude is not None else "ảnh" if draft.files else "vị trí"
    where = "" if draft.latitude is not None else ", ở đâu"
    return f"Dạ, em đã nhận {what}. Anh/chị nhắn giúp em việc gì{where}, từ khi nào ạ."


def ask_where(*, with_time: bool) -> str:
    """The place, and the time on the way."""
    when = ", từ khi nào" if with_time else ""
    return (
        f"Dạ, việc này xảy ra ở đâu{when} ạ? Anh/chị nhắn đường, thôn buôn, xã phường hoặc gửi vị trí."
        " Có ảnh thì gửi luôn cho em."
    )


def photos_kept(count: int) -> str:
    """A photo came to a report that has been read back."""
    return f"Dạ, em đã nhận ảnh, phản ánh nay có {count} ảnh. Đúng hết thì anh/chị nhắn Gửi."


def outside() -> str:
    """Where to turn with what is not in the province."""
    return (
        f"Dạ, vị trí này nằm ngoài tỉnh {settings().province}, em không chuyển được."
        " Anh/chị báo chính quyền nơi đó hoặc gọi 18001096 (Cổng Dịch vụ công quốc gia)."
        " Nếu việc xảy ra trong tỉnh, anh/chị nhắn lại nơi xảy ra giúp em."
    )


def ask_same(count: int) -> str:
    """Others have reported something near by."""
    begin = "đã có người báo việc tương tự" if count == 1 else "đã có vài người báo việc tương tự"
    return f"Dạ, gần đó {begin}. Có phải cùng việc này không ạ? Cùng việc thì em ghi thêm anh/chị và báo kết quả luôn."


def same(other: Complaint, apart: float | None) -> str:
    """Another's report in a few words: nothing that somebody wrote."""
    name = wording.CATEGORIES[other.category]
    near = f", cách khoảng {max(10, round(apart, -1)):.0f} m" if apart is not None else ""
    return f"{name}, báo ngày {clock.local(other.created_at):%d/%m}{near}"


def summary(draft: Complaint, name: str) -> str:
    """The draft read back, with how to go on."""
    text = " ".join(draft.text.split())
    told = [f"“{text[:157]}…”" if len(text) > 160 else f"“{text}”"]
    if draft.place and fold(draft.place) not in fold(text):
        told.append(f"nơi: {draft.place}")
    if draft.latitude is not None:
        told.append("có vị trí trên bản đồ")
    if draft.happened:
        told.append(f"từ: {draft.happened}")
    if draft.files:
        told.append(f"{len(draft.files)} ảnh")
    if draft.category:
        told.append(f"nhóm {wording.CATEGORIES[draft.category].lower()}")
    told += [f"họ tên: {name}"] if name else []
    told += _about_sender(draft)
    kind = wording.KINDS[Kind(draft.kind)].lower()
    how = "Đúng thì anh/chị nhắn Gửi; chỗ nào sai, nhắn lại chỗ đó; không gửi, nhắn Bỏ."
    return f"Dạ, em ghi {kind}: {', '.join(told)}. {how}"


def _about_sender(draft: Complaint) -> list[str]:
    sender = {Protection.ANONYMOUS: ["giấu tên"], Protection.PROTECTED: ["danh tính được bảo vệ"]}
    contact = {Contact.CALL: ["muốn được gọi lại"], Contact.NONE: ["không cần báo lại"]}
    return sender.get(Protection(draft.protection or Protection.NAMED), []) + contact.get(
        Contact(draft.contact or ""), []
    )


def followed(draft: Complaint) -> str:
    """One more reports the same."""
    return (
        f"Dạ, em đã ghi anh/chị cùng báo việc này, mã {draft.code}. Có trả lời em báo anh/chị ngay tại đây."
        f" Xem tiến độ: nhắn PA {wording.short_code(draft)}."
    )


def hidden(report: Complaint) -> str:
    """Somebody wants not to be named in a report that is in already."""
    if report.protection == Protection.NAMED:
        return "Dạ, khiếu nại cần họ tên nên không giấu được; cán bộ muốn xem phải nêu lý do."
    return f"Dạ, tên, số của anh/chị ở phản ánh {report.code} được giấu."


def remind(draft: Complaint) -> str:
    """Nobody confirmed for a while."""
    text = " ".join(draft.text.split())
    shown = f"{text[:57]}…" if len(text) > 60 else text
    return f"Dạ, phản ánh “{shown}” anh/chị viết chưa được gửi. Muốn gửi, anh/chị nhắn Gửi; không gửi, nhắn Bỏ."
