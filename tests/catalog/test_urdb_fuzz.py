"""Whatever an item holds, reading it ends in a tariff or in a deliberate error."""

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kwhen.catalog.urdb import csv_row_to_item, read_urdb
from kwhen.catalog.urdb.prove import prove
from kwhen.engine.tariff import Tariff
from kwhen.errors import KwhenError
from tests.catalog.urdb_items import bulk_item, csv_row, flat_item, tiered, tou_item

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, 0])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["kWh", "$/day", "Net Metering", "2026-01-01", "1/1/16", "1e400", "\ud800"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=25,
)
FULL = tou_item(
    [tiered(300, 1000, None, adj=0.02, sell=0.03), tiered(300, None, unit="kWh")],
    enddate="2026-12-31",
    mincharge=10,
    minchargeunits="$/month",
    annualmincharge=12,
    dgrules="Net Billing Hourly",
    fueladjustmentsmonthly=[0.01] * 12,
    flatdemandstructure=[[{"rate": 5, "max": 10}, {"rate": 8}]],
    flatdemandmonths=[0] * 12,
    flatdemandunit="hp",
    demandratestructure=[[{"rate": 3}]],
    demandwindow=30,
    demandratchetpercentage=[0.3] * 12,
    lookbackpercent=0.5,
    lookbackrange=3,
    lookbackmonths=[0] * 12,
    energycomments="x",
    energyattrs=[{"a": "b"}],
    state="AL",
    tier_scope="cycle",
    _ratebook={"state": "AL", "holiday_policy": "unknown"},
)
FIELDS = sorted({*FULL, *bulk_item(FULL), "fixedmonthlycharge", "timezone", "supersedes"})


def ends_well(item: Any) -> None:
    try:
        tariff = read_urdb(item)
        prove(item, tariff)
    except KwhenError as error:
        assert str(error)
    else:
        assert isinstance(tariff, Tariff)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Paths of every value inside a value."""
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(found for key, inner in inside for found in places(inner, (*path, key)))]


PLACES = [path for path in places(FULL) if path]


@given(JSON)
def test_any_json(value):
    ends_well(value)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=12))
def test_any_value_in_known_fields(item):
    ends_well(item)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=3), st.booleans())
def test_a_valid_item_with_some_values_changed(changes, in_bulk):
    item = copy.deepcopy(FULL)
    for path, value in changes:
        target: Any = item
        try:
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    ends_well(item)
    if in_bulk and isinstance(item.get("energyratestructure"), list):
        try:
            item = bulk_item(item)
        except (TypeError, KeyError):
            return
        ends_well(item)


@given(
    st.dictionaries(
        st.sampled_from(sorted(csv_row(FULL))) | st.text(max_size=30),
        st.text(max_size=30) | st.sampled_from(["[", "[[0]]", "1e999", "nan", "true", "٣"]),
        max_size=15,
    )
)
def test_any_csv_cells(cells):
    try:
        item = csv_row_to_item(csv_row(flat_item()) | cells)
    except KwhenError as error:
        assert str(error)
    else:
        ends_well(item)


def test_deep_and_long_values_end_soon():
    deep: Any = 1
    for _ in range(100_000):
        deep = {"$date": deep}
    ends_well(flat_item(startdate=deep))
    ends_well(flat_item(name=", " * 200_000, utility=" (" * 200_000, startdate="1" * 200_000))
    ends_well(flat_item(energyratestructure=[tiered(*range(1, 20_000), None)]))
