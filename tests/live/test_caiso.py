"""CAISO OASIS: a zip with five rows an hour, hour-ending labels, both clock days, trouble."""

import os
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from kwhen.catalog.live import caiso
from kwhen.errors import SourceError
from tests.live.layouts import OASIS_HEADER, oasis_csv, oasis_error, zipped
from tests.live.server import LiveServer, Reply

PGE, SCE = "DLAP_PGAE-APND", "DLAP_SCE-APND"
PATH = "/SingleZip"


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def day_zip(day: date, *nodes: str) -> bytes:
    return zipped({"20240310_PRC_LMP_DAM_v1.csv": oasis_csv(day, list(nodes), caiso.ZONE)})


def test_an_hours_label_is_its_end_and_the_step_its_begin():
    found = caiso.read(day_zip(date(2026, 7, 14), PGE, SCE))
    assert set(found) == {PGE, SCE}
    # OPR_HR 1 of 14 July is 00:00 to 01:00 PDT, which begins at 07:00 UTC; 10 $/MWh is 0.01 $/kWh.
    assert found[PGE][at(2026, 7, 14, 7)] == pytest.approx(0.01)
    assert found[PGE][at(2026, 7, 15, 6)] == pytest.approx(0.24)
    assert len(found[PGE]) == 24 and min(found[PGE]) == at(2026, 7, 14, 7)


def test_the_day_that_spring_shortens():
    found = caiso.read(day_zip(date(2026, 3, 8), PGE))[PGE]
    # 00:00 PST is 08:00 UTC. 01:00 PST is 09:00 UTC, then the clock goes to 03:00 PDT: 10:00 UTC.
    assert [found[at(2026, 3, 8, hour)] for hour in (8, 9, 10)] == pytest.approx([0.01, 0.02, 0.03])
    assert len(found) == 23 and max(found) == at(2026, 3, 9, 6)


def test_the_day_that_autumn_lengthens():
    found = caiso.read(day_zip(date(2026, 11, 1), PGE))[PGE]
    # 01:00 PDT is 08:00 UTC, 01:00 PST is 09:00 UTC, both are there; hour 25 begins at 07:00 UTC.
    assert [found[at(2026, 11, 1, hour)] for hour in (7, 8, 9, 10)] == pytest.approx(
        [0.01, 0.02, 0.03, 0.04]
    )
    assert len(found) == 25 and found[at(2026, 11, 2, 7)] == pytest.approx(0.25)


def test_one_file_a_component():
    text = oasis_csv(date(2026, 7, 14), [PGE], caiso.ZONE)
    lines = text.splitlines()[1:]
    files = {
        f"{kind}.csv": "\n".join([OASIS_HEADER, *(row for row in lines if f",{kind}," in row)])
        for kind in ("LMP", "MCC", "MCE", "MCL", "MGHG")
    }
    assert caiso.read(zipped(files)) == caiso.read(day_zip(date(2026, 7, 14), PGE))


def test_no_data_is_empty_and_another_error_is_told():
    assert caiso.read(oasis_error("1000", "No data returned for the specified selection")) == {}
    with pytest.raises(SourceError, match="error 1010: Exception in"):
        caiso.read(oasis_error("1010", "Exception in determining the version"))


def changed(old: str, new: str) -> bytes:
    text = oasis_csv(date(2026, 7, 14), [PGE], caiso.ZONE)
    assert old in text
    return zipped({"a.csv": text.replace(old, new)})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>busy</html>", "not a zip but '<html>busy"),
        (day_zip(date(2026, 7, 14), PGE)[:-40], "damaged or cut off"),
        (zipped({"a.csv": "a,b\n1,2\n"}), "no column INTERVALSTARTTIME_GMT"),
        (zipped({"a.csv": OASIS_HEADER.replace(",MW,", ",NEW,") + "\n"}), None),
        (zipped({"a.xml": "<a"}), "XML file that cannot be read"),
        (zipped({"a.xml": "<a/>"}), "error none"),
        (changed(",2026-07-14,3,", ",2026-07-15,3,"), "hour 3 of 2026-07-15 begins on 2026-07-14"),
        (changed(",2026-07-14,3,", ",2026-07-14,26,"), "hours are 1 to 25"),
        (changed("T09:00:00-00:00,", "T09:00:00,"), "no offset"),
        (changed("T10:00:00-00:00,2026-07-14,3", "T11:00:00-00:00,2026-07-14,3"), "one hour long"),
        (changed(",0,30,1", ",0,,1"), "'' is no number"),
        (changed(",0,30,1", ",0,nan,1"), "'nan' is no number"),
    ],
)
def test_what_is_no_price_is_refused(content, said):
    if said is None:
        assert caiso.read(content) == {}  # a header alone has no row to misread
        return
    with pytest.raises(SourceError, match=said):
        caiso.read(content)


def test_one_hour_with_two_prices_is_refused():
    text = oasis_csv(date(2026, 7, 14), [PGE], caiso.ZONE)
    row = next(line for line in text.splitlines() if ",LMP," in line)
    twice = text + row + "\n"
    assert caiso.read(zipped({"a.csv": twice})) == caiso.read(zipped({"a.csv": text}))
    other = text + row.replace(",0,240,1", ",0,999,1") + "\n"
    with pytest.raises(SourceError, match="two values for one step"):
        caiso.read(zipped({"a.csv": other}))


