"""Every live source is in the sources register, and series name it by its id there."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

import kwhen.catalog.live as live
from kwhen.catalog.sources import sources

MODULES = [import_module(f"{live.__name__}.{found.name}") for found in iter_modules(live.__path__)]
ASKED = [module for module in MODULES if hasattr(module, "SOURCE")]


def test_the_modules_that_ask_are_found() -> None:
    assert len(ASKED) == 8


@pytest.mark.parametrize("module", ASKED, ids=lambda module: module.__name__.split(".")[-1])
def test_a_live_source_is_registered(module) -> None:
    entry = sources()[module.SOURCE_ID]
    assert "not redistributed" in entry.licence and entry.edition.startswith("live")
    assert entry.url is not None


def test_the_register_lists_no_live_source_that_nobody_asks() -> None:
    listed = {id for id, entry in sources().items() if entry.edition.startswith("live")}
    assert listed == {module.SOURCE_ID for module in ASKED}
