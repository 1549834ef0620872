"""Shipped and imported plans in one place, read again only when an import changed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kwhen.catalog.imports import import_urdb
from kwhen.catalog.live.held import held_prices, live_store
from kwhen.catalog.live.settings import LiveSettings
from kwhen.catalog.plans import rate_plan
from kwhen.catalog.stock import Stock, stock_of
from kwhen.engine.words import Customer
from kwhen.errors import ChoiceError, NotFound, SourceError
from tests.catalog.urdb_items import flat_item

PGE = 14328
OWN = flat_item(utility="Pacific Gas & Electric Co", eiaid=PGE, name="Own flat", state="CA")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """One imported plan of PG&E."""
    import_urdb([OWN], tmp_path)
    return Stock(tmp_path)


def test_shipped_plans_need_no_folder(tmp_path: Path) -> None:
    stock = Stock(tmp_path / "nowhere")
    assert stock.imported() == ()
    assert stock.find_plan("14328/E-ELEC") is rate_plan("14328/E-ELEC")
    with pytest.raises(NotFound, match="close to it"):
        stock.find_plan("14328/E-ELEK")
    with pytest.raises(ChoiceError, match="give one"):
        stock.find_plans()
    with pytest.raises(NotFound):
        stock.find_plans(utility_id=999_999)


def test_a_customer_chooses_of_a_shipped_family(stock: Stock) -> None:
    customer = Customer(territory="T", heating="B")
    assert stock.find_plan("14328/E-TOU-C", customer).key == "14328/E-TOU-C/T-B"


def test_an_imported_plan_goes_by_key_and_id(stock: Stock) -> None:
    (own,) = stock.imported()
    assert own.name == "Own flat" and own.utility_id == PGE
    assert stock.find_plan(own.key) is own and stock.find_plan(own.id) is own


def test_an_imported_plan_is_listed_where_its_utility_serves(stock: Stock) -> None:
    (own,) = stock.imported()
    by_zip, by_utility = stock.find_plans("94107"), stock.find_plans(utility_id=PGE)
    assert by_zip[-1] is own and by_utility[-1] is own
    assert len(by_zip) > 1
    assert own not in stock.find_plans("10001")
    assert own not in stock.find_plans(utility_id=195)


def test_plans_keep_their_identity_until_an_import_changes(stock: Stock) -> None:
    (own,) = stock.imported()
    assert Stock(stock.folder).imported()[0] is own
    import_urdb([OWN, flat_item(name="Second")], stock.folder)
    assert sorted(plan.name for plan in stock.imported()) == ["Own flat", "Second"]
    for file in (stock.folder / "imported").glob("*.jsonl.gz"):
        os.remove(file)
    assert stock.imported() == ()


def test_many_at_once_see_the_same_plan(stock: Stock) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: stock.imported()[0], range(32)))
    assert len(set(map(id, found))) == 1


def test_a_damaged_import_is_refused_and_the_shipped_plans_stay(stock: Stock) -> None:
    (file,) = (stock.folder / "imported").glob("*.jsonl.gz")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(SourceError, match="damaged"):
        stock.imported()
    assert stock.find_plan("14328/E-ELEC")


def test_the_folder_is_that_of_the_environment() -> None:
    assert stock_of({"KWHEN_CATALOG": "a/b"}) == Stock(Path("a/b"))
    assert stock_of({"XDG_DATA_HOME": "data"}) == Stock(Path("data/kwhen"))
    assert stock_of({}) == Stock(Path("~/.local/share/kwhen").expanduser())


def test_live_series_lie_beside_the_imports_unless_told(tmp_path: Path) -> None:
    stock, settings = Stock(tmp_path), LiveSettings()
    assert live_store(settings, stock).folder == tmp_path / "live"
    assert live_store(settings, stock) is live_store(settings, stock)
    assert held_prices(settings, stock) is None
    (tmp_path / "live").mkdir()
    assert held_prices(settings, stock) is live_store(settings, stock)
    elsewhere = LiveSettings(live=str(tmp_path / "elsewhere"))
    assert live_store(elsewhere, stock).folder == tmp_path / "elsewhere"
