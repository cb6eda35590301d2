"""The page in a real browser: Chromium on a phone's screen and on a wide one.

`SCREENSHOTS=/some/folder` keeps a picture of each stage.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from backend import storage
from backend.messaging import service as messaging
from backend.messaging.channels import Ask, Card, Choice, Link, Reply
from backend.settings import settings
from chat_gateway.web_chat import service, waiting
from chat_gateway.web_chat import visitor as visitors
from tests.builders.chat import FakeWorker, make_reply, served
from tests.builders.files import make_pdf
from tests.builders.messaging import row
from tests.builders.public import picture

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 780}
SMALL = {"width": 320, "height": 568}
WIDE = {"width": 1280, "height": 800}
BIRTH = (
    "Dạ, đăng ký khai sinh cần:\n"
    "1. Tờ khai đăng ký khai sinh theo mẫu.\n"
    "2. Giấy chứng sinh (bản chính). Không có thì thay bằng văn bản của người làm chứng.\n"
    "3. Giấy chứng nhận kết hôn của cha mẹ, nếu có.\n"
    "4. Giấy tờ tùy thân của người đi đăng ký.\n\n"
    "Nộp tại UBND cấp xã nơi cư trú hoặc trên https://dichvucong.gov.vn. Không thu lệ phí nếu đúng hạn."
)

expect.set_options(timeout=15_000)

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip(f"no Chromium at {CHROMIUM} (apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def url(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The chat gateway's address. Requests it still holds at the end of a test end with it."""
    over = Event()

    def sleep(seconds: float) -> None:
        if over.wait(min(seconds, 0.1)):
            raise ConnectionError("the test is over")

    monkeypatch.setattr(waiting, "sleep", sleep)
    with served(app) as base:
        yield base
        over.set()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, locale="vi-VN")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, url: str) -> Iterator[Page]:
    """The chat, open on a phone. A script error or a broken security policy fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    page.goto(url)
    expect(page.locator("#log[aria-busy=false]")).to_have_count(1)
    yield page
    assert faults == []


@pytest.fixture
def shot(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Keep a picture of the page, when a folder is named."""

    def take(page: Page, name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")

    return take


def say(page: Page, text: str) -> None:
    page.get_by_label("Nội dung tin nhắn").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".line.in").last.locator(".text")).to_have_text(text)
    expect(page.locator(".line.in").last.locator("time")).to_be_visible()


def pick(page: Page, title: str) -> None:
    page.get_by_role("button", name=title).click()
    expect(page.locator(".line.in").last.locator(".text")).to_have_text(title)
    expect(page.locator(".line.in").last.locator("time")).to_be_visible()


def test_a_question_its_dots_and_its_answer(page: Page, worker: FakeWorker, shot: Callable[..., None]) -> None:
    expect(page.get_by_role("heading", name="Một Cửa Đắk Lắk")).to_be_visible()
    expect(page.get_by_text("0262.1022").first).to_be_visible()
    shot(page, "01-phone-empty")
    pick(page, "Làm giấy khai sinh cần gì?")
    expect(page.locator("#typing")).to_be_visible()
    expect(page.locator("#welcome")).to_be_hidden()
    shot(page, "02-phone-typing")

    worker.answer(make_reply(BIRTH, "Lệ phí", "Thời gian giải quyết", "Nơi nộp"))

    answer = page.locator(".line.out .text")
    expect(answer).to_have_text(BIRTH)
    expect(page.locator("#typing")).to_be_hidden()
    link = answer.locator("a")
    expect(link).to_have_attribute("href", "https://dichvucong.gov.vn")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    shot(page, "03-phone-answer")


def test_a_choice_is_used_once(page: Page, worker: FakeWorker, shot: Callable[..., None]) -> None:
    say(page, "khai sinh")
    worker.answer(make_reply("Anh/chị muốn biết gì về thủ tục đăng ký khai sinh?", "Giấy tờ", "Lệ phí", "Nơi nộp"))
    pick(page, "Lệ phí")
    expect(page.locator(".line.in .text").last).to_have_text("Lệ phí")
    for button in page.locator(".choice").all():
        expect(button).to_be_disabled()
    expect(page.locator(".choice.chosen")).to_have_text("Lệ phí")
    expect(page.locator("#typing")).to_be_visible()

    worker.answer(make_reply("Dạ, không thu lệ phí nếu đăng ký trong 60 ngày. Quá hạn: 8.000 đồng.", "Nơi nộp"))

    expect(page.locator(".line.out")).to_have_count(2)
    assert worker.assistant.asked == ["khai sinh", "/pick{1}"]
    expect(page.locator(".choice:enabled")).to_have_text("Nơi nộp")
    page.reload()
    expect(page.locator(".choice.chosen")).to_have_text("Lệ phí")
    expect(page.locator(".choice:enabled")).to_have_text("Nơi nộp")
    shot(page, "04-phone-choices")


