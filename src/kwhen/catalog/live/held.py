"""Where the series of a machine are kept, and whether any are."""

from functools import cache
from pathlib import Path

from kwhen.catalog.live.settings import LiveSettings
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.stock import Stock


def live_store(settings: LiveSettings, stock: Stock) -> SeriesStore:
    """The series that were fetched: in $KWHEN_LIVE, else beside the imported plans."""
    return _store(settings.live, stock.folder)


def held_prices(settings: LiveSettings, stock: Stock) -> SeriesStore | None:
    """The series that were fetched, None where nothing ever was."""
    store = live_store(settings, stock)
    return store if store.is_there() else None


@cache
def _store(chosen: str, beside: Path) -> SeriesStore:
    """One store a folder, so that its files are read once."""
    return SeriesStore(Path(chosen).expanduser() if chosen else beside / "live")
