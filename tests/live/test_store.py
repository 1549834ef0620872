"""The store: steps where they belong, the newest wins, whole files, damage that stays alone."""

import os
import threading
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from kwhen.catalog.live.series import FIVE_MINUTES_S, HOUR_S, Kind, Point, Series, read_point
from kwhen.catalog.live.store import SeriesStore
from kwhen.errors import SourceError

PGE = Point(group="CAISO", name="DLAP_PGAE-APND")
NYC = Point(group="NYISO", name="N.Y.C.")
DAY_AHEAD = Kind.DAY_AHEAD_PRICE
T = 1_790_000_000 // HOUR_S * HOUR_S


def series(first_s: int, values: list[float], fetched_s: float = 1.0, **changes) -> Series:
    step_s = changes.get("step_s", HOUR_S)
    given = {
        "kind": DAY_AHEAD,
        "point": PGE,
        "step_s": step_s,
        "start_epoch_s": first_s + step_s * np.arange(len(values), dtype=np.int64),
        "values": np.array(values),
        "source": "a",
        "market": "DAM",
        "fetched_s": fetched_s,
    }
    return Series(**(given | changes))


def instants(*seconds: int) -> np.ndarray:
    return np.array(seconds, dtype=np.int64)


def test_an_instant_is_answered_by_the_step_that_holds_it(tmp_path):
    store = SeriesStore(tmp_path)
    assert store.merge(series(T, [0.1, 0.2])) == 2
    found = store.read(DAY_AHEAD, PGE, instants(T - 1, T, T + 899, T + 3600, T + 7199, T + 7200))
    np.testing.assert_array_equal(found, [np.nan, 0.1, 0.1, 0.2, 0.2, np.nan])


def test_a_gap_is_nan(tmp_path):
    store = SeriesStore(tmp_path)
    store.merge(series(T, [0.1]))
    store.merge(series(T + 2 * HOUR_S, [0.3]))
    found = store.read(DAY_AHEAD, PGE, T + HOUR_S * np.arange(4))
    np.testing.assert_array_equal(found, [0.1, np.nan, 0.3, np.nan])
    held = store.coverage(DAY_AHEAD, PGE)
    assert held is not None
    assert (held.first_s, held.end_s) == (T, T + 3 * HOUR_S)
    assert (held.step_count, held.missing_count) == (2, 1)


def test_what_is_not_held_is_nan_and_has_no_coverage(tmp_path):
    store = SeriesStore(tmp_path / "none")
    assert np.isnan(store.read(DAY_AHEAD, NYC, instants(T))).all()
    assert store.coverage(DAY_AHEAD, NYC) is None
    assert store.list() == ([], [])


def test_the_newest_wins_whatever_the_order(tmp_path):
    for order in ((1.0, 2.0), (2.0, 1.0)):
        store = SeriesStore(tmp_path / str(order))
        for fetched_s in order:
            store.merge(series(T, [fetched_s, fetched_s], fetched_s, source=f"s{fetched_s:g}"))
        store.merge(series(T + HOUR_S, [9.0], 3.0, source="late"))
        told = store.told(DAY_AHEAD, PGE, instants(T, T + HOUR_S))
        np.testing.assert_array_equal(told.values, [2.0, 9.0])
        np.testing.assert_array_equal(told.fetched_s, [2.0, 3.0])
        assert {origin.source for origin in told.origins} == {"s2", "late"}


def test_a_merge_says_how_many_steps_changed(tmp_path):
    store = SeriesStore(tmp_path)
    store.merge(series(T, [0.1, 0.2]))
    assert store.merge(series(T, [0.1, 0.2, 0.3], 2.0)) == 1
    assert store.merge(series(T, [0.1, 0.5, 0.3], 3.0)) == 1
    assert store.merge(series(T, [0.7], 0.5)) == 0  # older: nothing to do
    (file,) = tmp_path.glob("*.npz")
    before = file.stat().st_mtime_ns
    store.merge(series(T, [0.7], 0.5))
    assert file.stat().st_mtime_ns == before


def test_another_store_and_another_process_see_it(tmp_path):
    one, other = SeriesStore(tmp_path), SeriesStore(tmp_path)
    one.merge(series(T, [0.1]))
    assert other.read(DAY_AHEAD, PGE, instants(T)) == [0.1]
    one.merge(series(T, [0.2], 2.0))
    assert other.read(DAY_AHEAD, PGE, instants(T)) == [0.2]


