"""Meter files dropped for a calculation: read, kept, and billed as the API bills their days."""

from datetime import date, timedelta

import numpy as np
import pytest

from kwhen.errors import InvalidFields, UnknownId
from kwhen.operations.home_values import civil_kwh
from kwhen.operations.kept_files import file_kwh, find_usage_file, keep_usage_file
from tests.deployments import PRODUCTION, SANDBOX, Clock, Parties, other
from tests.usage.writers import AUTUMN, PACIFIC, SPRING, home, plain

ZIPCODE = "94107"


@pytest.mark.parametrize("first", [SPRING, AUTUMN, date(2026, 7, 1)])
@pytest.mark.parametrize("export", [False, True])
def test_wall_clock_days_hold_the_energy_of_the_meter(
    orgs: Parties, first: date, export: bool
) -> None:
    facts = home(first, 3, export=export)
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        kept = keep_usage_file(work, plain(facts, offset=True), name="meter.csv", zipcode=ZIPCODE)
        found = find_usage_file(work, kept.id)
    assert found == kept
    assert (found.first_day, found.days_count, found.format) == (first, 3, "plain CSV")
    for wall, real in zip(file_kwh(found), (facts.import_kwh, facts.export_kwh), strict=True):
        assert (wall is None) == (real is None)
        if wall is not None:
            assert wall.shape == (3, 96) and wall.sum() == pytest.approx(real.sum())
            back = civil_kwh(wall.reshape(-1), first, PACIFIC)
            usual = 8 if first != AUTUMN else 4  # of AUTUMN the repeated hour is told as a mean
            np.testing.assert_allclose(back[:usual], real[:usual])


def test_nobody_else_finds_it(orgs: Parties) -> None:
    content = plain(home(date(2026, 7, 1), 1))
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        kept = keep_usage_file(work, content, name="meter.csv", zipcode=ZIPCODE)
    for party, environment in (("north", PRODUCTION), ("south", SANDBOX)):
        with (
            orgs.deployment.reading(orgs.tenant(party, environment)) as work,
            pytest.raises(UnknownId),
        ):
            find_usage_file(work, kept.id)


def test_it_is_kept_for_thirty_days(orgs: Parties) -> None:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        kept = keep_usage_file(
            work, plain(home(date(2026, 7, 1), 1)), name="m.csv", zipcode=ZIPCODE
        )
    for days_count, is_kept in ((29.9, True), (30, False)):
        at = orgs.deployment.clock() + timedelta(days=days_count)
        later = other(orgs.deployment, clock=Clock(at))
        with later.reading(orgs.tenant("north", SANDBOX)) as work:
            if is_kept:
                assert find_usage_file(work, kept.id) == kept
            else:
                with pytest.raises(UnknownId, match="drop it again"):
                    find_usage_file(work, kept.id)


@pytest.mark.parametrize(
    ("content", "zipcode", "field"),
    [
        (b"no usage at all", ZIPCODE, "file"),
        (b"<feed>", ZIPCODE, "file"),
        (b"", ZIPCODE, "file"),
        (b"PK\x03\x04garbage", ZIPCODE, "file"),
        (bytes(range(256)), ZIPCODE, "file"),
        (b"start,import_kwh\n2026-07-01 00:00,1\n", "99999", "zipcode"),
        (b"start,import_kwh\n2026-07-01 00:00,1\n", None, "zipcode"),
    ],
)
def test_what_cannot_be_read_says_so_beside_its_field(
    orgs: Parties, content: bytes, zipcode: str | None, field: str
) -> None:
    with (
        orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work,
        pytest.raises(InvalidFields) as error,
    ):
        keep_usage_file(work, content, name="x", zipcode=zipcode)
    assert [found.field for found in error.value.fields] == [field]


def test_names_that_no_database_keeps(orgs: Parties) -> None:
    content = plain(home(date(2026, 7, 1), 1))
    for sent, kept in (("a\0b\ud800.csv", "ab.csv"), ("\n", "usage"), ("x" * 999, "x" * 200)):
        with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
            assert keep_usage_file(work, content, name=sent, zipcode=ZIPCODE).name == kept
