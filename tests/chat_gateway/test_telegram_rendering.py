"""How replies look in Telegram: within its limits, and as a snapshot that a person can read."""

import os
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.messaging.channels import Ask, Card, Choice, Link, Offered, Reply
from backend.settings import ROOT
from chat_gateway.telegram import rendering

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
    return "\n".join([rendering.render(reply).body, *below(reply)])


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


def test_what_is_asked_for_stands_where_the_keyboard_was_and_links_are_in_the_text():
    reply = Reply("Ở đâu ạ?", (Choice("Bỏ qua", "/x"),), (Link("Bản đồ", "https://a.vn/b"),), ask=Ask.LOCATION)
    assert look(reply) == "Ở đâu ạ?\nBản đồ: https://a.vn/b\n[📍 Gửi vị trí của tôi]\n[Bỏ qua]"


SNAPSHOT = Path(__file__).parent / "snapshots" / "telegram.txt"


def responses() -> dict[str, list[str]]:
    """What the assistant says by itself on Telegram, by name; the blanks are left as they are."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "nlu_data/responses").glob("*.yml")):
        for name, variants in yaml.safe_load(path.read_text("utf-8"))["responses"].items():
            own = [one["text"] for one in variants if one.get("channel") == "telegram"]
            found[name] = own or [one["text"] for one in variants if "channel" not in one]
    return found


def test_every_response_of_the_domain_as_telegram_shows_it():
    """After a change that is meant: UPDATE_SNAPSHOTS=1, and read what git shows."""
    assert all(responses().values()), "a response that Telegram has no words for"
    shown = "\n\n".join(f"# {name}\n{look(Reply(text))}" for name, texts in responses().items() for text in texts)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(shown + "\n", "utf-8")
    assert SNAPSHOT.read_text("utf-8") == shown + "\n"
