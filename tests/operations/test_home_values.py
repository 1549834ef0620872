"""From stored homes to what the maths takes: history on real time, solar in PVWatts' terms."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kwhen.catalog.plans import rate_plan
from kwhen.errors import InvalidFields
from kwhen.operations import homes, usage_history
from kwhen.operations.home_values import civil_kwh, home_value, newest_days, solar_system
from kwhen.operations.work import Work
from kwhen.records import SolarInfo
from kwhen.storage.usage_days import UsageDay
from tests.deployments import Clock, Parties, opened, other, parties

ZONE = "America/Los_Angeles"
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)  # clocks change at 2:00
TWO, ONE = slice(8, 12), slice(4, 8)  # quarters of the hours from 2:00 and 1:00
PLAN = rate_plan("14328/E-TOU-D").id


@pytest.fixture(scope="module")
def orgs(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """One database is enough."""
    with opened("sqlite", tmp_path_factory.mktemp("values")) as deployment:
        yield parties(other(deployment, clock=clock))


@pytest.fixture
def work(orgs: Parties) -> Iterator[Work]:
    with orgs.deployment.writing(orgs.tenant()) as found:
        yield found


def day() -> np.ndarray:
    """A day whose quarter hours are told apart: 1, 2, 3 … 96 kWh."""
    return np.arange(1.0, 97.0)


def test_a_usual_day_is_as_it_was_sent() -> None:
    assert civil_kwh(day(), date(2026, 7, 1), ZONE).tolist() == day().tolist()


def test_in_spring_the_hour_that_does_not_exist_goes() -> None:
    found = civil_kwh(day(), SPRING, ZONE)
    assert found.tolist() == [*range(1, 9), *range(13, 97)]  # 23 h; 2:00 to 3:00 is not there


def test_in_autumn_the_hour_that_comes_twice_is_split() -> None:
    found = civil_kwh(day(), AUTUMN, ZONE)
    halves = [2.5, 3.0, 3.5, 4.0]  # 5, 6, 7, 8 kWh of 1:00 to 2:00, in each of its two turns
    assert found.tolist() == [1, 2, 3, 4, *halves, *halves, *range(9, 97)]  # 25 h
    assert found.sum() == day().sum()


def test_days_around_a_change_follow_each_other() -> None:
    three = np.concatenate([day(), day() + 100, day() + 200])
    found = civil_kwh(three, SPRING - timedelta(days=1), ZONE)
    assert len(found) == 96 + 92 + 96
    assert found[96:104].tolist() == list(range(101, 109)) and found[104] == 113
    assert found[-96:].tolist() == (day() + 200).tolist()


def test_a_zone_without_changes_has_none() -> None:
    two = np.concatenate([day(), day()])
    assert civil_kwh(two, SPRING, "America/Phoenix").tolist() == two.tolist()


def test_the_newest_days_are_of_two_years_and_not_to_come() -> None:
    def dates(*told: date) -> list[date]:
        days = [UsageDay(day=one, import_kwh=b"", export_kwh=None) for one in told]
        return [one.day for one in newest_days(days, date(2026, 11, 2))]

    old, recent, to_come = date(2024, 10, 1), date(2026, 11, 1), date(2062, 7, 1)
    assert dates(old, recent, to_come) == [recent]
    assert dates(date(2024, 11, 2), recent) == [date(2024, 11, 2), recent]
    assert dates(to_come) == [to_come]


def test_a_home_with_history(work: Work) -> None:
    home = homes.create_home(work, {"name": "x", "zipcode": "94107", "rate_plan_id": PLAN})
    assert home_value(work, home).history is None
    usage_history.put_usage(work, home.id, AUTUMN, np.stack([day(), day()]))
    before = AUTUMN - timedelta(days=3)
    usage_history.put_usage(work, home.id, before, day()[None, :], np.ones((1, 96)))
    found = home_value(work, homes.get_home(work, home.id)).history
    assert found is not None and found.export_kwh is not None
    assert found.start == datetime(2026, 10, 29, 7, tzinfo=UTC)  # midnight in California
    read = found.read_steps()
    assert len(read) == 3 * 96 + 100 + 96 and found.import_kwh.sum() == 3 * day().sum()
    assert np.flatnonzero(~read).tolist() == list(range(96, 3 * 96))  # the days between
    assert found.export_kwh[:96].all() and not found.export_kwh[96:].any()


def test_days_without_export_had_none(work: Work) -> None:
    home = homes.create_home(work, {"name": "x", "rate_plan_id": PLAN})
    first = date(2026, 7, 1)
    usage_history.put_usage(work, home.id, first, day()[None, :])
    next_day = first + timedelta(days=1)
    usage_history.put_usage(work, home.id, next_day, day()[None, :], np.ones((1, 96)))
    found = home_value(work, homes.get_home(work, home.id)).history
    assert found is not None and found.export_kwh is not None
    assert found.export_kwh.tolist() == [0.0] * 96 + [1.0] * 96


def test_a_changed_day_changes_the_home(work: Work) -> None:
    home = homes.create_home(work, {"name": "x", "rate_plan_id": PLAN})
    totals_kwh = []
    for factor in (1, 2):
        usage_history.put_usage(work, home.id, date(2026, 7, 1), factor * day()[None, :])
        history = home_value(work, homes.get_home(work, home.id)).history
        assert history is not None
        totals_kwh.append(history.import_kwh.sum())
    assert totals_kwh == [day().sum(), 2 * day().sum()]


def test_a_home_without_a_plan(work: Work) -> None:
    home = homes.create_home(work, {"name": "x"})
    with pytest.raises(InvalidFields, match="no rate plan"):
        home_value(work, home)


def test_a_zip_that_is_not_known_counts_as_none(work: Work) -> None:
    told = {"name": "x", "zipcode": "00001", "rate_plan_id": PLAN}
    assert home_value(work, homes.create_home(work, told)).zipcode is None


def test_solar_in_the_terms_of_the_maths() -> None:
    bare = solar_system(SolarInfo(system_size_kw=5.0, is_non_net_metered=True))
    assert (bare.system_size_kw, bare.is_non_net_metered) == (5.0, True)
    full = solar_system(
        SolarInfo(
            system_size_kw=5.0,
            is_non_net_metered=False,
            losses_percent=20.0,
            inverter_efficiency_percent=97.5,
            tilt_deg=0.0,
        )
    )
    assert (full.losses_frac, full.inverter_efficiency_frac) == (0.2, 0.975)
    assert full.tilt_deg == 0.0 != bare.tilt_deg and full.dc_ac_ratio == bare.dc_ac_ratio
