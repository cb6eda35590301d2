"""What a phone shows: plain text that is always GSM-7, pages that lose nothing, choices that are always there."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms_gateway.plain import plain
from sms_gateway.rendering import TAIL, render
from sms_gateway.segments import count, is_gsm7

PLAIN_TAIL = "(soan TIEP THEO de xem tiep)"
ANSWER = (
    "Dạ, thủ tục Đăng ký khai sinh cần giấy tờ:\n"
    "1. Tờ khai đăng ký khai sinh theo mẫu.\n"
    "2. Giấy chứng sinh, nếu không có thì văn bản của người làm chứng xác nhận về việc sinh.\n"
    "3. Giấy tờ tùy thân của người đi đăng ký (căn cước hoặc hộ chiếu).\n"
    "4. Văn bản ủy quyền được chứng thực, nếu có.\n"
    "Nộp tại UBND cấp xã, TP. Buôn Ma Thuột. Lệ phí: 8.000₫. Thời hạn: trong ngày – sau 15 giờ thì ngày kế tiếp."
)
TITLES = [
    "Đăng ký khai sinh",
    "Đăng ký khai sinh có yếu tố nước ngoài",
    "Đăng ký khai sinh cho người đã có hồ sơ, giấy tờ cá nhân",
    "Đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con có yếu tố nước ngoài",
    "Đăng ký lại khai sinh",
    "Cấp bản sao trích lục hộ tịch, bản sao giấy khai sinh",
]
WORDS = st.lists(
    st.sampled_from(
        [
            "hồ",
            "sơ",
            "Nộp",
            "tại",
            "xã.",
            "1.",
            "ở",
            "TP.",
            "8.000₫,",
            "\n",
            "\n\n",
            "…",
            "“mẫu”",
            "😀",
            "[x]",
            "€",
            "a" * 400,
        ]
    ),
    max_size=150,
).map(" ".join)
ANY_TEXT = WORDS | st.text(max_size=700)


def pages(text: str, accents: bool) -> list[str]:
    """Every page's source, as a citizen who keeps texting TIEP THEO walks through it; the bodies are checked."""
    sources = []
    while True:
        rendered = render(text, [], accents=accents)
        assert rendered.segments <= 2
        assert rendered.rest == "" or len(rendered.rest) < len(text), "no progress"
        normal = unicodedata.normalize("NFC", text).strip()
        assert normal.endswith(rendered.rest)
        sources.append(normal[: len(normal) - len(rendered.rest)])
        if not rendered.rest:
            return sources
        assert rendered.body.endswith(TAIL if TAIL in rendered.body else PLAIN_TAIL)
        text = rendered.rest


def without_blanks(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Đường ngập ở Buôn Ma Thuột, ạ!", "Duong ngap o Buon Ma Thuot, a!"),
        ("“Mẫu” ‘số’ 1 – 2 — 3… • mục", "\"Mau\" 'so' 1 - 2 - 3... - muc"),
        ("8.000₫\u00a0· 30 °C ≤ ½ №5 ²", "8.000d - 30 doC <= 1/2 No5 2"),
        ("Xin chào 👋🏽 anh/chị 🇻🇳!", "Xin chao anh/chi !"),
        ("e\u0302\u0301 nặng a\u0323", "e nang a"),
        ("łódź ﬁ œuvre Ａ１ ٣", "lodz fi oeuvre A1 3"),
        ("a\u200bb\u2028c\td", "ab\nc d"),
        ("日本 Привет", ""),
        ("àèéìòùÉ ñ ü", "aeeiouE n u"),
        ("{giữ} [nguyên] ~ € | ^ \\", "{giu} [nguyen] ~ € | ^ \\"),
    ],
)
def test_plain_text(text, shown):
    assert plain(text) == shown


@given(st.text(max_size=300))
def test_plain_text_is_always_in_the_alphabet(text):
    shown = plain(text)
    assert is_gsm7(shown)
    assert shown.count("?") == sum(
        unicodedata.normalize("NFKD", c).count("?") for c in unicodedata.normalize("NFC", text)
    )
    assert plain(shown) == plain(plain(shown))


@given(st.text(st.characters(max_codepoint=0x24F, categories=["L"]), min_size=1, max_size=50))
def test_no_latin_letter_disappears(text):
    kept = [c for c in unicodedata.normalize("NFC", text) if "MODIFIER" not in unicodedata.name(c)]
    named = [c for c in kept if re.match(r"LATIN (SMALL|CAPITAL) LETTER [A-Z]( |$)", unicodedata.name(c))]
    assert len(plain("".join(named))) >= len(named)


def test_a_short_answer_is_one_unaccented_segment():
    rendered = render("Dạ, em chào anh/chị.", [], accents=False)
    assert (rendered.body, rendered.rest) == ("Da, em chao anh/chi.", "")
    assert (rendered.segments, rendered.encoding) == (1, "gsm7")


def test_accents_are_kept_on_request():
    rendered = render("Dạ, em chào “anh/chị”.", [], accents=True)
    assert (rendered.body, rendered.encoding) == ("Dạ, em chào “anh/chị”.", "ucs2")


def test_accented_mode_does_not_spend_ucs2_on_a_text_without_accents():
    rendered = render("Ma ho so " * 60, [], accents=True)
    assert rendered.encoding == "gsm7"
    assert rendered.body.endswith(PLAIN_TAIL)
    assert len(rendered.body) > 250


