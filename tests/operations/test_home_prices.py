"""A home's price of two days: its parts, its days, its cheapest and dearest times."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kwhen.operations import homes
from kwhen.operations.demo import HOMES
from kwhen.operations.deployment import Deployment
from kwhen.operations.home_prices import HomePrices, home_prices, priced_use
from kwhen.operations.usage_history import put_usage
from kwhen.operations.work import Work
from kwhen.records import HomeRecord, Tenant
from tests.deployments import SANDBOX, Clock, opened, other, parties

SAME_USD_PER_KWH = 1e-9


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with opened("sqlite", tmp_path_factory.mktemp("prices")) as found:
        yield found


@pytest.fixture(scope="module")
def tenant(deployment: Deployment) -> Tenant:
    return parties(deployment).tenant("north", SANDBOX)


def made(deployment: Deployment, tenant: Tenant, number: int) -> HomeRecord:
    told = HOMES[number]
    with deployment.writing(tenant) as work:
        plan = work.stock.find_plan(told["rate_plan_id"]).id
        return homes.create_home(work, {**told, "rate_plan_id": plan})


def at(deployment: Deployment, tenant: Tenant, home: HomeRecord, now: str) -> HomePrices:
    clock = Clock(datetime.fromisoformat(now).astimezone(UTC))
    with other(deployment, clock).reading(tenant) as work:
        return home_prices(work, home)


@pytest.mark.parametrize("number", range(len(HOMES)), ids=lambda n: HOMES[n]["rate_plan_id"])
def test_the_parts_sum_to_the_import_price(
    deployment: Deployment, tenant: Tenant, number: int
) -> None:
    home = made(deployment, tenant, number)
    for now in ("2026-07-14T12:00-04:00", "2026-12-01T12:00-04:00"):
        found = at(deployment, tenant, home, now)
        total = np.sum(list(found.parts.values()), axis=0)
        whole = found.signal.arrays.import_price_usd_per_kwh
        assert total == pytest.approx(whole, abs=SAME_USD_PER_KWH)
        assert {"carbon"} < set(found.parts)


@pytest.mark.parametrize(
    ("now", "counts", "labels"),
    [
        ("2026-03-07T09:00-08:00", (96, 92), ["01:45", "03:00"]),  # spring: no hour from 2 to 3
        ("2026-10-31T09:00-07:00", (96, 100), ["01:45", "01:00"]),  # autumn: it comes twice
        ("2026-03-08T23:59-07:00", (92, 96), ["01:45", "03:00"]),
        ("2026-06-01T00:00-07:00", (96, 96), []),
    ],
)
def test_days_are_as_long_as_the_homes_clock_makes_them(
    deployment: Deployment, tenant: Tenant, now: str, counts: tuple[int, int], labels: list[str]
) -> None:
    found = at(deployment, tenant, made(deployment, tenant, 0), now)
    days = sorted({start.date() for start in found.starts})
    assert tuple(sum(s.date() == day for s in found.starts) for day in days) == counts
    assert len(found.periods) == len(found.starts) == sum(counts)
    assert found.starts[0].hour == found.ends[-1].hour == 0
    elapsed_s = found.ends[-1].timestamp() - found.starts[0].timestamp()
    assert elapsed_s == 15 * 60 * sum(counts)
    told = [f"{start:%H:%M}" for start in found.starts]
    if labels:
        after = [told[i + 1] for i, label in enumerate(told[:-1]) if label == labels[0]]
        assert labels[1] in after
    running = found.starts[found.now_step]
    assert running <= found.now < running + timedelta(minutes=15)


def priced(prices: list[float], now_step: int = 0) -> HomePrices:
    """Prices of quarter hours from a midnight on, at a step of them."""
    start = datetime(2026, 7, 1, tzinfo=UTC)
    step = timedelta(minutes=15)
    signal: Any = SimpleNamespace(
        start=start, end=start + len(prices) * step, step_minutes=15, price=np.array(prices)
    )
    return HomePrices(
        signal=signal,
        zone="UTC",
        now=start + now_step * step,
        starts=tuple(start + number * step for number in range(len(prices))),
        parts={},
        periods=[""] * len(prices),
    )


def test_the_longest_run_near_the_least_price_is_the_cheapest() -> None:
    found = priced([0.3, 0.1, 0.3, 0.11, 0.1, 0.11, 0.3, 0.5])
    cheap, dear = found.cheapest(), found.dearest()
    assert cheap is not None and dear is not None
    assert (cheap.start.minute, cheap.end.hour, cheap.end.minute) == (45, 1, 30)
    assert cheap.mean_usd_per_kwh == pytest.approx(0.32 / 3)
    assert dear.start == found.starts[-1] and dear.end == found.signal.end


def test_what_is_over_is_not_recommended() -> None:
    cheap = priced([0.1, 0.1, 0.1, 0.2, 0.3, 0.15, 0.3], now_step=3).cheapest()
    assert cheap is not None and (cheap.start.hour, cheap.start.minute) == (1, 15)


def test_where_the_price_hardly_changes_no_hour_is_named() -> None:
    found = priced([0.2, 0.203, 0.2, 0.201])
    assert found.cheapest() is None and found.dearest() is None


def test_negative_prices_are_cheapest() -> None:
    cheap = priced([0.2, -0.1, 0.2, 0.0]).cheapest()
    assert cheap is not None and cheap.mean_usd_per_kwh == pytest.approx(-0.1)


def used(work: Work, home: HomeRecord, days: int) -> HomeRecord:
    kwh = np.tile(np.arange(96) / 96, (days, 1))
    put_usage(work, home.id, datetime(2025, 10, 30).date(), kwh, kwh / 2)
    work.session.flush()
    return homes.get_home(work, home.id)


def test_use_is_that_of_the_last_days_held(deployment: Deployment, tenant: Tenant) -> None:
    """Ten days, autumn's clock change of 2 November among them: a week of 673 quarter hours."""
    home = made(deployment, tenant, 0)
    with deployment.writing(tenant) as work:
        home = used(work, home, 10)
        found = priced_use(work, home)
    assert found is not None
    dates = sorted({start.date() for start in found.starts})
    assert (dates[0].isoformat(), dates[-1].isoformat()) == ("2025-11-02", "2025-11-08")
    assert len(found.starts) == 7 * 96 + 4 == len(found.import_kwh)
    assert found.used_kwh == pytest.approx(7 * np.arange(96).sum() / 96)
    assert found.export_kwh is not None and found.export_kwh.sum() == pytest.approx(
        found.used_kwh / 2
    )
    rate = found.signal.import_usd_per_kwh
    assert found.paid_usd_per_kwh == pytest.approx((found.import_kwh @ rate) / found.used_kwh)


def test_fewer_days_than_a_week_are_shown_as_they_are(
    deployment: Deployment, tenant: Tenant
) -> None:
    home = made(deployment, tenant, 0)
    with deployment.writing(tenant) as work:
        found = priced_use(work, used(work, home, 2))
        assert found is not None and len(found.starts) == 2 * 96


def test_nothing_used_has_no_mean_rate(deployment: Deployment, tenant: Tenant) -> None:
    home = made(deployment, tenant, 0)
    with deployment.writing(tenant) as work:
        found = priced_use(work, used(work, home, 2))
    assert found is not None
    none = replace(found, import_kwh=np.zeros_like(found.import_kwh))
    assert none.paid_usd_per_kwh is None


def test_a_home_without_history_has_no_use(deployment: Deployment, tenant: Tenant) -> None:
    home = made(deployment, tenant, 1)
    with deployment.reading(tenant) as work:
        assert priced_use(work, home) is None
