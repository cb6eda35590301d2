"""People at their browsers: officers and citizens, and what they do, in the words that the pages show them.

Everything is found as a person or a screen reader finds it: by role and label, never by class or id.
"""

import io
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, expect, sync_playwright
from pypdf import PdfReader

from backend import clock
from tests.builders.files import make_image, make_pdf
from tests.end_to_end.stack import PASSWORD, Stack, wait_for

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 800}
PHOTO: FilePayload = {"name": "anh-chup.jpg", "mimeType": "image/jpeg", "buffer": make_image(size=(600, 800))}
SCAN: FilePayload = {"name": "ban-quet.pdf", "mimeType": "application/pdf", "buffer": make_pdf("ban quet")}
PAPERS = {"receipt", "supplement", "refusal", "apology", "control"}
_WEEKDAYS = ("thu Hai", "thu Ba", "thu Tu", "thu Nam", "thu Sau", "thu Bay", "Chu nhat")
_CODE = re.compile(r"H15[\d.]*-\d{6}-\d{4,6}")


def chromium() -> str | None:
    """Where Chromium is, None when it is not installed."""
    return shutil.which("chromium")


@contextmanager
def browsing() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def plain(text: str) -> str:
    """Text as a person reads it: every run of blanks and line breaks is one blank."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Person:
    """Who files: what is written into a form about them."""

    name: str
    phone: str
    address: str = ""

    @property
    def number(self) -> str:
        """The phone number as the ledger writes it."""
        return f"+84{self.phone.removeprefix('0')}"


@dataclass(frozen=True)
class Paper:
    """How the desk finds one paper of the checklist."""

    state: str = "Có đủ"
    remark: str = ""
    compared: bool = False


class Officer:
    """An officer of one role, signed in, with a browser of their own."""

    def __init__(self, browser: Browser, stack: Stack, username: str) -> None:
        self.base = f"http://127.0.0.1:{stack.ports['web']}"
        self.context: BrowserContext = browser.new_context(viewport=WIDE, locale="vi-VN", base_url=self.base)  # type: ignore[arg-type]
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.page.goto("/officers/")
        self.page.get_by_label("Tên đăng nhập").fill(username)
        self.page.get_by_label("Mật khẩu").fill(PASSWORD)
        self.page.get_by_role("button", name="Đăng nhập").click()
        expect(self.page.get_by_role("button", name="Đăng xuất")).to_be_visible()

    def go(self, title: str) -> None:
        """Follow an entry of the menu."""
        self.page.get_by_role("navigation", name="Chức năng").get_by_role("link", name=title, exact=True).click()

    # --- finding a dossier ---------------------------------------------------------------------------------------

    def find(self, words: str) -> Locator:
        """Search as from any page; the links to what was found."""
        search = self.page.get_by_label("Tìm hồ sơ theo mã, họ tên, số điện thoại")
        search.fill(words)
        search.press("Enter")
        return self.page.get_by_role("main").get_by_role("link", name=_CODE)

    def open(self, code: str) -> "Officer":
        """Search for a dossier and open it."""
        self.find(code).filter(has_text=code).first.click()
        expect(self.page.get_by_role("main").locator("header")).to_contain_text(code)
        return self

    @property
    def heading(self) -> str:
        """Code, state, procedure and due date, as the page begins."""
        return plain(self.page.get_by_role("main").locator("header").inner_text())

    @property
    def due(self) -> str:
        """When the result is due, as a message says it."""
        return self._moment("Hẹn trả")

    @property
    def bring_until(self) -> str:
        """Until when the applicant may bring what is missing, as a message says it."""
        return self._moment("Công dân phải bổ sung trước")

    def _moment(self, after: str) -> str:
        found = re.search(after + r" (\d\d/\d\d/\d{4} \d\d:\d\d)", self.heading)
        assert found, self.heading
        moment = datetime.strptime(found[1], "%d/%m/%Y %H:%M").replace(tzinfo=clock.VIETNAM)
        return f"{moment:%H:%M} {_WEEKDAYS[moment.weekday()]} {moment:%d/%m/%Y}"

    @property
    def next_actions(self) -> list[str]:
        """Titles of what this officer may do now."""
        section = self.region("Việc cần làm")
        buttons = [plain(text) for text in section.locator("form > button").all_inner_texts()]
        return buttons + [plain(text) for text in section.locator("summary").all_inner_texts()]

    @property
    def history(self) -> list[str]:
        """Who did what, the oldest first, without the times."""
        rows = self.region("Quá trình").get_by_role("listitem").all()
        told = (plain(row.locator("p:not(.meta)").first.inner_text()) for row in reversed(rows))
        return [re.sub(r" \d\d/\d\d/\d{4} \d\d:\d\d$", "", line) for line in told]

    @property
    def held_by(self) -> list[str]:
        """The steps: what, how far, who."""
        steps = self.region("Ai đang giữ").get_by_role("listitem").all()
        return [plain(step.locator("p").first.inner_text()) for step in steps]

    def region(self, name: str) -> Locator:
        """A part of the page by its heading."""
        return self.page.get_by_role("region", name=name, exact=True)

    # --- working on it -------------------------------------------------------------------------------------------

    def act(self, action: str, typed: Mapping[str, str] | None = None, *, so: str = "") -> "Officer":
        """Do one of the next actions, filling in its form; `so` is what the page must say afterwards."""
        form = self._form_of(self.region("Việc cần làm"), action)
        for label, value in (typed or {}).items():
            fill(form.get_by_label(label), value)
        form.get_by_role("button", name=action).click()
        expect(self.page.get_by_role("main")).to_contain_text(so or "Đã")
        expect(self.page.get_by_role("alert")).to_have_count(0)
        return self

    def _form_of(self, section: Locator, action: str) -> Locator:
        form = section.locator("form").filter(has=self.page.get_by_role("button", name=action, include_hidden=True))
        if not form.is_visible():
            section.locator("summary").filter(has_text=action).click()
        return form

    def undo(self) -> "Officer":
        """Take back what was just done."""
        self.page.get_by_role("button", name="Hoàn tác").click()
        expect(self.page.get_by_text("Đã hoàn tác. Chưa có ai được báo.")).to_be_visible()
        return self

    def tick(self, papers: Mapping[str, Paper]) -> None:
        """Fill in lines of the checklist."""
        for name, paper in papers.items():
            line = self.page.get_by_role("group", name=name)
            line.get_by_role("radio", name=paper.state, exact=True).check()
            if paper.remark:
                line.get_by_label("Thiếu hoặc sai chỗ nào").fill(paper.remark)
            if paper.compared:
                line.get_by_label("Đã đối chiếu bản chính").check()

    def check(self, papers: Mapping[str, Paper]) -> "Officer":
        """Fill in lines of the checklist and save them."""
        self.tick(papers)
        return self._save_papers()

    def decide(self, paper: str, decision: str, remark: str = "") -> "Officer":
        """Take or return what the applicant sent for a paper."""
        line = self.page.get_by_role("group", name=paper)
        line.get_by_label("Quyết định").select_option(label=decision)
        if remark:
            line.get_by_label("Trả lại vì").fill(remark)
        return self._save_papers()

    def _save_papers(self) -> "Officer":
        self.page.get_by_role("button", name="Lưu giấy tờ").click()
        expect(self.page.get_by_text("Đã lưu giấy tờ.")).to_be_visible()
        return self

    def take_fee(self, amount: str) -> "Officer":
        """Take the fee at the desk."""
        self.region("Lệ phí").get_by_role("button", name=f"Đã thu {amount}").click()
        expect(self.region("Lệ phí")).to_contain_text("Đã nộp")
        return self

    @property
    def parcel(self) -> str:
        """The tracking code of the result's parcel."""
        found = re.search(r"EX\d{9}VN", self.region("Bưu điện").inner_text())
        assert found
        return found[0]

    def attach_result(self, number: str) -> "Officer":
        """Attach a scan of the result; its name is proposed."""
        section = self.region("Kết quả")
        form = self._form_of(section, "Đính kèm kết quả")
        form.get_by_label("Số, ký hiệu").fill(number)
        form.get_by_label("Tệp (PDF, ảnh hoặc Word)").set_input_files(SCAN)
        form.get_by_role("button", name="Đính kèm kết quả").click()
        expect(self.page.get_by_text("Đã đính kèm kết quả.")).to_be_visible()
        return self

    def file(
        self,
        procedure: str,
        person: Person,
        papers: Mapping[str, Paper],
        *,
        finish: str,
        typed: Mapping[str, str] | None = None,
    ) -> str:
        """Take a dossier in at the desk; its code. `finish` is the button pressed at the end."""
        self.go("Nhận hồ sơ")
        self.page.get_by_label("Công dân cần làm thủ tục gì?").fill(procedure)
        self.page.get_by_role("button", name="Tìm thủ tục").click()
        self.page.get_by_role("link", name=procedure).first.click()
        about = {"Số điện thoại": person.phone, "Họ và tên": person.name, "Địa chỉ": person.address, **(typed or {})}
        for label, value in about.items():
            fill(self.page.get_by_label(label, exact=True), value)
        self.tick(papers)
        button = self.page.get_by_role("button", name=finish, exact=True)
        if not button.is_visible():
            self.page.locator("summary").filter(has_text="Còn thiếu giấy tờ").click()
        button.click()
        found = _CODE.search(self.heading)
        assert found, self.heading
        return found[0]

    # --- paper ---------------------------------------------------------------------------------------------------

    def printed(self, kind: str) -> str:
        """The text of a paper of the dossier that is open, from its PDF."""
        assert kind in PAPERS
        address = f"{self.page.url.split('?')[0].split('#')[0]}/paper/{kind}.pdf"
        answer = self.context.request.get(address)
        assert answer.ok, answer.status
        return read_pdf(answer.body())

    def control_slip(self) -> list["Held"]:
        """The rows of the printed control slip."""
        text = self.printed("control")
        rows = re.split(
            r" \d{1,2} (?=(?:UBND|Sở|Người nộp) )", text[text.index("Ghi chú") : text.index("Toàn bộ quá trình")]
        )
        return [Held.read(row) for row in rows[1:]]

    # --- administration ------------------------------------------------------------------------------------------

    def set_workflow(self, procedure_code: str, steps: Sequence[tuple[str, str, str, str]]) -> None:
        """Set the steps of a procedure: order, title, agency, share."""
        self.go("Thủ tục")
        self.page.get_by_role("searchbox").fill(procedure_code)
        self.page.get_by_role("searchbox").press("Enter")
        self.page.get_by_role("row", name=procedure_code).get_by_role("link").click()
        for number, step in enumerate(steps, 1):
            if not self.page.get_by_label(f"Tên bước, dòng {number}", exact=True).count():
                self.page.get_by_role("button", name="Xem thử sơ đồ").click()
            for label, value in zip(("Thứ tự", "Tên bước", "Cơ quan", "Phần thời gian"), step, strict=True):
                fill(self.page.get_by_label(f"{label}, dòng {number}", exact=True), value)
        self.page.get_by_role("button", name="Lưu", exact=True).click()
        expect(self.page.get_by_role("main")).to_contain_text("Đã lưu. Hồ sơ nộp từ bây giờ đi theo các bước này")


