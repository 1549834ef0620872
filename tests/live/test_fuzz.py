"""Whatever bytes come, a reader gives values or a deliberate error."""

import json
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwhen.catalog.live import caiso, ercot, nyiso, palmetto, pvwatts, sgip, watttime
from kwhen.catalog.live.series import HOUR_S, Kind, Point, Series
from kwhen.catalog.live.store import SeriesStore
from kwhen.errors import KwhenError
from tests.live.layouts import ercot_csv, nyiso_csv, oasis_csv, oasis_error, zipped

DAY = date(2025, 11, 2)
PACIFIC = ZoneInfo("America/Los_Angeles")
POINT = b'{"data": [{"point_time": "2026-09-01T00:00:00Z", "value": 1}], "meta": {"units": '
API = {
    "fields": [{"name": name} for name in ("deliveryDate", "hourEnding", "settlementPoint",
                                           "settlementPointPrice", "DSTFlag")],
    "data": [["2026-07-14", "01:00", "LZ_WEST", 12.5, False]],
}  # fmt: skip
LOAD = {
    "meta": {"units": {"consumption": "kWh"}},
    "data": {
        "intervals": [
            {
                "from_datetime": "2026-07-14T00:00:00",
                "to_datetime": "2026-07-14T01:00:00",
                "variable": "consumption.electricity",
                "value": 1.0,
            }
        ]
    },
}
DOCUMENT = {"DocID": "1", "PublishDate": "2026-07-13T12:31:00-05:00", "FriendlyName": "a_csv"}

Reader = Callable[[bytes], object]
READERS: dict[str, tuple[Reader, bytes]] = {
    "caiso zip": (caiso.read, zipped({"a.csv": oasis_csv(DAY, ["A"], caiso.ZONE)})),
    "caiso error": (caiso.read, oasis_error("1000", "No data")),
    "nyiso csv": (nyiso.read, nyiso_csv(DAY, ["A"], nyiso.ZONE).encode()),
    "nyiso zip": (nyiso.read, zipped({"a.csv": nyiso_csv(DAY, ["A"], nyiso.ZONE)})),
    "ercot csv": (ercot.read, ercot_csv(DAY, ["A"], ercot.ZONE).encode()),
    "ercot zip": (ercot.read, zipped({"a.csv": ercot_csv(DAY, ["A"], ercot.ZONE)})),
    "ercot api": (ercot.read_page, json.dumps(API).encode()),
    "ercot list": (
        ercot.read_list,
        json.dumps({"ListDocsByRptTypeRes": {"DocumentList": [{"Document": DOCUMENT}]}}).encode(),
    ),
    "watttime": (watttime.read, POINT + b'"lbs_co2_per_mwh", "region": "A"}}'),
    "watttime index": (watttime.read_index, POINT + b'"percentile"}}'),
    "watttime region": (watttime.read_region, b'{"region": "A"}'),
    "sgip": (sgip.read, b'[{"ba": "A", "moer": "0.5", "point_time": "2026-09-01T00:00:00Z"}]'),
    "palmetto": (lambda content: palmetto.read(content, PACIFIC), json.dumps(LOAD).encode()),
    "pvwatts": (pvwatts.read, json.dumps({"outputs": {"ac": [1] * 8760}}).encode()),
}
OF_JSON = [name for name, (_, good) in READERS.items() if good[:1] in (b"[", b"{")]
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ("data", "meta", "fields", "name", "units", "region", "point_time", "value", "moer",
             "ba", "freq", "version", "outputs", "ac", "errors", "intervals", "variable",
             "from_datetime", "to_datetime", "_meta", "totalPages", "ListDocsByRptTypeRes",
             "DocumentList", "Document", "DocID", "PublishDate", "FriendlyName")
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


def check(read: Reader, content: bytes) -> None:
    try:
        read(content)
    except KwhenError as error:
        assert 10 < len(str(error)) < 1000


@pytest.mark.parametrize("name", READERS)
def test_the_good_file_is_read(name):
    read, good = READERS[name]
    read(good)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60)
@given(content=st.binary(max_size=300))
def test_any_bytes(name, content):
    check(READERS[name][0], content)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=120)
@given(
    at=st.integers(0, 10**9),
    length=st.integers(0, 8),
    new=st.binary(max_size=8) | st.sampled_from((b"1e999", b"null", b"-1", b'"', b",", b"9" * 30)),
)
def test_a_good_file_with_a_damage(name, at, length, new):
    read, good = READERS[name]
    start = at % (len(good) + 1)
    check(read, good[:start] + new + good[start + length :])


@pytest.mark.parametrize("name", OF_JSON)
@settings(max_examples=100)
@given(value=JSONS)
def test_any_json(name, value):
    check(READERS[name][0], json.dumps(value).encode())


@pytest.mark.parametrize("name", ["caiso zip", "nyiso zip", "ercot zip"])
@settings(max_examples=80)
@given(at=st.integers(0, 10**9), length=st.integers(0, 8), new=st.binary(max_size=8))
def test_a_good_zip_with_a_damaged_file_inside(name, at, length, new):
    read, _ = READERS[name]
    texts = {
        "caiso zip": oasis_csv(DAY, ["A"], caiso.ZONE),
        "nyiso zip": nyiso_csv(DAY, ["A"], nyiso.ZONE),
        "ercot zip": ercot_csv(DAY, ["A"], ercot.ZONE),
    }
    good = texts[name].encode()
    start = at % (len(good) + 1)
    check(read, zipped({"a.csv": good[:start] + new + good[start + length :]}))


@settings(max_examples=80)
@given(at=st.integers(0, 10**9), length=st.integers(0, 60), new=st.binary(max_size=60))
def test_a_damaged_file_of_the_store(tmp_path_factory, at, length, new):
    folder = tmp_path_factory.mktemp("store")
    store, point = SeriesStore(folder), Point(group="A", name="B")
    start = np.arange(0, 100 * HOUR_S, HOUR_S, dtype=np.int64)
    values = np.linspace(0.0, 1.0, 100)
    store.merge(
        Series(
            kind=Kind.DAY_AHEAD_PRICE, point=point, step_s=HOUR_S, start_epoch_s=start,
            values=values, source="s", market="m", fetched_s=1.0,
        )
    )  # fmt: skip
    (file,) = folder.glob("*.npz")
    good = file.read_bytes()
    first = at % len(good)
    file.write_bytes(good[:first] + new + good[first + length :])
    try:
        found = SeriesStore(folder).read(Kind.DAY_AHEAD_PRICE, point, start)
    except KwhenError as error:
        assert str(file) in str(error)
        return
    np.testing.assert_array_equal(found, values)  # what is read is what was written
