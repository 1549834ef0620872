"""The real service with its demo, and a real browser that has signed in."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from playwright.sync_api import Browser, sync_playwright

from kwhen.operations.demo import Demo, make_demo
from kwhen.operations.deployment import Deployment
from kwhen.service.app import create_app
from tests.browser.records import fill
from tests.browser.watching import Opened, Site
from tests.deployments import opened
from tests.service.server import served

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package", autouse=True)
def errors_alone() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here; `make test-browser` as root installs Debian's")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=flags)
        yield made
        made.close()


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder: Path = tmp_path_factory.mktemp("portal")
    with opened("sqlite", folder, allow_loopback_targets=True) as found:
        yield found


@pytest.fixture(scope="session")
def demo(deployment: Deployment) -> Demo:
    return make_demo(deployment)


@pytest.fixture(scope="session")
def site(browser: Browser, deployment: Deployment, demo: Demo) -> Iterator[Site]:
    """Where the pages are, who opens them, and what is there to see."""
    with served(create_app(deployment)) as address:
        things = fill(deployment, demo)
        yield Site(browser=browser, address=address, demo=demo, things=things)


@pytest.fixture
def person(site: Site) -> Iterator[Opened]:
    """Somebody at a desk who has signed in, for flows over several pages."""
    with site.visited(is_signed_in=True) as found:
        yield found