def fetch(web, server: LiveServer, first: date, end: date, nodes=(PGE, SCE)):
    pieces = caiso.fetch(web, nodes, first, end, base_url=server.url)
    return [series for piece in pieces for series in piece]


def test_a_day_is_asked_for_from_local_midnight_to_midnight(server, web, world):
    server.routes[PATH] = [Reply(day_zip(date(2026, 3, 8), PGE, SCE))]
    found = fetch(web(), server, date(2026, 3, 8), date(2026, 3, 9))
    assert server.asked[0].query == {
        "queryname": "PRC_LMP",
        "market_run_id": "DAM",
        "startdatetime": "20260308T08:00-0000",
        "enddatetime": "20260309T07:00-0000",
        "version": "1",
        "resultformat": "6",
        "node": f"{PGE},{SCE}",
    }
    assert [str(series.point) for series in found] == [f"CAISO/{PGE}", f"CAISO/{SCE}"]
    assert (found[0].source, found[0].market) == ("caiso-oasis-prc-lmp", "DAM")
    assert found[0].fetched_s == world.now_s
    assert not world.pauses


def test_a_year_is_asked_for_in_months_with_pauses(server, web, world):
    server.routes[PATH] = [Reply(oasis_error("1000", "No data"))]
    assert fetch(web(), server, date(2025, 1, 1), date(2026, 1, 1)) == []
    assert len(server.asked) == 13
    assert world.pauses == [caiso.PAUSE_S] * 12
    spans = [(asked.query["startdatetime"], asked.query["enddatetime"]) for asked in server.asked]
    assert all(before[1] == after[0] for before, after in pairwise(spans))


def test_throttling_and_trouble_are_waited_out(server, web, world):
    busy = b"<html><body><p>Acceptable Use Policy Violation.</p></body></html>"
    server.routes[PATH] = [
        Reply(busy, 429, {"Retry-After": "5"}),
        Reply(b"", 503),
        Reply(day_zip(date(2026, 7, 14), PGE)),
    ]
    found = fetch(web(), server, date(2026, 7, 14), date(2026, 7, 15))
    assert len(found) == 1 and world.pauses == [5.0, 2.0]


def test_throttling_in_a_page_of_status_200_is_waited_out(server, web, world):
    busy = b"<html><body><p>CAISO Acceptable Use Policy Violation.</p></body></html>"
    days = (date(2026, 7, 14), date(2026, 7, 15))
    server.routes[PATH] = [Reply(busy), Reply(busy), Reply(day_zip(days[0], PGE))]
    assert len(fetch(web(), server, *days)) == 1
    assert world.pauses == [caiso.PAUSE_S] * 2
    server.routes[PATH] = [Reply(busy)]
    with pytest.raises(SourceError, match="Acceptable Use Policy"):
        fetch(web(), server, *days)
    assert len(world.pauses) == 5


def test_an_answer_that_breaks_off_is_asked_for_again(server, web, world):
    good = day_zip(date(2026, 7, 14), PGE)
    server.routes[PATH] = [Reply(good, cut=100), Reply(good)]
    assert len(fetch(web(), server, date(2026, 7, 14), date(2026, 7, 15))) == 1
    assert world.pauses == [1.0]


def test_an_html_page_with_status_200_is_refused(server, web):
    server.routes[PATH] = [Reply(b"<html>Maintenance</html>")]
    with pytest.raises(SourceError, match="not a zip but '<html>Maintenance"):
        fetch(web(), server, date(2026, 7, 14), date(2026, 7, 15))


def test_the_cache_answers_and_a_damaged_one_does_not(server, web, world, tmp_path):
    server.routes[PATH] = [Reply(day_zip(date(2026, 7, 14), PGE))]
    days = (date(2026, 7, 14), date(2026, 7, 15))
    fetch(web(cache=tmp_path), server, *days)
    world.now_s += 3600
    (series,) = fetch(web(cache=tmp_path), server, *days)
    assert len(server.asked) == 1
    assert series.fetched_s == world.now_s - 3600  # as old as it is, not as its reading
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-50])
    fetch(web(cache=tmp_path), server, *days)
    assert len(server.asked) == 2


def test_what_the_cache_holds_too_long_goes(server, web, world, tmp_path):
    old, other = tmp_path / "answer-old", tmp_path / "something-else"
    for file in (old, other):
        file.write_bytes(b"x")
        os.utime(file, (world.now_s - 41 * 86_400,) * 2)
    server.routes[PATH] = [Reply(day_zip(date(2026, 7, 14), PGE))]
    fetch(web(cache=tmp_path), server, date(2026, 7, 14), date(2026, 7, 15))
    assert not old.exists() and other.exists()


def test_tomorrows_prices_are_not_taken_from_an_old_cache(server, web, world, tmp_path):
    server.routes[PATH] = [Reply(oasis_error("1000", "No data"))]
    days = (date(2026, 9, 22), date(2026, 9, 23))
    fetch(web(cache=tmp_path), server, *days)
    world.now_s += 1000
    fetch(web(cache=tmp_path), server, *days)
    assert len(server.asked) == 2
