"""A meter's file becomes a home's history of wall-clock days, clock changes included."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kwhen.errors import InvalidFields, UnknownId
from kwhen.operations import homes
from kwhen.operations.usage_files import StoredFile, put_file
from kwhen.operations.usage_history import get_usage
from tests.deployments import SANDBOX, Clock, Parties, opened, other, parties

ZONE = ZoneInfo("America/Los_Angeles")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


@pytest.fixture(scope="module")
def orgs(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """One database is enough: storing days is tested on both elsewhere."""
    with opened("sqlite", tmp_path_factory.mktemp("usage")) as deployment:
        yield parties(other(deployment, clock=clock))


@pytest.fixture(scope="module")
def home(orgs: Parties) -> str:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        return homes.create_home(work, {"name": "Metered", "zipcode": "94107"}).id


def file_of(day: date, kwh: str = "0.25", exported: str = "0.5") -> bytes:
    """A day's real quarter hours with equal energy."""
    start = datetime.combine(day, datetime.min.time(), ZONE).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE).astimezone(UTC)
    steps = int((end - start) / timedelta(minutes=15))
    rows = [
        f"{(start + timedelta(minutes=15) * number).isoformat()},{kwh},{exported}"
        for number in range(steps)
    ]
    return "\n".join(["start,import_kwh,export_kwh", *rows]).encode()


def put(orgs: Parties, home: str, content: bytes, party: str = "north") -> StoredFile:
    with orgs.deployment.writing(orgs.tenant(party, SANDBOX)) as work:
        return put_file(work, home, content)


def wrong(orgs: Parties, home: str, content: bytes) -> str:
    with pytest.raises(InvalidFields) as told:
        put(orgs, home, content)
    return str(told.value)


@pytest.mark.parametrize(
    ("day", "steps_count", "hour_kwh"),
    [(SPRING, 92, {2: 0.0}), (AUTUMN, 100, {1: 2.0}), (date(2026, 7, 1), 96, {})],
)
def test_days_are_stored_by_the_clock(
    orgs: Parties, home: str, day: date, steps_count: int, hour_kwh: dict[int, float]
) -> None:
    stored = put(orgs, home, file_of(day))
    assert (stored.first, stored.end, stored.days_count) == (day, day + timedelta(days=1), 1)
    assert stored.import_kwh == pytest.approx(steps_count * 0.25)
    assert stored.export_kwh == pytest.approx(steps_count * 0.5)
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        _, usage_kwh, export_kwh = get_usage(work, home, day, day + timedelta(days=1))
    assert export_kwh is not None
    by_hour = usage_kwh.reshape(24, 4).sum(axis=1)
    assert list(by_hour) == [pytest.approx(hour_kwh.get(hour, 1.0)) for hour in range(24)]
    assert export_kwh.sum() == pytest.approx(2 * usage_kwh.sum())


def test_what_is_no_file_of_a_meter_is_told(orgs: Parties, home: str) -> None:
    assert "is empty" in wrong(orgs, home, b"")
    assert "no usage format" in wrong(orgs, home, b"name,colour\na,b\n")
    assert "web page" in wrong(orgs, home, b"<!doctype html><html>")
    assert "no home has that much" in wrong(orgs, home, file_of(SPRING, kwh="1500"))


def test_a_home_without_a_place_has_no_clock(orgs: Parties) -> None:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        nowhere = homes.create_home(work, {"name": "Nowhere"}).id
    assert "set its zipcode" in wrong(orgs, nowhere, file_of(SPRING))


def test_the_home_of_a_stranger_is_not_found(orgs: Parties, home: str) -> None:
    with pytest.raises(UnknownId):
        put(orgs, home, file_of(SPRING), party="south")
