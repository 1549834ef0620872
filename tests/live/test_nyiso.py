"""NYISO: local times without an offset, the repeated hour twice, days and months of files."""

import threading
from datetime import UTC, date, datetime

import pytest

from kwhen.catalog.live import nyiso
from kwhen.errors import SourceError
from tests.live.layouts import NYISO_HEADER, nyiso_csv, zipped
from tests.live.server import LiveServer, Reply

ZONES = ["CAPITL", "HUD VL", "N.Y.C."]


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def csv(day: date) -> bytes:
    return nyiso_csv(day, ZONES, nyiso.ZONE).encode()


def test_hours_begin_at_their_label():
    found = nyiso.read(csv(date(2026, 1, 5)))
    # 00:00 EST is 05:00 UTC; its 10 $/MWh are 0.01 $/kWh.
    assert found["N.Y.C."][at(2026, 1, 5, 5)] == pytest.approx(0.01)
    assert found["HUD VL"][at(2026, 1, 6, 4)] == pytest.approx(0.24)
    assert set(found) == set(ZONES) and {len(hours) for hours in found.values()} == {24}


def test_the_repeated_hour_of_autumn_comes_twice():
    text = csv(date(2025, 11, 2)).decode()
    assert text.count('"11/02/2025 01:00","N.Y.C."') == 2
    found = nyiso.read(text.encode())["N.Y.C."]
    # 01:00 EDT is 05:00 UTC, 01:00 EST is 06:00 UTC.
    assert [found[at(2025, 11, 2, hour)] for hour in (4, 5, 6, 7)] == pytest.approx(
        [0.01, 0.02, 0.03, 0.04]
    )
    assert len(found) == 25


def test_the_missing_hour_of_spring():
    found = nyiso.read(csv(date(2026, 3, 8)))["CAPITL"]
    # 01:00 EST is 06:00 UTC, and an hour later the clock shows 03:00 EDT.
    assert [found[at(2026, 3, 8, hour)] for hour in (5, 6, 7)] == pytest.approx([0.01, 0.02, 0.03])
    assert len(found) == 23


def test_a_month_is_a_zip_of_days():
    files = {f"202601{n:02d}damlbmp_zone.csv": csv(date(2026, 1, n)) for n in (1, 2, 3)}
    assert len(nyiso.read(zipped(files))["CAPITL"]) == 72


def test_times_with_seconds_and_an_older_header():
    header = NYISO_HEADER.replace('Congestion ($/MWHr)"', 'Congestion ($/MWH"')
    text = f'{header}\n"03/01/2016 00:00:00","CAPITL",61757,14.16,0.47,-7.20\n'
    assert nyiso.read(text.encode()) == {"CAPITL": {at(2016, 3, 1, 5): pytest.approx(0.01416)}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('"03/08/2026 02:00","CAPITL",1,10,1,1', "does not exist in America/New_York"),
        ('"01/05/2026 01:30","CAPITL",1,10,1,1', "no hour such as"),
        ('"01/05/2026","CAPITL",1,10,1,1', "no hour such as"),
        ('"2026-01-05 01:00","CAPITL",1,10,1,1', "no day such as"),
        ('"01/05/2026 01:00","CAPITL",1,ten,1,1', "'ten' is no number"),
        ('"01/05/2026 01:00","CAPITL"', "line 2 is cut off"),
        (
            '"01/05/2026 01:00","CAPITL",1,1,1,1\n"01/05/2026 01:00","CAPITL",1,2,1,1',
            "comes twice, and America/New_York has it once",
        ),
        (
            '"11/02/2025 01:00","W",1,1,1,1\n"11/02/2025 01:00","W",1,2,1,1\n'
            '"11/02/2025 01:00","W",1,3,1,1',
            "two values for one step",
        ),
    ],
)
def test_what_is_no_price_is_refused(row, said):
    with pytest.raises(SourceError, match=said):
        nyiso.read(f"{NYISO_HEADER}\n{row}\n".encode())


@pytest.mark.parametrize("content", [b"", b"<html>\n<p>Not here</p>", b"\xff\xfe\x00"])
def test_another_file_is_refused(content):
    with pytest.raises(SourceError, match=r"no column Time Stamp|not a CSV"):
        nyiso.read(content)


def fetch(web, server: LiveServer, first: date, end: date, zones=("N.Y.C.",)):
    pieces = nyiso.fetch(web, zones, first, end, base_url=server.url)
    return [series for piece in pieces for series in piece]


def test_old_days_come_from_months_and_recent_ones_from_days(server, web):
    # The clock of the test stands at 21 September 2026.
    august = {"a.csv": csv(date(2026, 8, 30)), "b.csv": csv(date(2026, 8, 31))}
    september = {f"{n}.csv": csv(date(2026, 9, n)) for n in range(1, 20)}
    server.routes["/damlbmp/20260801damlbmp_zone_csv.zip"] = [Reply(zipped(august))]
    server.routes["/damlbmp/20260901damlbmp_zone_csv.zip"] = [Reply(zipped(september))]
    for n in range(13, 22):
        path = f"/damlbmp/202609{n}damlbmp_zone.csv"
        server.routes[path] = [Reply(csv(date(2026, 9, n)))]
    found = fetch(web(), server, date(2026, 8, 31), date(2026, 9, 23))
    assert server.paths()[:3] == [
        "/damlbmp/20260801damlbmp_zone_csv.zip",
        "/damlbmp/20260901damlbmp_zone_csv.zip",
        "/damlbmp/20260913damlbmp_zone.csv",
    ]
    # Tomorrow is not there yet (404), which is no error; 30 August was not asked for.
    assert server.paths()[-1] == "/damlbmp/20260922damlbmp_zone.csv"
    hours = [int(start) for series in found for start in series.start_epoch_s]
    assert hours == list(range(at(2026, 8, 31, 4), at(2026, 9, 22, 4), 3600))


def test_a_month_that_is_not_there_is_an_error(server, web):
    with pytest.raises(SourceError, match="status 404"):
        fetch(web(), server, date(2026, 1, 1), date(2026, 1, 2))


def test_a_slow_server_is_given_up(server, web, world):
    late = threading.Event()
    server.routes["/damlbmp/20260101damlbmp_zone_csv.zip"] = [Reply(b"", wait=late)]
    with pytest.raises(SourceError, match="ReadTimeout in 2 attempts"):
        fetch(web(timeout_s=0.1, attempts=2), server, date(2026, 1, 1), date(2026, 1, 2))
    late.set()
    assert world.pauses == [1.0]
