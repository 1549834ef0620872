"""The watch itself: what is wrong is seen, so that silence means that all is well."""

from collections.abc import Iterator

import pytest

from tests.browser.watching import Opened, Site

pytestmark = pytest.mark.browser


@pytest.fixture
def found(site: Site) -> Iterator[Opened]:
    with site.visited(is_signed_in=False) as found:
        found.go("/portal/sign-in")
        yield found


def test_a_sound_page_passes(found: Opened) -> None:
    found.check()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("console.error('planted')", "planted"),
        ("setTimeout(() => { throw new Error('planted') })", "planted"),
        ("new Image().src = 'http://kwhen.invalid/x.png'", "left the host"),
        ("document.querySelector('label').remove()", "label"),
        ("document.querySelector('h1').style.width = '3000px'", "wider"),
        ("document.querySelector('h1').style.color = '#eee'", "color-contrast"),
    ],
    ids=["console", "script", "foreign", "label", "wide", "contrast"],
)
def test_a_planted_fault_is_seen(found: Opened, wrong: str, words: str) -> None:
    found.page.evaluate(f"() => {{ {wrong} }}")
    found.page.evaluate("() => new Promise((done) => setTimeout(done, 0))")  # after what it started
    with pytest.raises(AssertionError, match=words):
        found.check()


def test_an_inline_script_does_not_run(found: Opened) -> None:
    found.page.evaluate(
        "() => { const made = document.createElement('script');"
        " made.textContent = 'window.planted = 1'; document.body.append(made) }"
    )
    assert found.page.evaluate("() => window.planted") is None
    with pytest.raises(AssertionError, match="Content Security Policy"):
        found.check()
