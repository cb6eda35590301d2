"""The pictures of docs/officer-guide.md, taken from the running system: `python -m tests.end_to_end.guide_pictures`.

Made-up people on a system of their own in a temporary folder; run it again when the pages have changed.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from backend.settings import ROOT
from tests.end_to_end.officers import WIDE, Officer, Paper, Person, browsing, fill
from tests.end_to_end.stack import Stack

FOLDER = ROOT / "docs/pictures/officer-guide"
LARGEST = 150_000
COLOURS = 96
MARGIN = 20
TALLEST = 1_300
LIEN = Person("Nguyễn Thị Liên", "0905123456", "12 Y Ngông, phường Buôn Ma Thuột")
PROCEDURE = "Mai táng phí đối với cựu chiến binh"
CLAIM, WARRANT, DEATH, MERIT = (
    "Bản khai của thân nhân", "Biên bản ủy quyền", "Giấy chứng tử", "Hồ sơ người có công",
)  # fmt: skip


def take(page: Page, name: str, *, first: Locator | None = None, last: Locator | None = None) -> None:
    """Save the page from above `first` (default: its top) to below `last` (default: what the window shows)."""
    page.evaluate("window.scrollTo(0, 0)")
    top = max(0.0, _box(first)["y"] - MARGIN) if first else 0.0
    bottom = _box(last)["y"] + _box(last)["height"] + MARGIN if last else top + WIDE["height"]
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    low = int(min(bottom, top + TALLEST, whole.height))
    picture = whole.convert("RGB").crop((0, int(top), whole.width, low)).quantize(COLOURS)
    target = FOLDER / f"{name}.png"
    picture.save(target, optimize=True)
    size = target.stat().st_size
    assert size < LARGEST, f"{target.name} has {size} bytes"
    sys.stdout.write(f"{target.relative_to(ROOT)}  {picture.width} x {picture.height}  {size // 1000} kB\n")


def _box(element: Locator | None) -> dict[str, float]:
    found = element.bounding_box() if element else None
    assert found, "what the picture should show is not there"
    return dict(found)


def first_dossier(desk: Officer, colleague: Officer) -> str:
    """From the list to the receipt, with a paper missing, a slip of the hand, and a colleague at the same dossier."""
    page = desk.page
    desk.go("Hồ sơ")
    take(page, "danh-sach")
    desk.go("Nhận hồ sơ")
    page.get_by_label("Công dân cần làm thủ tục gì?").fill("mai tang phi")
    page.get_by_role("button", name="Tìm thủ tục").click()
    take(page, "chon-thu-tuc", last=page.get_by_role("listitem").filter(has=page.get_by_role("link")).nth(8))
    page.get_by_role("link", name=PROCEDURE).first.click()
    for label, value in (("Số điện thoại", LIEN.phone), ("Họ và tên", LIEN.name), ("Địa chỉ", LIEN.address)):
        fill(page.get_by_label(label, exact=True), value)
    take(page, "nguoi-nop", last=page.get_by_role("group", name="2. Hồ sơ"))
    missing = Paper("Thiếu hoặc sai", "bản sao mờ, không đọc được ngày")
    desk.tick({CLAIM: Paper(compared=True), WARRANT: Paper("Không cần"), DEATH: missing, MERIT: Paper()})
    page.locator("summary").filter(has_text="Còn thiếu giấy tờ").click()
    papers = page.get_by_role("region", name="3. Giấy tờ")
    take(page, "giay-to-thieu", first=papers, last=page.get_by_role("region", name="4. Hoàn tất"))
    page.get_by_role("button", name="Ghi và yêu cầu bổ sung").click()
    code = page.get_by_role("main").locator("header").inner_text().split()[0]
    take(page, "cho-bo-sung", last=desk.region("Việc cần làm"))
    desk.check({DEATH: Paper(compared=True)}).act("Đã nhận đủ bổ sung")
    colleague.open(code)
    desk.act("Tiếp nhận hồ sơ")
    take(page, "hoan-tac", last=desk.region("Việc cần làm"))
    _second_hand(colleague)
    return code


def _second_hand(colleague: Officer) -> None:
    """A colleague saves what they had open all the while."""
    line = colleague.page.get_by_role("group", name=CLAIM)
    line.get_by_role("radio", name="Có đủ", exact=True).check()
    line.get_by_label("Đã đối chiếu bản chính").uncheck()
    colleague.page.get_by_role("button", name="Lưu giấy tờ").click()
    alert = colleague.page.get_by_role("alert").first
    expect(alert).to_be_visible()
    take(colleague.page, "hai-nguoi", last=colleague.region("Việc cần làm"))


def to_the_result(code: str, desk: Officer, head: Officer, specialist: Officer, leader: Officer) -> None:
    """What the others do, until the desk hands the result over."""
    head.open(code)
    take(head.page, "phan-cong", last=head.region("Việc cần làm"))
    head.act("Phân công", {"Giao cho": "Chuyên viên (thử)"})
    specialist.open(code).act("Bắt đầu xử lý").act("Trình lãnh đạo ký")
    leader.open(code).act("Ký duyệt")
    desk.open(code).attach_result("15/QĐ-UBND").act("Báo đã có kết quả")
    take(desk.page, "tra-ket-qua", last=desk.region("Việc cần làm"))
    desk.act("Trả kết quả")
    history = desk.region("Quá trình")
    take(desk.page, "qua-trinh", first=history, last=history)


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder) / "data")
        stack.seed()
        try:
            stack.start("web", "sms", "worker")
            stack.wait_until_ready()
            with browsing() as browser:
                page = browser.new_page(viewport=WIDE, locale="vi-VN")  # type: ignore[arg-type]
                page.goto(f"http://127.0.0.1:{stack.ports['web']}/officers/")
                take(page, "dang-nhap", last=page.get_by_role("main"))
                names = ("demo-motcua", "demo-motcua", "demo-truongphong", "demo-chuyenvien", "demo-lanhdao")
                desk, colleague, head, specialist, leader = (Officer(browser, stack, name) for name in names)
                to_the_result(first_dossier(desk, colleague), desk, head, specialist, leader)
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
