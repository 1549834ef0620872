"""What every page has: its theme, its navigation, its keyboard."""

import pytest

from tests.browser.watching import Opened, Site

pytestmark = pytest.mark.browser


def theme_of(person: Opened) -> str | None:
    found: str | None = person.page.evaluate("() => document.documentElement.dataset.theme ?? null")
    return found


def test_a_key_signs_in_and_the_first_home_shows_its_price(site: Site) -> None:
    with site.visited(is_signed_in=False) as found:
        found.go("/portal")
        found.page.get_by_label("API key").fill(site.demo.secret)
        found.page.get_by_role("button", name="Sign in").click()
        found.page.wait_for_url("**/portal/homes/ws_home_*")
        found.settle()
        assert found.page.locator("#price-chart canvas").count() == 1
        found.page.get_by_text("The same as a table").click()
        assert found.page.locator("#price-chart tbody tr").count() in (188, 192, 196)
        found.check()
        found.page.get_by_role("button", name="Sign out").click()
        found.page.wait_for_url("**/portal/sign-in")
        found.go("/portal/homes")
        assert "/portal/sign-in" in found.page.url


def test_the_chart_tells_the_values_of_the_step_that_is_pointed_at(
    site: Site, person: Opened
) -> None:
    person.go(site.path("/portal/homes/{home}"))
    when = person.page.locator("#price-chart .readout-when")
    over = person.page.locator("#price-chart .u-over")
    over.hover(position={"x": 4, "y": 60})
    first = when.text_content()
    over.hover(position={"x": 500, "y": 60})
    assert first is not None and first.endswith("00:00") and when.text_content() != first


def test_a_chosen_theme_is_kept(site: Site, person: Opened) -> None:
    person.go(site.path("/portal/homes/{home}"))
    assert theme_of(person) is None
    person.page.get_by_role("button", name="Light or dark").click()
    assert theme_of(person) == "dark"
    person.page.reload()
    person.settle()
    assert theme_of(person) == "dark"
    person.check()


def test_a_keyboard_reaches_the_content_first(site: Site, person: Opened) -> None:
    person.go(site.path("/portal/homes/{home}"))
    person.page.keyboard.press("Tab")
    assert person.page.evaluate("() => document.activeElement.className") == "skip"
    person.page.keyboard.press("Enter")
    assert person.page.evaluate("() => document.activeElement.id") == "main"


def test_the_menu_of_a_phone_opens_without_a_script(site: Site) -> None:
    with site.visited("phone", is_signed_in=True) as found:
        found.go(site.path("/portal/homes/{home}"))
        assert not found.page.get_by_role("link", name="Keys").first.is_visible()
        found.page.locator(".menu summary").click()
        assert found.page.get_by_role("link", name="Keys").first.is_visible()
        found.picture("menu-phone-light")
        found.check()