def test_the_conversation_survives_a_reload(page: Page, worker: FakeWorker) -> None:
    say(page, "câu một")
    worker.answer(make_reply("đáp một"))
    expect(page.locator(".line.out")).to_have_count(1)
    page.get_by_label("Nội dung tin nhắn").fill("đang viết dở")
    page.reload()
    expect(page.locator(".line .text")).to_have_text(["câu một", "đáp một"])
    expect(page.get_by_label("Nội dung tin nhắn")).to_have_value("đang viết dở")
    expect(page.locator("#welcome")).to_be_hidden()


@pytest.mark.usefixtures("sms_gateway")
def test_the_same_answer_as_sms(page: Page, worker: FakeWorker, shot: Callable[..., None]) -> None:
    say(page, "làm giấy khai sinh cần gì")
    worker.answer(make_reply(BIRTH))
    page.get_by_text("Xem dạng tin SMS").click()
    screen = page.locator(".sms-page")
    expect(screen).to_have_count(1)
    expect(screen.locator(".sms-text")).to_contain_text("Da, dang ky khai sinh can:")
    expect(screen.locator(".sms-meta")).to_have_text(re.compile(r"2 đoạn · GSM-7 · \d+ ký tự"))
    expect(page.locator(".line.out .text")).to_be_hidden()
    shot(page, "05-phone-sms")
    page.get_by_role("button", name="TIẾP THEO").click()
    expect(screen).to_have_count(2)
    shot(page, "06-phone-sms-next")

    say(page, "còn lệ phí")
    worker.answer(make_reply("Anh/chị hỏi thủ tục nào?", "Khai sinh", "Kết hôn"))
    expect(screen.last.locator(".sms-text")).to_contain_text("1. Khai sinh")
    page.get_by_text("Xem dạng tin SMS").click()
    expect(page.locator(".line.out .text").first).to_have_text(BIRTH)
    expect(screen.first).to_be_hidden()


@pytest.mark.usefixtures("sms_gateway")
def test_whoever_reads_the_newest_answer_still_sees_it_as_sms(page: Page, worker: FakeWorker) -> None:
    for number in range(8):
        say(page, f"câu {number}")
        worker.answer(make_reply(BIRTH if number < 7 else "Dạ, câu cuối."))
        expect(page.locator(".line.out")).to_have_count(number + 1)
    newest = page.locator(".line.out").last
    for change in (page.get_by_text("Xem dạng tin SMS").click, page.reload):
        change()
        expect(page.locator(".sms-page")).to_have_count(8)
        expect(newest.locator(".sms-text")).to_be_in_viewport()
    page.get_by_text("Xem dạng tin SMS").click()
    expect(newest.locator(".text").first).to_be_in_viewport()


def test_a_failed_message_is_kept_and_sent_again_once(
    context: BrowserContext, page: Page, worker: FakeWorker, shot: Callable[..., None]
) -> None:
    say(page, "hồ sơ của tôi tới đâu rồi")
    worker.answer(make_reply("Anh/chị cho em mã hồ sơ ạ."))
    expect(page.locator(".line.out")).to_have_count(1)
    context.set_offline(True)
    page.get_by_label("Nội dung tin nhắn").fill("H15.16-260930-0012")
    page.keyboard.press("Enter")
    failed = page.locator(".line.failed")
    expect(failed).to_contain_text("Chưa gửi được.")
    expect(page.get_by_role("alert")).to_have_text("Mất kết nối. Đang thử lại…")
    shot(page, "07-phone-offline")

    context.set_offline(False)
    expect(failed).to_have_count(0)
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_text("Đang gửi")).to_have_count(0)  # it has arrived, not only left
    worker.answer(make_reply("Dạ, em thấy hồ sơ rồi."))
    expect(page.locator(".line .text")).to_have_text(
        ["hồ sơ của tôi tới đâu rồi", "Anh/chị cho em mã hồ sơ ạ.", "H15.16-260930-0012", "Dạ, em thấy hồ sơ rồi."]
    )
    assert worker.assistant.asked.count("H15.16-260930-0012") == 1


