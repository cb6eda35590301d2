"""A citizen by SMS and two officers at their screens, at once: nobody speaks over another, and the assistant goes on.

Officers' pages learn of everything by server-sent events alone here: their timers are taken away, and a page that
was loaded anew by itself would have lost its mark.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.organisation import service as organisation
from backend.organisation import sign_in
from backend.organisation.models import Role
from tests.end_to_end.officers import Officer, browsing, chromium
from tests.end_to_end.stack import PASSWORD, Stack, wait_for

pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]

PHONE = "+84900900777"
FIRST, SECOND = "Tổng đài viên (thử)", "Tổng đài viên Hai"
ASKED = "toi muon hoi ve giay to bi sai ten"
ANSWER = "Dạ chị làm thủ tục Thay đổi, cải chính hộ tịch tại phường, mang theo căn cước ạ."
NOTE = "Khách đã gọi hôm qua, @tongdai-hai xem giúp"
OUT_OF_HOURS = "co quan nghi"
"""What the citizen hears besides when this runs at night or on a Saturday."""


def at_a_screen(browser: Browser, stack: Stack, username: str) -> Officer:
    """An officer at the inbox, without timers: what changes on the page, the server has told."""
    officer = Officer(browser, stack, username)
    officer.context.add_init_script("window.setInterval = () => 0")
    officer.go("Hộp thư")
    return officer


def open_case(page: Page) -> Page:
    """Open the case once the list shows it by itself."""
    _mark(page)
    link = page.get_by_role("main").get_by_role("link", name=ASKED)
    expect(link).to_be_visible()
    assert _is_marked(page), "the list was loaded anew"
    link.click()
    _mark(page)
    return page


def _mark(page: Page) -> None:
    page.evaluate("window.stillHere = true")


def _is_marked(page: Page) -> bool:
    return bool(page.evaluate("window.stillHere === true"))


def press(page: Page, button: str) -> None:
    """Press a button that loads the page anew."""
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_function("window.stillHere !== true")
    _mark(page)


def heard(stack: Stack) -> list[str]:
    """What the citizen was sent, in order."""
    return [text for text in stack.sent_sms(PHONE) if OUT_OF_HOURS not in text or "da chuyen" in text]


def hears(stack: Stack, words: str) -> None:
    """Wait until the last text that the citizen got has these words."""
    wait_for(lambda: heard(stack) and words in heard(stack)[-1], 10, f"{words!r} did not come: {heard(stack)}")


@pytest.mark.skipif(chromium() is None, reason="chromium is not installed")
def test_two_officers_and_a_citizen_at_once(stack: Stack) -> None:
    with stack.database():
        hotline = organisation.agency_by_code("H15.901").id
        role = Role.HOTLINE_OPERATOR
        sign_in.add_officer(name=SECOND, username="tongdai-hai", password=PASSWORD, agency_id=hotline, role=role)
    with browsing() as browser:
        first = at_a_screen(browser, stack, "demo-tongdai").page
        second = at_a_screen(browser, stack, "tongdai-hai").page

        assert "da chuyen cho can bo" in stack.text(PHONE, f"CB {ASKED}")
        for page in (first, second):
            open_case(page)
            expect(page.get_by_text("Trợ lý đang trả lời.")).to_be_visible()
        expect(first.get_by_text(f"{SECOND} cũng đang xem")).to_be_visible()

        press(first, "Nhận cuộc trò chuyện")
        held = f"{FIRST} đang trả lời; trợ lý im lặng."
        expect(second.get_by_text(held)).to_be_visible()
        assert _is_marked(second), "the page was loaded anew"

        second.get_by_label("Trả lời công dân").press_sequentially("Chị chờ")
        expect(first.get_by_text(f"{SECOND} đang soạn ở đây")).to_be_visible()
        press(second, "Gửi")
        expect(second.get_by_role("alert")).to_have_text(f"{FIRST} đang giữ cuộc trò chuyện này.")
        expect(second.get_by_label("Trả lời công dân")).to_have_value("Chị chờ")
        press(second, "Nhận cuộc trò chuyện")
        expect(second.get_by_role("alert")).to_have_text(f"{FIRST} đang giữ cuộc trò chuyện này.")

        stack.post_sms(PHONE, "ten tren giay khai sinh bi sai a")
        for page in (first, second):
            expect(page.get_by_role("list", name="Đã trao đổi")).to_contain_text("ten tren giay khai sinh bi sai a")
        first.get_by_label("Trả lời công dân").fill(ANSWER)
        press(first, "Gửi")
        hears(stack, "Thay doi, cai chinh ho tich")
        expect(second.get_by_role("list", name="Đã trao đổi")).to_contain_text(ANSWER)

        deaf = Officer(browser, stack, "demo-tongdai").page
        deaf.context.route("**/inbox/live*", lambda route: route.abort())
        deaf.goto(first.url)
        stack.post_sms(PHONE, "da em cam on, mai em den")
        said = deaf.get_by_role("list", name="Đã trao đổi")
        expect(said, "without the server's own sign it looks by itself").to_contain_text("mai em den", timeout=15_000)
        expect(first.get_by_role("list", name="Đã trao đổi")).to_contain_text("da em cam on, mai em den")
        assert _is_marked(first), "a page was loaded anew"
        assert _is_marked(second), "a page was loaded anew"

        first.get_by_label("Ghi chú nội bộ").fill(NOTE)
        press(first, "Ghi")
        expect(second.get_by_role("listitem").filter(has_text="công dân không thấy")).to_contain_text(NOTE)

        press(first, "Trả lại cho trợ lý")
        hears(stack, "tro ly tu dong lai tra loi")
        expect(second.get_by_text("Trợ lý đang trả lời.")).to_be_visible()

    fee = stack.text(PHONE, "con le phi thi sao")
    assert "cai chinh" in fee.lower(), "the assistant goes on with what the officer named"
    again = stack.text(PHONE, "can bo noi gi")
    assert "mang theo can cuoc" in again
    texts = heard(stack)
    marks = ("da chuyen cho can bo", "Thay doi, cai chinh", "tro ly tu dong", fee, again)
    assert all(mark in text for mark, text in zip(marks, texts, strict=True)), texts
    assert not any("goi hom qua" in text for text in texts), "the note was sent"