def test_five_minutes_and_kinds_are_apart(tmp_path):
    store = SeriesStore(tmp_path)
    store.merge(series(T, [800.0, 900.0], kind=Kind.CARBON, step_s=FIVE_MINUTES_S))
    store.merge(series(T, [700.0], kind=Kind.CARBON_FORECAST, step_s=FIVE_MINUTES_S))
    store.merge(series(T, [0.1]))
    assert store.read(Kind.CARBON, PGE, instants(T + 300)) == [900.0]
    found, damaged = store.list()
    assert [(held.kind, held.step_s) for held in found] == [
        (Kind.CARBON, 300), (Kind.CARBON_FORECAST, 300), (DAY_AHEAD, 3600),
    ]  # fmt: skip
    assert not damaged
    with pytest.raises(SourceError, match="300 s a step, and 3600 s are held"):
        store.merge(series(T, [0.1], step_s=FIVE_MINUTES_S))


def test_names_that_look_alike_are_apart(tmp_path):
    store = SeriesStore(tmp_path)
    names = ["N.Y.C.", "N Y C", "n.y.c.", "../x", "N/Y"]
    for number, name in enumerate(names):
        store.merge(series(T, [float(number)], point=Point(group="NYISO", name=name)))
    for number, name in enumerate(names):
        point = Point(group="NYISO", name=name)
        assert store.read(DAY_AHEAD, point, instants(T)) == [float(number)]
    assert {path.parent for path in tmp_path.rglob("*.npz")} == {tmp_path}


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "flip", "other", "pickle"])
def test_a_damaged_file_is_named_and_the_others_are_not_affected(tmp_path, damage):
    store = SeriesStore(tmp_path)
    store.merge(series(T, [0.1] * 500))
    (file,) = tmp_path.glob("*.npz")
    store.merge(series(T, [0.2], point=NYC))
    (other,) = set(tmp_path.glob("*.npz")) - {file}
    content = bytearray(file.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 0xFF
    changed = {
        "empty": b"",
        "cut": content[:-30],
        "text": b"hello",
        "flip": content,
        "other": other.read_bytes(),
        "pickle": b"\x80\x04\x95",
    }
    file.write_bytes(changed[damage])
    os.utime(file, ns=(1, 1))
    with pytest.raises(SourceError, match="is damaged") as caught:
        store.read(DAY_AHEAD, PGE, instants(T))
    assert str(file) in str(caught.value) and "remove the file and refresh" in str(caught.value)
    with pytest.raises(SourceError, match="is damaged"):
        store.merge(series(T, [0.3], 2.0))
    assert store.read(DAY_AHEAD, NYC, instants(T)) == [0.2]
    found, damaged = store.list()
    assert [held.point for held in found] == [NYC] and len(damaged) == 1


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    store = SeriesStore(tmp_path)
    store.merge(series(T, [0.1]))
    before = sorted(tmp_path.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kwhen.catalog.http.os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        store.merge(series(T, [0.9], 2.0))
    assert store.read(DAY_AHEAD, PGE, instants(T)) == [0.1]
    assert sorted(tmp_path.iterdir()) == before


def test_merges_at_the_same_time_lose_nothing(tmp_path):
    def merge(number: int) -> None:
        SeriesStore(tmp_path).merge(series(T + number * HOUR_S, [float(number)]))

    threads = [threading.Thread(target=merge, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = SeriesStore(tmp_path).read(DAY_AHEAD, PGE, T + HOUR_S * np.arange(12))
    np.testing.assert_array_equal(found, np.arange(12.0))


@pytest.mark.parametrize(
    "changes",
    [
        {"start_epoch_s": instants(T + 1)},
        {"start_epoch_s": instants(T, T), "values": np.array([1.0, 1.0])},
        {"start_epoch_s": instants(T + HOUR_S, T), "values": np.array([1.0, 1.0])},
        {"values": np.array([np.nan])},
        {"values": np.array([101.0])},
        {"values": np.array([1.0, 2.0])},
    ],
)
def test_a_series_checks_itself(changes):
    with pytest.raises(SourceError):
        Series(**{**vars_of(series(T, [1.0])), **changes})


def vars_of(given: Series) -> dict[str, object]:
    return {field.name: getattr(given, field.name) for field in fields(given)}


def test_points_are_read_as_they_are_written():
    assert read_point(" caiso/DLAP_PGAE-APND ") == PGE
    assert str(NYC) == "NYISO/N.Y.C."
    for text in ("CAISO", "/x", "CAISO/"):
        with pytest.raises(SourceError, match="give GROUP/NAME"):
            read_point(text)


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        SeriesStore(tmp_path / "file" / "x").merge(series(T, [0.1]))