def test_an_answer_lost_on_the_way_does_not_double_the_message(page: Page, worker: FakeWorker) -> None:
    def take_and_lose(route) -> None:
        route.fetch()
        route.abort()

    page.route("**/chat/messages", take_and_lose, times=1)
    page.get_by_label("Nội dung tin nhắn").fill("chỉ một lần")
    page.keyboard.press("Enter")
    expect(page.locator(".line.in .foot time")).to_be_visible()
    worker.answer()
    expect(page.locator(".line.out")).to_have_count(1)
    expect(page.locator(".line.in")).to_have_count(1)


def test_a_server_fault_can_be_tried_again(page: Page) -> None:
    page.route("**/chat/messages", lambda route: route.fulfill(status=502, body="<html>bad gateway"), times=1)
    page.get_by_label("Nội dung tin nhắn").fill("xin chào")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Gửi lại").click()
    expect(page.locator(".line.in .foot time")).to_be_visible()
    expect(page.locator(".line.failed")).to_have_count(0)


def test_markup_is_shown_as_written(page: Page, worker: FakeWorker) -> None:
    text = '<img src=x onerror="window.hit=1"> <b>đậm</b> javascript:alert(1) https://a.vn/"onmouseover=x'
    say(page, text)
    worker.answer(make_reply(text, text))
    expect(page.locator(".line .text")).to_have_text([text, text])
    expect(page.locator(".choice")).to_have_text(text)
    assert page.evaluate("window.hit") is None
    assert page.locator(".log img, .log b").count() == 0
    assert page.locator(".log a").evaluate_all("links => links.map(a => a.href)") == ["https://a.vn/"]


def test_keyboard_enter_sends_and_shift_enter_breaks_the_line(page: Page) -> None:
    field = page.get_by_label("Nội dung tin nhắn")
    field.focus()
    page.keyboard.type("dòng một")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("dòng hai")
    page.keyboard.press("Enter")
    expect(page.locator(".line.in .text")).to_have_text("dòng một\ndòng hai")
    expect(field).to_have_value("")
    expect(field).to_be_focused()


def test_a_text_too_long_is_explained_and_kept(page: Page, shot: Callable[..., None]) -> None:
    page.get_by_label("Nội dung tin nhắn").fill("đơn đề nghị " * 400)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Tin dài 4.799 ký tự, tối đa 4.000.")
    assert page.get_by_label("Nội dung tin nhắn").input_value().startswith("đơn đề nghị")
    expect(page.locator(".line")).to_have_count(0)
    shot(page, "08-phone-too-long")


def test_a_hurried_visitor_is_told_politely(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    say(page, "một")
    monkeypatch.setattr(service, "MINUTE", service.MINUTE * 100)
    for number in range(19):
        say(page, f"câu {number}")
    page.get_by_label("Nội dung tin nhắn").fill("câu cuối")
    page.keyboard.press("Enter")
    expect(page.locator(".line.failed .foot")).to_contain_text(service.TOO_FAST)


def test_an_officer_writes_without_being_asked(page: Page, worker: FakeWorker) -> None:
    say(page, "gặp cán bộ")
    worker.answer()
    expect(page.locator(".line.out")).to_have_count(1)
    conversation_id = row(1).conversation_id
    messaging.say(conversation_id, Reply("Chào anh/chị, tôi là cán bộ một cửa."))
    expect(page.locator(".line.out .text").last).to_have_text("Chào anh/chị, tôi là cán bộ một cửa.")


def test_another_tab_sees_the_same_conversation(context: BrowserContext, page: Page, url: str) -> None:
    other = context.new_page()
    other.goto(url)
    say(page, "từ thẻ thứ nhất")
    expect(other.locator(".line.in .text")).to_have_text("từ thẻ thứ nhất")


def test_a_lost_cookie_is_replaced_without_losing_the_text(context: BrowserContext, page: Page) -> None:
    context.clear_cookies()
    say(page, "vẫn gửi được")
    expect(page.locator(".line.in .text")).to_have_text("vẫn gửi được")
    expect(page.locator(".line.failed")).to_have_count(0)


def test_leaving_a_shared_device(page: Page) -> None:
    say(page, "chuyện riêng")
    page.get_by_role("button", name="Quyền riêng tư", exact=True).click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Rời cuộc trò chuyện").click()
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator(".line")).to_have_count(0)


def test_the_panel_on_a_phone(page: Page, shot: Callable[..., None]) -> None:
    opener = page.locator("#panel-open")
    expect(opener).to_have_accessible_name("Cách hỏi và quyền riêng tư")
    opener.click()
    expect(page.get_by_role("heading", name="Quyền riêng tư")).to_be_visible()
    expect(opener).to_have_accessible_name("Đóng")
    expect(page.locator("#panel")).to_be_focused()
    shot(page, "09-phone-panel")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Quyền riêng tư")).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.usefixtures("sms_gateway")
