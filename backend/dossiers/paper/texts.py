"""The words of the papers: what we ship, and what may stand in their place.

An administrator changes words, not layout. A text may hold placeholders such as `{code}`; only those of its paper, and
what is filled in is printed as it is, whatever it looks like.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend.dossiers.paper.kinds import Kind
from backend.errors import InvalidInput
from backend.i18n import N_, gettext
from backend.text import normalise

LONGEST = 1500
LONGEST_LINE = 160
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Block:
    """A piece of text of a paper. `text` is ours; a `line` has no line breaks and may not be empty."""

    name: str
    label: str
    text: str
    line: bool = False


PLACEHOLDERS = {
    "code": N_("mã hồ sơ"),
    "applicant": N_("người nộp hồ sơ"),
    "procedure": N_("tên thủ tục"),
    "agency": N_("cơ quan giải quyết"),
    "desk": N_("nơi nhận hồ sơ và trả kết quả"),
    "hotline": N_("số tổng đài"),
    "province": N_("tên tỉnh"),
    "received": N_("lúc tiếp nhận"),
    "due": N_("lúc hẹn trả kết quả"),
    "deadline": N_("hạn bổ sung"),
    "new_due": N_("lúc hẹn lại"),
}
_EVERYWHERE = ("code", "applicant", "procedure", "agency", "desk", "hotline", "province")
ALLOWED: Mapping[Kind, tuple[str, ...]] = {
    Kind.RECEIPT: (*_EVERYWHERE, "received", "due"),
    Kind.SUPPLEMENT: (*_EVERYWHERE, "deadline"),
    Kind.REFUSAL: _EVERYWHERE,
    Kind.APOLOGY: (*_EVERYWHERE, "received", "due", "new_due"),
    Kind.CONTROL: (*_EVERYWHERE, "received", "due"),
}


def _head(title: str, unit: str = "BỘ PHẬN TIẾP NHẬN\nVÀ TRẢ KẾT QUẢ") -> tuple[Block, ...]:
    return (Block("unit", N_("Đơn vị (dưới tên cơ quan)"), unit), Block("title", N_("Tên giấy"), title, line=True))


def _signs(left: str, right: str) -> tuple[Block, ...]:
    return (
        Block("sign_left", N_("Chỗ ký bên trái"), left),
        Block("sign_right", N_("Chỗ ký bên phải"), right),
    )


BLOCKS: Mapping[Kind, tuple[Block, ...]] = {
    Kind.RECEIPT: (
        *_head("GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ"),
        Block("opening", N_("Mở đầu"), "Bộ phận Tiếp nhận và Trả kết quả {desk} đã tiếp nhận hồ sơ của:"),
        Block(
            "notes",
            N_("Ghi chú cuối giấy"),
            "Giấy này được lập thành 02 liên: một liên kèm theo hồ sơ, một liên giao cho người nộp hồ sơ.\n"
            "Khi đến nhận kết quả, đề nghị ông/bà mang theo giấy này và căn cước.\n"
            "Xem tình trạng hồ sơ: quét mã QR, hoặc hỏi tổng đài {hotline} và đọc mã hồ sơ.",
        ),
        *_signs("NGƯỜI NỘP HỒ SƠ", "NGƯỜI TIẾP NHẬN HỒ SƠ"),
    ),
    Kind.SUPPLEMENT: (
        *_head("PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ"),
        Block(
            "opening",
            N_("Trước danh mục giấy tờ"),
            "Để hồ sơ được giải quyết, đề nghị ông/bà bổ sung, hoàn thiện những giấy tờ sau:",
        ),
        Block(
            "notes",
            N_("Sau danh mục giấy tờ"),
            "Đề nghị ông/bà nộp đủ các giấy tờ trên trong một lần, trước {deadline}. Thời gian chờ bổ sung không tính "
            "vào thời hạn giải quyết. Quá thời hạn này mà chưa nhận được, hồ sơ sẽ dừng giải quyết.\n"
            "Trong khi hoàn thiện hồ sơ, nếu có vướng mắc, đề nghị ông/bà liên hệ {desk} hoặc tổng đài {hotline} "
            "để được hướng dẫn.",
        ),
        *_signs("NGƯỜI NỘP HỒ SƠ", "NGƯỜI HƯỚNG DẪN"),
    ),
    Kind.REFUSAL: (
        *_head("PHIẾU TỪ CHỐI TIẾP NHẬN, GIẢI QUYẾT HỒ SƠ"),
        Block(
            "opening",
            N_("Trước lý do"),
            "Sau khi xem xét hồ sơ, {agency} thông báo không tiếp nhận, giải quyết hồ sơ này vì lý do sau:",
        ),
        Block(
            "notes",
            N_("Sau lý do"),
            "Nếu không đồng ý với nội dung này, ông/bà có quyền khiếu nại theo quy định của Luật Khiếu nại.\n"
            "Đề nghị ông/bà liên hệ {desk} để nhận lại giấy tờ đã nộp. Tổng đài hướng dẫn: {hotline}.",
        ),
        *_signs("NGƯỜI NỘP HỒ SƠ", "NGƯỜI THỤ LÝ HỒ SƠ"),
    ),
    Kind.APOLOGY: (
        *_head("PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ", ""),
        Block("greeting", N_("Kính gửi"), "Kính gửi: Ông/Bà {applicant}", line=True),
        Block(
            "opening",
            N_("Mở đầu"),
            "{desk} đã tiếp nhận hồ sơ của ông/bà lúc {received} và hẹn trả kết quả lúc {due}. "
            "Tuy nhiên, hồ sơ không thể giải quyết xong đúng thời hạn đã hẹn vì lý do sau:",
        ),
        Block(
            "notes",
            N_("Lời xin lỗi và ngày hẹn mới"),
            "{agency} xin lỗi ông/bà về sự chậm trễ này và hẹn trả kết quả lúc {new_due}.\n"
            "Sự chậm trễ này đã gây phiền hà, tốn kém thời gian và công sức của ông/bà; rất mong ông/bà thông cảm.",
        ),
        *_signs("", "THỦ TRƯỞNG CƠ QUAN"),
    ),
    Kind.CONTROL: (
        *_head("PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ", "BỘ PHẬN TIẾP NHẬN VÀ TRẢ KẾT QUẢ"),
        Block(
            "notes",
            N_("Ghi chú cuối phiếu"),
            "Phiếu này đi kèm hồ sơ. Trường hợp quá hạn, ghi rõ lý do trong cột Ghi chú.",
        ),
        *_signs("", "NGƯỜI LẬP PHIẾU"),
    ),
}


def shipped(kind: Kind) -> dict[str, str]:
    """Our own texts of a paper."""
    return {block.name: block.text for block in BLOCKS[kind]}


def checked(kind: Kind, typed: Mapping[str, str]) -> dict[str, str]:
    """The texts of a paper as they may be kept. Raises InvalidInput with a sentence for each that may not."""
    texts = {block.name: _tidy(typed.get(block.name, ""), block) for block in BLOCKS[kind]}
    problems = {block.name: _problem(kind, block, texts[block.name]) for block in BLOCKS[kind]}
    fields = [{"field": name, "message": problem} for name, problem in problems.items() if problem]
    if fields:
        raise InvalidInput(gettext("Có chỗ chưa đúng, anh/chị xem lại bên dưới."), fields=fields)
    return texts


def _tidy(text: str, block: Block) -> str:
    return " ".join(normalise(text).split()) if block.line else re.sub(r"\n{2,}", "\n", normalise(text))


def _problem(kind: Kind, block: Block, text: str) -> str:
    longest = LONGEST_LINE if block.line else LONGEST
    if block.line and not text:
        return gettext("Chỗ này không được để trống.")
    if len(text) > longest:
        return gettext("Dài quá %(most)s ký tự.", most=longest)
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in ALLOWED[kind]]
    if unknown:
        return gettext("Không có chỗ điền {%(name)s} trong giấy này.", name=unknown[0])
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        return gettext("Dấu { } chỉ dùng cho các chỗ điền trong danh sách bên dưới.")
    return ""


def filled(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The texts with their placeholders filled in, once: what a value looks like does not matter."""
    return {name: _PLACEHOLDER.sub(lambda m: values.get(m[1], ""), text) for name, text in texts.items()}
