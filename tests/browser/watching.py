"""Pages that are watched: no error, no request elsewhere, nothing inaccessible, a picture each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from kwhen.operations.demo import Demo
from tests.reading import ROOT

PICTURES = ROOT / "build" / "screenshots"
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}
THEMES = ("light", "dark")
PATIENCE_MS = 180_000  # a machine may have other things to do
GRAVE = {"serious", "critical"}
DRAWN = (  # every chart, and what a page loads by itself
    "() => !document.querySelector('[hx-trigger=load] .loading') && "
    "[...document.querySelectorAll('[data-chart]')].every((one) => one.dataset.ready)"
)
INSIDE = ("data:", "blob:", "about:")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A tab that is watched, and what went wrong in it."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the portal and wait until its charts are drawn."""
        self.page.goto(f"{self.address}{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until the charts of the page are drawn."""
        self.page.wait_for_load_state("load")
        self.page.wait_for_function(DRAWN)

    def picture(self, name: str) -> None:
        """Keep what the page looks like."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(PICTURES / f"{name}.png"), full_page=True)

    def check(self) -> None:
        """Nothing went wrong, nothing is wider than the screen, nothing shuts people out."""
        assert not self.faults, self.faults
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the screen"
        found = Axe().run(self.page).response["violations"]
        grave = [_words(one) for one in found if one["impact"] in GRAVE]
        assert not grave, "\n".join(grave)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A service with its demo, and the browser that opens it."""

    browser: Browser
    address: str
    demo: Demo
    things: Mapping[str, str]  # ids of what else is there, by the names that paths have for them

    def path(self, path: str) -> str:
        """A path about things there: {home} is the first home, {home1} the second; {delivery}…"""
        named = {f"home{number}": home.id for number, home in enumerate(self.demo.homes)}
        return path.format(home=self.demo.homes[0].id, **named, **self.things)

    @contextmanager
    def visited(
        self, size: str = "desktop", theme: str = "light", *, is_signed_in: bool
    ) -> Iterator[Opened]:
        """A tab of its own, closed afterwards."""
        told: dict[str, Any] = {"viewport": SIZES[size], "color_scheme": theme}
        context = self.browser.new_context(**told, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        found = Opened(page=context.new_page(), address=self.address)
        _watch(found)
        if is_signed_in:
            found.page.goto(f"{self.address}/portal/enter?token={self.demo.link_token}")
        try:
            yield found
        finally:
            context.close()


def _watch(found: Opened) -> None:
    host = urlsplit(found.address).netloc
    page, faults = found.page, found.faults

    def requested(request: Any) -> None:
        is_ours = urlsplit(request.url).netloc == host or request.url.startswith(INSIDE)
        if not is_ours:
            faults.append(f"a request left the host: {request.url}")

    def said(message: Any) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text}")

    page.on("request", requested)
    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))


def _words(violation: dict[str, Any]) -> str:
    places = [node["html"][:160] for node in violation["nodes"][:4]]
    told = [node["failureSummary"].splitlines()[-1] for node in violation["nodes"][:4]]
    return f"{violation['impact']}: {violation['id']}: {violation['help']}: {places} {told}"