def test_wide_and_english(page: Page, worker: FakeWorker, shot: Callable[..., None]) -> None:
    page.set_viewport_size(WIDE)
    expect(page.get_by_role("heading", name="Quyền riêng tư")).to_be_visible()
    shot(page, "10-wide-empty")
    say(page, "Làm giấy khai sinh cần gì?")
    worker.answer(make_reply(BIRTH, "Lệ phí", "Thời gian giải quyết", "Nơi nộp"))
    expect(page.locator(".line.out")).to_have_count(1)
    shot(page, "11-wide-answer")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_label("Your message")).to_be_visible()
    expect(page.locator(".line.out .text")).to_have_text(BIRTH)
    page.get_by_text("Show as SMS").click()
    expect(page.locator(".sms-meta")).to_have_text(re.compile(r"2 parts · GSM-7 · \d+ characters"))
    shot(page, "12-wide-english-sms")


@pytest.mark.parametrize("size", [SMALL, PHONE, WIDE], ids=["320px", "phone", "wide"])
@pytest.mark.parametrize("scale", [1, 2], ids=["normal", "large letters"])
def test_nothing_is_wider_than_the_screen(
    page: Page, worker: FakeWorker, shot: Callable[..., None], size: dict, scale: int
) -> None:
    page.set_viewport_size(size)
    page.evaluate(f"document.documentElement.style.fontSize = '{16 * scale}px'")
    say(page, "https://dichvucong.gov.vn/" + "mot-dia-chi-rat-dai" * 8)
    worker.answer(
        make_reply(BIRTH, "Một lựa chọn có tên rất dài để xem nút có tràn ra ngoài màn hình hay không", "Ngắn")
    )
    expect(page.locator(".line.out")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.locator("#scroll").evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    expect(page.get_by_role("button", name="Gửi", exact=True)).to_be_in_viewport()
    shot(page, f"13-{size['width']}-x{scale}")


def test_dark(context: BrowserContext, page: Page, worker: FakeWorker, shot: Callable[..., None]) -> None:
    page.emulate_media(color_scheme="dark")
    shot(page, "14-dark-empty")
    say(page, "khai sinh")
    worker.answer(make_reply("Anh/chị muốn biết gì về thủ tục đăng ký khai sinh?", "Giấy tờ", "Lệ phí"))
    pick(page, "Giấy tờ")
    worker.answer(make_reply(BIRTH, "Lệ phí"))
    expect(page.locator(".line.out")).to_have_count(2)
    shot(page, "15-dark")


CONTRAST = """
() => {
  const luminance = (c) => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(node).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const low = [];
  document.querySelectorAll("body *").forEach((node) => {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.offsetWidth || node.matches("script, .hidden, .skip, button:disabled")) return;
    const front = luminance(parse(getComputedStyle(node).color).slice(0, 3)), back = luminance(behind(node));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 4.5) low.push(node.className + " " + node.textContent.slice(0, 30) + " " + ratio.toFixed(2));
  });
  return low;
}
"""


@pytest.mark.usefixtures("sms_gateway")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(context: BrowserContext, page: Page, worker: FakeWorker, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size(WIDE)
    assert page.evaluate(CONTRAST) == []
    say(page, "khai sinh")
    worker.answer(make_reply(BIRTH, "Lệ phí"))
    expect(page.locator(".choice")).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    page.get_by_text("Xem dạng tin SMS").click()
    expect(page.locator(".sms-page")).to_be_visible()
    context.set_offline(True)
    page.get_by_label("Nội dung tin nhắn").fill("không gửi được")
    page.keyboard.press("Enter")
    expect(page.locator(".line.failed")).to_be_visible()
    assert page.evaluate(CONTRAST) == []


def test_what_a_screen_reader_gets(page: Page, worker: FakeWorker) -> None:
    say(page, "khai sinh")
    expect(page.get_by_role("status")).to_have_text("Một Cửa đang soạn trả lời")
    worker.answer(make_reply("Mục nào ạ?", "Giấy tờ"))
    expect(page.locator(".line.out")).to_have_count(1)
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("list", name="Lựa chọn").get_by_role("button")).to_have_text("Giấy tờ")
    expect(page.locator(".line.out .bubble")).to_contain_text("Một Cửa: ")
    for control in page.locator(":is(button, a, input, textarea):visible").all():
        expect(control).to_have_accessible_name(re.compile(r"\S"))


CARD = Card(
    "Hồ sơ H15.16-260930-0012",
    ("Đăng ký khai sinh", "Đang được chuyên viên xử lý.", "Nơi xử lý: UBND phường Tân Lập. Hẹn trả: 04/12/2026."),
)


def test_a_card_a_page_to_open_and_a_file_of_an_officer(
    page: Page, worker: FakeWorker, shot: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "files"))
    settings.cache_clear()
    say(page, "xem giúp em hồ sơ tới đâu")
    where = Link("Xem trang hồ sơ", "https://mot-cua.example.vn/hs/abc")
    worker.answer(Reply("Dạ, hồ sơ của anh/chị:", (Choice("Xem hồ sơ khác", "/x"),), (where,), CARD))
    link = page.get_by_role("link", name="Xem trang hồ sơ")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(page.locator(".card")).to_contain_text("Đang được chuyên viên xử lý.")
    expect(page.locator(".line.out .bubble")).not_to_contain_text("https://")
    kept = [storage.store(picture(), "mẫu.jpg", actor="o"), storage.store(make_pdf(), "Tờ khai.pdf", actor="o")]
    messaging.say(row(1).conversation_id, Reply("Em gửi mẫu để anh/chị điền.", files=tuple(one.id for one in kept)))
    expect(page.get_by_role("img", name="mẫu.jpg")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Tải về Tờ khai.pdf").click()
    assert saved.value.path().read_bytes() == storage.read(kept[1].id)
    page.wait_for_function("() => told.read")
    shot(page, "16-phone-card-and-files")
    page.reload()
    expect(page.locator(".card strong")).to_have_text("Hồ sơ H15.16-260930-0012")
    page.set_viewport_size(WIDE)
    shot(page, "17-wide-card-and-files")
    page.set_viewport_size(SMALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    assert page.evaluate(CONTRAST) == []


def test_a_place_is_shared_by_keyboard_or_typed(
    context: BrowserContext, page: Page, worker: FakeWorker, shot: Callable[..., None]
) -> None:
    say(page, "loa hát tới khuya")
    worker.answer(Reply("Dạ, việc đó ở đâu ạ?", ask=Ask.LOCATION))
    share = page.get_by_role("button", name="Gửi vị trí hiện tại")
    share.click()  # nobody has allowed it
    expect(page.get_by_role("alert")).to_contain_text("gõ địa chỉ")
    expect(page.get_by_label("Nội dung tin nhắn")).to_be_focused()
    shot(page, "18-phone-place")
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": 12.68, "longitude": 108.04})
    share.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".line.in .place")).to_have_text("Vị trí của anh/chị")
    expect(page.locator(".line.in").last.locator("time")).to_be_visible()
    expect(share).to_be_hidden()
    worker.answer()
    taken = [one for number in (1, 2, 3) for one in row(number).attachments]
    assert [(one["latitude"], one["longitude"]) for one in taken] == [(12.68, 108.04)]
    expect(page.locator(".line.in")).to_have_count(2)