def test_a_long_answer_is_cut_after_a_list_item():
    rendered = render(ANSWER, [], accents=False)
    assert rendered.segments == 2
    assert rendered.body.endswith("(can cuoc hoac ho chieu).\n" + PLAIN_TAIL)
    assert rendered.rest.startswith("4. Văn bản ủy quyền được chứng thực")
    assert ANSWER.endswith(rendered.rest)


@pytest.mark.parametrize("before", range(180, 300, 7))
def test_a_page_never_ends_in_a_list_number_or_a_heading(before):
    filler = " ".join(["hồ sơ"] * 60)[:before].rstrip("ồ ")
    rendered = render(f"{filler}. Nộp tại TP. Buôn Ma Thuột gồm:\n1. Tờ khai. " + "bản sao " * 40, [], accents=False)
    shown = rendered.body.removesuffix("\n" + PLAIN_TAIL)
    last_line = shown.splitlines()[-1]
    assert last_line != "1."
    assert not shown.endswith(("gom:", " TP.")) or shown == plain(filler)


@pytest.mark.parametrize("extra", [0, 1])
def test_exactly_two_segments_need_no_tail(extra):
    rendered = render("a" * (306 + extra), [], accents=False)
    assert (PLAIN_TAIL in rendered.body) == bool(extra)
    assert rendered.rest == "a" * (extra and 306 + extra - (306 - len(PLAIN_TAIL) - 1))


@settings(max_examples=150)
@given(ANY_TEXT, st.booleans())
def test_pages_together_are_the_whole_text(text, accents):
    sources = pages(text, accents)
    assert without_blanks("".join(sources)) == without_blanks(text)


@settings(max_examples=80)
@given(WORDS)
def test_what_the_phone_shows_is_the_whole_plain_text(text):
    shown, rest = "", text
    while rest:
        rendered = render(rest, [], accents=False)
        shown += rendered.body.removesuffix(PLAIN_TAIL) if rendered.rest else rendered.body
        rest = rendered.rest
    assert without_blanks(shown) == without_blanks(plain(text))


@pytest.mark.parametrize("letter", ["x", "ế", "€", "😀"])
@pytest.mark.parametrize("accents", [True, False])
def test_no_answer_comes_near_the_1600_characters_that_twilio_takes(letter, accents):
    rendered = render(f"{letter * 40} " * 1_000, ["Có", "Không"], accents=accents)
    assert rendered.segments <= 2
    assert len(rendered.body) <= 2 * 153


def test_choices_are_numbered():
    rendered = render("Dạ, anh/chị hỏi gì?", ["Giấy tờ", "Lệ phí"], accents=False)
    assert rendered.body == "Da, anh/chi hoi gi?\n1. Giay to\n2. Le phi\nNhan so de chon"
    accented = render("Dạ, anh/chị hỏi gì?", ["Giấy tờ", "Lệ phí"], accents=True)
    assert accented.body == "Dạ, anh/chị hỏi gì?\n1. Giấy tờ\n2. Lệ phí\nNhắn số để chọn"


def test_the_text_gives_way_to_the_choices():
    rendered = render(ANSWER, TITLES[:2], accents=False)
    assert rendered.segments == 2
    assert rendered.body.endswith(
        f"{PLAIN_TAIL}\n1. Dang ky khai sinh\n2. Dang ky khai sinh co yeu to nuoc ngoai\nNhan so de chon"
    )
    assert ANSWER.endswith(rendered.rest)
    assert rendered.rest


def test_long_titles_are_shortened_and_stay_apart():
    rendered = render(ANSWER, TITLES, accents=False)
    shown = re.findall(r"^\d\. (.*)$", rendered.body, re.MULTILINE)[-len(TITLES) :]
    assert rendered.segments == 2
    assert len(set(shown)) == len(TITLES)
    assert all(len(title) >= 14 for title in shown)
    assert rendered.body.endswith("Nhan so de chon")


def test_titles_that_begin_alike_show_where_they_differ():
    same = "Đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con tại Ủy ban nhân dân cấp xã "
    ends = ("lần đầu", "làm lại", "cho người nước ngoài", "lưu động")
    rendered = render("Dạ, loại nào?", [same + end for end in ends], accents=False)
    shown = re.findall(r"^\d\. (.*)$", rendered.body, re.MULTILINE)
    assert [line.split("..")[1][-7:] for line in shown] == ["lan dau", "lam lai", "c ngoai", "uu dong"]
    assert rendered.segments == 2


def test_accented_choices_that_would_be_unreadable_go_out_plain():
    rendered = render("Dạ, anh/chị hỏi thủ tục nào?", TITLES[:5], accents=True)
    assert rendered.encoding == "gsm7"
    assert "2. Dang ky khai sinh co yeu to nuoc ngoai" in rendered.body


@settings(max_examples=150)
@given(ANY_TEXT, st.lists(st.sampled_from(TITLES) | st.text(max_size=200), min_size=1, max_size=6), st.booleans())
def test_choices_are_all_in_the_first_message(text, titles, accents):
    rendered = render(text, titles, accents=accents)
    assert rendered.segments <= 2
    assert count(rendered.body).segments == rendered.segments
    lines = rendered.body.splitlines()
    assert lines[-1] in ("Nhan so de chon", "Nhắn số để chọn")
    numbered = [line for line in rendered.body.split("\n") if re.match(r"\d\.( |$)", line)][-len(titles) :]
    assert [line[:2] for line in numbered] == [f"{number}." for number in range(1, len(titles) + 1)]
    normal = unicodedata.normalize("NFC", text).strip()
    assert normal.endswith(rendered.rest)
