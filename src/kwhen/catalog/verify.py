"""Proof of the shipped plans: form, dates, arithmetic, sources, and a bill within sane bounds.

Reading a plan is most of the proof: it refuses unknown fields, overlapping versions and
components that do not sum to their published totals. What is found is data, not an error.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.plans import RatePlan, families, plan_keys, rate_plan
from kwhen.catalog.sources import sources
from kwhen.engine.bill import bill
from kwhen.engine.tariff import EnergyCharge, IndexedEnergyCharge, Service, Tariff
from kwhen.errors import KwhenError

Progress = Callable[[int, int], None]  # plans done, plans in all
Billing = Callable[[Tariff], float]  # cost of the standard home's year. [USD]

STANDARD_KWH = 9_000.0  # a year of the standard home, near the mean of US households
STANDARD_YEAR = date(2025, 1, 1)  # not a leap year; versions are applied to it as they are
INDEX_USD_PER_KWH = 0.04  # what a plan by the hourly market is tried with
# Beyond these a year's mean price is a typing error. [USD/kWh]
SANE_USD_PER_KWH = {
    Service.BUNDLED: (0.05, 0.80),
    Service.DELIVERY: (0.01, 0.50),
    Service.SUPPLY: (0.01, 0.50),
}
# Weight of each hour of a day: an evening peak, a morning shoulder.
HOURLY_WEIGHT = np.array([3, 2, 2, 2, 2, 3, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 5, 7, 8, 8, 7, 6, 5, 4])


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong with a plan."""

    plan: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a verification looked at, and what it found."""

    family_count: int
    plan_count: int
    version_count: int
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify_plans(progress: Progress | None = None, billing: Billing | None = None) -> Report:
    """Verify every shipped plan; `billing` stands in for the engine's bill in tests."""
    keys, versions, findings = plan_keys(), 0, []
    for done, key in enumerate(keys, 1):
        try:
            plan = rate_plan(key)
        except KwhenError as error:
            findings.append(Finding(plan=key, message=str(error)))
        else:
            versions += len(plan.versions)
            found = verify_plan(plan, billing or standard_bill_usd)
            findings += [Finding(plan=key, message=message) for message in found]
        if progress is not None:
            progress(done, len(keys))
    return Report(
        family_count=len(families()),
        plan_count=len(keys),
        version_count=versions,
        findings=tuple(findings),
    )


def verify_plan(plan: RatePlan, billing: Billing) -> list[str]:
    """What is wrong with one plan, a sentence each."""
    found = []
    for version in plan.versions:
        label = f"version {version.effective}"
        found += [f"{label}: {message}" for message in _dates(version)]
        unknown = sorted(_source_ids(version) - set(sources()))
        found += [f"{label}: the source {id!r} is not in the register" for id in unknown]
        found += [f"{label}: {message}" for message in _bill(version, billing)]
    return found


def _dates(version: Tariff) -> list[str]:
    if version.until is not None and version.until <= version.effective:
        return [f"it ends on {version.until}, before it starts"]
    return []


def _source_ids(version: Tariff) -> set[str]:
    """Every source that a version, its charges, programmes and export rules name."""
    return set(version.sources) | set(_named_sources(version)) - {""}


def _named_sources(version: Tariff) -> Iterator[str]:
    charges = [*version.charges]
    for programme in version.programmes:
        yield programme.source
        charges += programme.charges
    for charge in charges:
        if isinstance(charge, EnergyCharge):
            yield from (component.source for component in charge.components)
        else:
            yield charge.source
    for rule in version.export_rules:
        yield rule.source
        yield from (price.source for price in rule.prices)


def _bill(version: Tariff, billing: Billing) -> list[str]:
    try:
        total_usd = billing(version)
    except KwhenError as error:
        return [f"the standard home cannot be billed: {error}"]
    lowest, highest = SANE_USD_PER_KWH[version.service]
    mean_usd_per_kwh = total_usd / STANDARD_KWH
    if not lowest <= mean_usd_per_kwh <= highest:
        return [
            f"the standard home pays {mean_usd_per_kwh:.4f} $/kWh over a year; "
            f"{version.service.value} plans lie within {lowest} and {highest}"
        ]
    return []


def standard_home_kwh() -> NDArray[np.float64]:
    """A year of hourly use, the same every day. [kWh], (8760,)"""
    day_kwh = HOURLY_WEIGHT / HOURLY_WEIGHT.sum() * (STANDARD_KWH / 365)
    return np.tile(day_kwh, 365)


def standard_bill_usd(version: Tariff) -> float:
    """Cost of the standard home's year under one version, whenever it is in force. [USD]"""
    import_kwh = standard_home_kwh()
    is_indexed = any(isinstance(charge, IndexedEnergyCharge) for charge in version.charges)
    index = np.full(import_kwh.size, INDEX_USD_PER_KWH) if is_indexed else None
    # 365 days of 24 hours: the year's clock changes cancel out.
    result = bill(
        (version,),
        import_kwh,
        start=STANDARD_YEAR,
        step_minutes=60,
        index_usd_per_kwh=index,
        nearest=True,
    )
    return float(np.asarray(result.total_usd))
