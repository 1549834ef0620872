"""What a person does: a home from its form to its chart, a key from its form to its end."""

import pytest
from playwright.sync_api import expect

from tests.browser.watching import Opened

pytestmark = pytest.mark.browser
E_ELEC = "E-ELEC: time of use for homes with electric technologies"


def test_a_home_is_made_and_its_chart_is_seen(person: Opened) -> None:
    page = person.page
    person.go("/portal/homes")
    page.get_by_role("link", name="Add a home").click()
    page.get_by_label("Name", exact=True).fill("Made in a browser")
    page.get_by_label("ZIP code").fill("94107")
    plan = page.get_by_label("Rate plan")
    expect(plan.locator("optgroup")).to_have_count(1)  # the ZIP has brought its plans
    plan.select_option(label=E_ELEC)
    page.get_by_label("Size, kW DC").fill("6.4")
    page.get_by_role("button", name="Add home").click()
    person.settle()
    expect(page.get_by_role("heading", level=1)).to_have_text("Made in a browser")
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    person.picture("flow-home-made")
    person.check()


def test_homes_are_searched_while_one_types(person: Opened) -> None:
    page = person.page
    person.go("/portal/homes")
    rows = page.locator("#homes tbody tr")
    expect(rows.nth(1)).to_be_visible()
    page.get_by_label("Search").fill("worcester")
    expect(rows).to_have_count(1)
    assert "q=worcester" in page.url
    page.get_by_label("Search").fill("nothing has this")
    expect(page.get_by_role("heading", name="No home has")).to_be_visible()
    person.check()


def test_a_wrong_field_is_told_where_it_is(person: Opened) -> None:
    page = person.page
    person.go("/portal/homes/new")
    page.get_by_label("Name", exact=True).fill("Wrong")
    page.get_by_label("ZIP code").fill("nowhere")
    page.get_by_role("button", name="Add home").click()
    person.settle()
    expect(page.locator("#f-zipcode-error")).to_have_text("is no ZIP code, such as 94107")
    expect(page.get_by_label("ZIP code")).to_have_value("nowhere")
    person.picture("flow-home-wrong")
    faults = [fault for fault in person.faults if "400" not in fault]  # the console tells of it
    assert not faults


def test_a_file_of_homes_is_checked_then_imported(person: Opened) -> None:
    page = person.page
    content = b"name,zipcode\nImported home,94107\nA bad one,nowhere\n"
    for button, words in (("Check without importing", "no home was made"), ("Import homes", "See")):
        person.go("/portal/homes/import")
        file = {"name": "homes.csv", "mimeType": "text/csv", "buffer": content}
        page.get_by_label("CSV file").set_input_files([file])  # type: ignore[list-item]
        page.get_by_role("button", name=button).click()
        person.settle()
        expect(page.locator("main")).to_contain_text(words)
        expect(page.get_by_role("row", name="A bad one")).to_contain_text("is no ZIP code")
        person.picture(f"flow-import-{button.split()[0].lower()}")
        person.check()


def test_a_key_is_made_and_revoked(person: Opened) -> None:
    page = person.page
    person.go("/portal/keys")
    page.get_by_role("link", name="Create a key").click()
    page.get_by_label("Name", exact=True).fill("Made in a browser")
    page.get_by_role("checkbox", name="See homes").check()
    page.get_by_role("button", name="Create key").click()
    person.settle()
    secret = page.locator(".secret code").first.inner_text()
    assert secret.startswith("wsk_test_")
    person.picture("flow-key-made")
    person.check()
    page.get_by_role("link", name="I have copied it").click()
    expect(page.locator("main")).not_to_contain_text(secret)
    page.get_by_role("link", name="Revoke Made in a browser").click()
    page.get_by_role("button", name="Revoke it").click()
    person.settle()
    expect(page.get_by_role("row", name="Made in a browser")).to_contain_text("revoked")
    person.check()


def test_the_log_of_the_webhook_is_filtered(person: Opened) -> None:
    page = person.page
    person.go("/portal/webhooks")
    log = page.locator("#log")
    expect(log).to_contain_text("delivered")
    log.get_by_role("button", name="Failed").click()
    expect(log).to_contain_text("503")
    expect(log.locator("tbody")).not_to_contain_text("delivered")
    page.get_by_role("button", name="Send a test").click()
    person.settle()
    expect(page.locator("#log tbody tr").first).to_contain_text("waiting")
    person.check()
