"""An officer signs in, reads who waits, opens a conversation and closes it, in Chromium on the real processes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from backend.settings import ROOT
from tests.end_to_end.stack import Stack, wait_for

pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]
PASSWORD = "mot-cua-thu-nghiem"
SCREENSHOTS = os.environ.get("SCREENSHOTS")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing in CI")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser.new_page(viewport={"width": 1100, "height": 800})
        browser.close()


def shot(page: Page, name: str) -> None:
    """Save the page wide and phone-wide, where somebody wants to look at it."""
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        for width in (1100, 360):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=f"{SCREENSHOTS}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1100, "height": 800})


def test_an_officer_reads_and_closes_what_the_assistant_could_not_answer(stack: Stack, page: Page):
    phone, words = "+84900950001", "CB toi muon rut ho so <script>alert(1)</script>"
    stack.text(phone, "lam giay khai sinh can gi")
    stack.text(phone, words)
    subprocess.run(
        [ROOT / ".venv/bin/flask", "--app", "backend", "organisation", "seed-demo-officers", "--password", PASSWORD],
        cwd=ROOT,
        env=stack.environment,
        check=True,
        capture_output=True,
    )
    base = f"http://127.0.0.1:{stack.ports['web']}"
    page.goto(f"{base}/officers/inbox/")
    assert "/officers/sign-in" in page.url
    shot(page, "officer-sign-in")
    page.fill("input[name=username]", "demo-tongdai")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{base}/officers/inbox/")
    line = page.locator(".inbox-open").filter(has_text="toi muon rut ho so")
    assert line.count() == 1
    shot(page, "officer-waiting")
    line.click()
    assert page.get_by_text("<script>alert(1)</script>").count() >= 1, "markup is shown as text"
    assert page.get_by_text("lam giay khai sinh can gi").count() == 1
    shot(page, "officer-conversation")
    page.get_by_label("Trả lời công dân").fill("Chào anh/chị, mai anh/chị mang giấy hẹn đến UBND phường nhé.")
    before = len(stack.sent_sms(phone))
    page.get_by_role("button", name="Gửi", exact=True).click()
    page.get_by_text("Đã gửi cho công dân.").wait_for()
    wait_for(lambda: len(stack.sent_sms(phone)) > before, 20, "the officer's answer did not leave")
    assert "mai anh/chi mang giay hen" in stack.sent_sms(phone)[-1]
    page.get_by_role("button", name="Đã giải quyết xong").click()
    page.wait_for_url(lambda url: url.startswith(f"{base}/officers/inbox/?"))
    assert page.locator(".inbox-open").filter(has_text="toi muon rut ho so").count() == 0
    shot(page, "officer-closed")
