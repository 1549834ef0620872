"""A quote from a meter's file, and prices read by keyboard and by touch."""

import re
from datetime import date

import pytest

from tests.browser.pages import PLAN
from tests.browser.watching import Opened, Site
from tests.usage.writers import green_button, home

pytestmark = pytest.mark.browser

CALCULATOR = "/portal/calculator"


def drop(person: Opened) -> None:
    """Choose a Green Button file of June; it is read at once."""
    page = person.page
    person.go(CALCULATOR)
    page.get_by_text("A file of its meter").click()
    page.get_by_label("ZIP code").fill("94107")
    content = green_button(home(date(2026, 6, 1), 30))
    file = {"name": "meter.xml", "mimeType": "application/xml", "buffer": content}
    page.locator("#f-upload").set_input_files(file)  # type: ignore[arg-type]
    page.wait_for_url(re.compile("file=ws_usage"))


def test_a_quote_from_a_green_button_file(person: Opened, site: Site) -> None:
    page = person.page
    drop(person)
    assert "30 days from 2026-06-01" in page.inner_text("main")
    page.get_by_label("Rate plan").first.select_option(PLAN)
    page.get_by_label("What to call it").first.fill("A battery")
    page.get_by_label("Battery, kWh").first.fill("10")
    page.get_by_label("Upfront cost, $").first.fill("8000")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-result]")
    person.settle()
    told = page.inner_text("#results")
    assert "A battery" in told and "saves $" in told and "years" in told
    page.get_by_text(re.compile("^A battery: ")).click()
    assert "Base services charge" in page.inner_text("[aria-labelledby=lines]")
    person.picture("flow-quote")
    person.check()
    with site.visited("phone", "dark", is_signed_in=True) as other:
        other.go(page.url.partition(site.address)[2])
        assert other.page.inner_text(".scores") == page.inner_text(".scores")
        other.check()


def test_a_quote_prints_with_its_figures(person: Opened) -> None:
    page = person.page
    person.go(f"{CALCULATOR}?zip=94107&plan={PLAN}&c1_solar=5")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.locator("#calculator").is_visible()
    assert page.get_by_role("table", name="Bill by month, USD").is_visible()
    person.picture("flow-quote-on-paper")
    assert not person.faults


def test_a_file_that_is_no_usage_is_told_at_its_field(person: Opened) -> None:
    page = person.page
    person.go(f"{CALCULATOR}?source=file&zip=94107")
    file = {"name": "photo.png", "mimeType": "image/png", "buffer": bytes(range(256))}
    page.locator("#f-upload").set_input_files(file)  # type: ignore[arg-type]
    page.wait_for_selector("#f-upload-error")
    person.faults[:] = [one for one in person.faults if "400" not in one]  # as it is meant
    person.check()


def test_prices_are_read_by_keyboard(person: Opened) -> None:
    page = person.page
    person.go(f"/portal/plans/{PLAN}")
    page.wait_for_selector(".heat.import[data-ready]")
    cell = page.locator(".heat.import [data-v]").first
    cell.focus()
    read = page.locator(".heat.import [data-readout]")
    assert "Jan, 00:00–01:00, every day" in read.inner_text()
    for key in ["ArrowDown"] * 6 + ["ArrowRight"] * 17:
        page.keyboard.press(key)
    assert "Jul, 17:00–18:00, every day" in read.inner_text()
    assert page.evaluate("document.activeElement.dataset.v") in read.inner_text()
    person.check()


def test_prices_are_read_by_touch(site: Site) -> None:
    with site.visited("phone", "light", is_signed_in=True) as found:
        found.go(f"/portal/plans/{PLAN}")
        page = found.page
        page.wait_for_selector(".heat.import[data-ready]")
        page.locator(".heat.import tbody tr").nth(7).locator("td").nth(19).click()
        assert "Aug, 19:00–20:00" in page.locator(".heat.import [data-readout]").inner_text()
        found.check()