def test_a_number_that_is_asked_for_starts_linking(page: Page, worker: FakeWorker, shot: Callable[..., None]) -> None:
    say(page, "xem giúp em hồ sơ tới đâu")
    worker.answer(Reply("Dạ, em chỉ báo cho số đã ghi khi nộp.", ask=Ask.PHONE))
    number = page.get_by_label("Số điện thoại đã ghi khi nộp hồ sơ")
    shot(page, "19-phone-number")
    number.fill("09")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("chưa đúng")
    number.fill("0905 123 456")
    page.keyboard.press("Enter")
    expect(page.locator(".line.in .text").last).to_have_text("LK 0905123456")
    expect(number).to_be_hidden()


def test_a_browser_that_cannot_read_the_script_is_told_whom_to_call(context: BrowserContext, url: str) -> None:
    page = context.new_page()
    page.route("**/chat.js*", lambda route: route.fulfill(body="not understood", content_type="text/javascript"))
    page.goto(url)
    expect(page.get_by_text("Trình duyệt này chưa mở được")).to_be_visible()
    expect(page.get_by_role("link", name="SMS")).to_have_attribute("href", re.compile("sms:"))


def test_an_old_browser_without_abort_polls(context: BrowserContext, url: str, worker: FakeWorker) -> None:
    context.add_init_script("delete window.AbortController; delete HTMLElement.prototype.inert;")
    page = context.new_page()
    page.goto(url)
    say(page, "máy cũ")
    worker.answer(make_reply("vẫn nhận được"))
    expect(page.locator(".line.out .text")).to_have_text("vẫn nhận được")


def test_without_cookies_the_page_says_so(context: BrowserContext, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "give", lambda *_: None)
    page = context.new_page()
    page.goto(url)
    expect(page.get_by_role("alert")).to_contain_text("chặn cookie")