_WHEN = r"(\d\d:\d\d \d\d/\d\d/\d{4})"
_HELD = re.compile(rf"(.*?) {_WHEN}(?: {_WHEN})?(?: {_WHEN})?\s*(Trước hạn|Đúng hạn|Quá hạn|)(.*)")


@dataclass(frozen=True)
class Held:
    """A row of the control slip: who held the dossier for what, from when to when, and how that stands."""

    who: str
    since: datetime
    until: datetime | None
    due: datetime | None
    standing: str

    @classmethod
    def read(cls, row: str) -> "Held":
        """From the text of the PDF."""
        found = _HELD.match(row)
        assert found, row
        since, until, due = (_when(text) for text in found.groups()[1:4])
        assert since
        return cls(found[1], since, until, due, found[5])


def _when(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%H:%M %d/%m/%Y").replace(tzinfo=clock.VIETNAM) if text else None


class Citizen:
    """Somebody with a phone: files online, follows the link of a message, sends photos, pays."""

    def __init__(self, browser: Browser, stack: Stack, person: Person) -> None:
        self.stack, self.person = stack, person
        base = f"http://127.0.0.1:{stack.ports['web']}"
        self.context: BrowserContext = browser.new_context(viewport=PHONE, locale="vi-VN", base_url=base)  # type: ignore[arg-type]
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()

    @property
    def texts(self) -> list[str]:
        """Every SMS this phone got, in order."""
        return self.stack.sent_sms(self.person.number)

    def text_number(self, number: int) -> str:
        """The `number`-th SMS, waiting for it; an action that can be undone is told after ten seconds."""
        wait_for(lambda: len(self.texts) >= number, 25, f"only {len(self.texts)} of {number} texts came: {self.texts}")
        return self.texts[number - 1]

    def file_online(self, procedure_code: str, place: str, papers: Mapping[str, FilePayload], *, back: str) -> str:
        """Fill in the form of a procedure and send it; the code on the receipt."""
        self.page.goto(f"/nop/{procedure_code}")
        about = {"Xã, phường hoặc sở nơi nộp": place, "Họ và tên": self.person.name, "Số điện thoại": self.person.phone}
        for label, value in (about | {"Địa chỉ": self.person.address}).items():
            self.page.get_by_label(label, exact=True).fill(value)
        for name, file in papers.items():
            self.page.get_by_label(name).set_input_files(file)
        self.page.get_by_role("radio", name=back).check()
        self.page.get_by_role("checkbox", name="Tôi đồng ý").check()
        self.page.get_by_role("button", name="Nộp hồ sơ").click()
        slip = self.page.get_by_role("region", name="Phiếu ghi nhận")
        expect(slip).to_be_visible()
        found = _CODE.search(slip.inner_text())
        assert found, slip.inner_text()
        return found[0]

    @property
    def link(self) -> str:
        """The link of the last SMS that has one."""
        return [found[0] for text in self.texts if (found := re.search(r"http://\S+/hs/[\w-]+", text))][-1]

    def follow_link(self) -> "Citizen":
        """Open it."""
        self.page.goto(self.link)
        return self

    def pay(self) -> "Citizen":
        """Pay the fee at the provider, which leads back."""
        self.page.get_by_role("button", name="Nộp lệ phí trực tuyến").click()
        expect(self.page.get_by_role("heading", name="Cổng thanh toán thử")).to_be_visible()
        self.page.get_by_role("button", name="Thanh toán", exact=True).click()
        expect(self.page.get_by_role("region", name="Lệ phí")).to_contain_text("đã nộp")
        return self

    def send(self, paper: str, file: FilePayload) -> "Citizen":
        """Send a photo for a paper that is asked for."""
        line = self.page.get_by_role("listitem").filter(has=self.page.get_by_role("heading", name=paper))
        line.get_by_label("Chụp ảnh").set_input_files(file)
        line.get_by_role("button", name="Gửi giấy này").click()
        expect(line).to_contain_text("đã gửi, đang kiểm tra")
        return self

    def download_result(self) -> bytes:
        """The result that the page offers."""
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Tải kết quả").click()
        return download.value.path().read_bytes()


def fill(field: Locator, value: str) -> None:
    """Type into a field, or pick the option of a list that begins with `value`."""
    if field.evaluate("field => field.tagName") != "SELECT":
        field.fill(value)
        return
    titles = [plain(title) for title in field.locator("option").all_text_contents()]
    field.select_option(index=next(n for n, title in enumerate(titles) if title.startswith(value)))


def read_pdf(data: bytes) -> str:
    """The text of a PDF in one line."""
    return plain(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))
