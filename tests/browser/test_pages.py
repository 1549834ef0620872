"""Every page, on a phone and a desk, light and dark."""

import pytest

from tests.browser.pages import PAGES, Looked
from tests.browser.watching import SIZES, THEMES, Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("looked", PAGES, ids=str)
def test_a_page_looks_right_and_shuts_nobody_out(
    site: Site, looked: Looked, size: str, theme: str
) -> None:
    with site.visited(size, theme, is_signed_in=looked.is_signed_in) as found:
        found.go(site.path(looked.path))
        found.picture(f"{looked.name}-{size}-{theme}")
        found.check()
