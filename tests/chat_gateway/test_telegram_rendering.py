"""How replies look in Telegram: within its limits, and as a snapshot that a person can read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.messaging.channels import Ask, Card, Choice, Link, Offered, Reply
from chat_gateway.telegram import rendering
from tests.builders import replies

TEXT = st.text(max_size=9000) | st.text(alphabet="ếa. \n😀", max_size=9000)


@settings(max_examples=80, deadline=None)
@given(text=TEXT, titles=st.lists(st.text(min_size=1, max_size=200), max_size=10), ask=st.sampled_from(["", Ask.PHONE]))
def test_every_page_is_within_the_limit_and_nothing_is_lost(text, titles, ask):
    reply = Reply(text, tuple(Choice(title, "/x") for title in titles), ask=ask)
    shown, pages = "", 0
    while True:
        page = rendering.render(reply)
        assert rendering.length(page.body) <= rendering.MOST_TEXT
        pages += 1
        shown += page.body.removesuffix(rendering.TAIL)
        if not page.rest:
            break
        assert len(page.rest) < len(reply.text)
        reply = Reply(page.rest)
    assert pages <= 8
    if not titles:
        assert "".join(shown.split()) == "".join(text.split())


def test_a_long_text_is_cut_where_a_reader_pauses():
    sentence = "Anh/chị mang theo bản chính giấy chứng sinh để đối chiếu. "
    page = rendering.render(Reply(sentence * 100))
    assert page.body.endswith("đối chiếu." + rendering.TAIL)
    assert page.rest.startswith("Anh/chị mang")


def below(reply: Reply) -> list[str]:
    rendered = rendering.render(reply)
    offered = [Offered(choice.title, f"token{number}") for number, choice in enumerate(reply.choices)]
    if rendered.extras.ask:
        rows = rendering.instead_of_keyboard(offered, rendered.extras.ask)
    else:
        rows = rendering.below(offered, rendered.extras.links)
    return [f"[{row.title}]" + (f" → {row.url}" if row.url else "") for row in rows]


def look(reply: Reply) -> str:
    return "\n".join([rendering.render(reply).body, *below(reply), *("<file>" for _ in reply.files)])


def test_a_card_with_links_and_choices():
    reply = Reply(
        "Dạ, hồ sơ của anh/chị:",
        choices=(Choice("Xem hồ sơ khác", "/x"),),
        links=(
            Link("Nộp phí", "https://mot-cua.example.vn/phi"),
            Link("Trang nội bộ", "http://127.0.0.1:8000/x"),
            Link("Trang", "javascript:alert(1)"),
        ),
        card=Card("H15.16-260930-0012", ("Đăng ký khai sinh", "Hẹn trả 05/12")),
    )
    assert look(reply) == (
        "Dạ, hồ sơ của anh/chị:\n"
        "H15.16-260930-0012\n"
        "Đăng ký khai sinh\n"
        "Hẹn trả 05/12\n"
        "Trang nội bộ: http://127.0.0.1:8000/x\n"
        "Trang: javascript:alert(1)\n"
        "[Xem hồ sơ khác]\n"
        "[Nộp phí] → https://mot-cua.example.vn/phi"
    )


def test_titles_too_long_for_a_button_are_in_the_text():
    titles = ("Đăng ký khai sinh", "Đăng ký khai sinh có yếu tố nước ngoài tại khu vực biên giới")
    assert look(Reply("Dạ, thủ tục nào ạ?", tuple(Choice(title, "/x") for title in titles))) == (
        "Dạ, thủ tục nào ạ?\n"
        "\n"
        "1. Đăng ký khai sinh\n"
        "2. Đăng ký khai sinh có yếu tố nước ngoài tại khu vực biên giới\n"
        "[1. Đăng ký khai sinh]\n"
        "[2. Đăng ký khai sinh có yếu tố nước…]"
    )
    assert below(Reply("?", (Choice("Số 25009, đã trả: Đăng ký thành lập hộ kinh doanh", "/x"),))) == [
        "[1. Số 25009, đã trả: Đăng ký thành…]"
    ]
    assert below(Reply("?", (Choice("x" * 60, "/x"),))) == [f"[1. {'x' * 32}…]"]


def test_what_is_asked_for_stands_where_the_keyboard_was_and_links_are_in_the_text():
    reply = Reply("Ở đâu ạ?", (Choice("Bỏ qua", "/x"),), (Link("Bản đồ", "https://a.vn/b"),), ask=Ask.LOCATION)
    assert look(reply) == "Ở đâu ạ?\nBản đồ: https://a.vn/b\n[📍 Gửi vị trí của tôi]\n[Bỏ qua]"


@pytest.mark.parametrize(("name", "reply"), replies.cases("telegram"))
def test_each_is_within_the_limits_with_a_row_for_each_choice(name, reply):
    rendered = rendering.render(reply)
    assert rendering.length(rendered.body) <= rendering.MOST_TEXT
    rows = below(reply)
    assert len(rows) >= len(reply.choices)
    assert all(rendering.length(row) <= 64 + len(" → ") + 2048 for row in rows)
    assert all(link.title in "\n".join([rendered.body, *rows]) for link in reply.links)


def test_everything_that_is_said_as_telegram_shows_it():
    replies.check_snapshot(Path(__file__).parent / "snapshots/telegram.txt", "telegram", look)
