"""Other markets: frames as `gridstatus` gives them, made with pandas itself."""

import inspect
import sys
from datetime import date

import pytest

from kwhen.catalog.live import other
from kwhen.errors import SourceError

pandas = pytest.importorskip("pandas", reason="frames of gridstatus are pandas' own")


def frame(day: str, price: float = 40.0):
    starts = pandas.date_range(day, periods=24, freq="h", tz="America/New_York", unit="ns")
    rows = {
        "Time": starts,
        "Interval Start": starts,
        "Interval End": starts + pandas.Timedelta(hours=1),
        "Market": "DAY_AHEAD_HOURLY",
        "Location": ".Z.SEMASS",
        "Location Type": "LOAD ZONE",
        "LMP": price,
        "Energy": 1.0,
        "Congestion": 2.0,
        "Loss": 3.0,
    }
    return pandas.DataFrame(rows)


def test_hours_begin_where_the_frame_says():
    found = other.read_frame(frame("2026-11-01"))[".Z.SEMASS"]
    starts = [pandas.Timestamp(at, unit="s", tz="UTC").isoformat() for at in sorted(found)]
    # 01:00 EDT, then 01:00 EST: an hour apart, as all others.
    assert starts[:3] == [f"2026-11-01T0{hour}:00:00+00:00" for hour in (4, 5, 6)]
    assert set(found.values()) == {0.04} and len(found) == 24


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.drop(columns="LMP"), "no column LMP"),
        (lambda rows: rows.assign(LMP=float("nan")), "is no number"),
        (lambda rows: rows.assign(**{"Interval End": rows["Interval Start"]}), "not one hour"),
        (
            lambda rows: rows.assign(
                **{"Interval Start": rows["Interval Start"].dt.tz_localize(None)}
            ),
            "has no offset",
        ),
        (lambda rows: pandas.concat([rows, frame("2026-11-01", 9.0)]), "two values for one step"),
    ],
)
def test_a_frame_that_is_none_is_refused(change, said):
    with pytest.raises(SourceError, match=said):
        other.read_frame(change(frame("2026-11-01")))


def test_pjm_names_places_by_number():
    rows = frame("2026-11-01").drop(columns="Location").assign(**{"Location Id": 51288})
    assert set(other.read_frame(rows, "Location Id")) == {"51288"}


def test_the_extra_has_what_is_asked_of_it():
    library = pytest.importorskip("gridstatus", reason="the extra `markets` is not in `dev`")
    for group in other.PLACES:
        asked = getattr(library, group).get_lmp_day_ahead_hourly
        assert {"date", "end"} <= set(inspect.signature(asked).parameters)
    asked = inspect.signature(library.PJM.get_lmp).parameters
    assert {"date", "end", "market", "locations"} <= set(asked)


def test_something_else_is_refused():
    with pytest.raises(SourceError, match="no column"):
        other.read_frame(None)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "gridstatus", None)
    days = (date(2026, 1, 1), date(2026, 1, 2))
    with pytest.raises(SourceError, match=r"pip install 'kwhen\[markets\]'"):
        list(other.fetch("PJM", ("WESTERN HUB",), *days, clock=lambda: 0.0))
    with pytest.raises(SourceError, match="no market 'XYZ'"):
        list(other.fetch("XYZ", ("A",), *days, clock=lambda: 0.0))
