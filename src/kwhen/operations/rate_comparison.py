"""Every plan of a ZIP billed for one home: which are ranked, which stand apart, which failed.

A family with baseline territories gives one result. Without the customer's territory and heating
code it is the middle one of its utility's variants, the same for all families of the utility,
and carries the range over all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.api import bills
from kwhen.api.homes import Home
from kwhen.catalog.kinds import lacks_supply
from kwhen.catalog.places import usual_id
from kwhen.catalog.plans import RatePlan
from kwhen.catalog.stock import Stock
from kwhen.engine.grouping import grouped
from kwhen.engine.result import Bill
from kwhen.engine.solar import SolarSystem
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Customer, Missing
from kwhen.errors import KwhenError, UsageError

Floats = NDArray[np.float64]
SLOTS_PER_DAY = 96
VERSION_GAP = "version"  # of days that a version stands in for


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedHome:
    """What a comparison needs of a home; `plan` is the key or id of the one that it is on."""

    zipcode: str
    customer: Customer = field(default_factory=Customer)
    solar: SolarSystem | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Energy:
    """The energy of the local days [first, end)."""

    import_kwh: Floats  # (N,)
    export_kwh: Floats | None  # (N,)
    first: date
    end: date
    step_minutes: int
    calendar: str  # as of `kwhen.bill`


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanResult:
    """A plan, or the variant that stands for its family, with the range over the variants."""

    plan: RatePlan
    bill: Bill
    low_usd: float
    high_usd: float
    variants_count: int
    is_nearest: bool  # some days have no version of their own
    is_priced_apart: bool  # of the date that all are billed at, no version is held

    @property
    def total_usd(self) -> float:
        """The total of the bill. [USD]"""
        return float(self.bill.total_usd)

    @property
    def is_apart(self) -> bool:
        """Whether it is no full bill: the plan leaves the supply out."""
        return lacks_supply(self.plan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Failure:
    """A plan or family that could not be billed, and why; of a family one of its plans."""

    plan: RatePlan
    reason: str

    @property
    def key(self) -> str:
        """The key of its family."""
        return self.plan.family


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanComparison:
    """What came of it: every plan is in one of the three."""

    prices_on: date | None  # every day is billed at the prices of this date; None: of its own
    ranked: tuple[PlanResult, ...]  # full bills, rising
    apart: tuple[PlanResult, ...]  # bills without supply, rising
    failures: tuple[Failure, ...]
    current_plan: RatePlan | None = None  # that the home is on

    @property
    def current(self) -> PlanResult | None:
        """What came of the plan that the home is on, if it could be billed."""
        own = self.current_plan
        fitting = (one for one in self.results if own and one.plan.family == own.family)
        return next(fitting, None)

    @property
    def results(self) -> tuple[PlanResult, ...]:
        """Every plan that was billed."""
        return self.ranked + self.apart

    def to_best_usd(self, one: PlanResult) -> float | None:
        """What a ranked plan costs more than the best one; None for those apart. [USD]"""
        return None if one.is_apart else round(one.total_usd - self.ranked[0].total_usd, 2)

    def to_current_usd(self, one: PlanResult) -> float | None:
        """What a plan costs more than the home's own; None where the two are no like. [USD]"""
        own = self.current
        if own is None or one.is_apart != own.is_apart:
            return None
        return round(one.total_usd - own.total_usd, 2)

    def gaps(self, one: PlanResult) -> tuple[Missing, ...]:
        """What the bill of a plan lacks. That all take the prices of one date is no gap."""
        kept = (gap for gap in one.bill.missing if not self.prices_on or gap.name != VERSION_GAP)
        return tuple(kept)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Billed:
    """One plan and its bill."""

    plan: RatePlan
    bill: Bill

    @property
    def total_usd(self) -> float:
        return float(self.bill.total_usd)

    @property
    def variant(self) -> tuple[str | None, str | None]:
        return self.plan.territory, self.plan.heating


def compare_rate_plans(
    home: ComparedHome,
    usage_kwh: ArrayLike,
    export_kwh: ArrayLike | None,
    first: date,
    end: date,
    *,
    stock: Stock,
    on: date | None = None,
) -> PlanComparison:
    """Every plan of the home's ZIP for one usage, best first, and the plan that it is on.

    Parameters
    ----------
    home : its ZIP, what its price depends on, its solar, its plan; a variant of a family that it
        is on says the territory and heating code of the utility's other families as well
    usage_kwh, export_kwh : (D, 96) energy of each quarter hour of local wall-clock days. [kWh]
    first, end : local dates, half-open
    on : bill every day at the prices of this date; None: of its own time where every plan has
        them, else of one date for all

    Raises
    ------
    UsageError : the arrays do not have one row of 96 values for each day
    NotFound, ChoiceError : the ZIP or the home's plan is not known
    """
    energy = _wall_energy(usage_kwh, export_kwh, first, end)
    offered = stock.find_plans(home.zipcode)
    current = stock.find_plan(home.plan) if home.plan is not None else None
    if current is not None and current.family not in {plan.family for plan in offered}:
        of_utility = stock.find_plans(utility_id=current.utility_id, offered_only=False)
        offered = offered + [plan for plan in of_utility if plan.family == current.family]
    if not offered:
        return PlanComparison(prices_on=on, ranked=(), apart=(), failures=())
    found = compare_plans(
        offered, lambda plan: energy, lambda plan: _customer(home, plan, current), on=on
    )
    return replace(found, current_plan=current)


def compare_plans(
    offered: Sequence[RatePlan],
    energy_of: Callable[[RatePlan], Energy],
    customer_of: Callable[[RatePlan], Customer],
    *,
    on: date | None = None,
    step: Callable[[], None] = lambda: None,
) -> PlanComparison:
    """Bill every plan that fits the customer, one result a family; `step` is called before each.

    Raises
    ------
    KwhenError : as of `energy_of`
    """
    window = energy_of(offered[0])
    prices_on = on or common_date(offered, window.first, window.end)
    billed: list[_Billed] = []
    failures: list[Failure] = []
    for own in grouped(offered, lambda plan: plan.family).values():
        found = _bill_family(own, energy_of, customer_of, prices_on, step)
        if isinstance(found, Failure):
            failures.append(found)
        else:
            billed += found
    results = sorted(_results(billed, prices_on), key=lambda one: one.total_usd)
    return PlanComparison(
        prices_on=prices_on,
        ranked=tuple(one for one in results if not one.is_apart),
        apart=tuple(one for one in results if one.is_apart),
        failures=tuple(failures),
    )


def common_date(offered: Sequence[RatePlan], first: date, end: date) -> date | None:
    """A date at which all plans can be compared, where some have no prices for [first, end).

    None: every plan covers all the days, so each day takes its own prices.
    """
    last = date.fromordinal(end.toordinal() - 1)
    if all(covers(plan, first, last) for plan in offered):
        return None
    return max(last, *(plan.versions[0].effective for plan in offered))


def covers(plan: RatePlan, first: date, last: date) -> bool:
    """Whether versions cover every day from first to last."""
    day = first
    for version in plan.versions:
        if version.covers(day):
            if version.until is None or version.until > last:
                return True
            day = version.until
    return False


def fits(plan: RatePlan, customer: Customer) -> bool:
    """Whether the plan is for the customer's territory and heating code, as far as given."""
    return all(
        own is None or asked is None or own == asked
        for own, asked in ((plan.territory, customer.territory), (plan.heating, customer.heating))
    )


def _wall_energy(
    usage_kwh: ArrayLike, export_kwh: ArrayLike | None, first: date, end: date
) -> Energy:
    shape = ((end - first).days, SLOTS_PER_DAY)
    return Energy(
        import_kwh=_wall_kwh("usage", usage_kwh, shape),
        export_kwh=None if export_kwh is None else _wall_kwh("export", export_kwh, shape),
        first=first,
        end=end,
        step_minutes=15,
        calendar="wall",
    )


def _wall_kwh(name: str, given_kwh: ArrayLike, shape: tuple[int, int]) -> Floats:
    """Values of whole days in one row; what is wrong with them is wrong for every plan. (N,)"""
    found = np.asarray(given_kwh, dtype=np.float64)
    if found.shape != shape or not found.size:
        raise UsageError(
            f"{name} has the shape {found.shape}; the window has {shape[0]} days, each of "
            f"{shape[1]} values"
        )
    if not np.isfinite(found).all() or found.min() < 0:
        raise UsageError(f"{name} holds a value that is below 0 or no finite number of kWh")
    return found.reshape(-1)


def _customer(home: ComparedHome, plan: RatePlan, current: RatePlan | None) -> Customer:
    """The customer on a plan: with the current plan's territory, and the rule of its solar."""
    customer = home.customer
    if current is not None and usual_id(current.utility_id) == usual_id(plan.utility_id):
        customer = replace(
            customer,
            territory=customer.territory or current.territory,
            heating=customer.heating or current.heating,
        )
    return Home(plan=plan, customer=customer, solar=home.solar).billed_customer()


def _bill_family(
    own: Sequence[RatePlan],
    energy_of: Callable[[RatePlan], Energy],
    customer_of: Callable[[RatePlan], Customer],
    on: date | None,
    step: Callable[[], None],
) -> list[_Billed] | Failure:
    fitting = [plan for plan in own if fits(plan, customer_of(plan))]
    if not fitting:
        return _no_variant(own, customer_of(own[0]))
    found = []
    for plan in fitting:
        step()
        energy = energy_of(plan)
        try:
            bill = _bill(plan, energy, customer_of(plan), on)
        except KwhenError as error:
            return Failure(plan=plan, reason=str(error))
        found.append(_Billed(plan=plan, bill=bill))
    return found


def _bill(plan: RatePlan, energy: Energy, customer: Customer, on: date | None) -> Bill:
    rated: RatePlan | Tariff = plan.on(on, nearest=True) if on else plan
    return bills.bill(
        rated,
        energy.import_kwh,
        energy.export_kwh,
        start=energy.first,
        step_minutes=energy.step_minutes,
        calendar=energy.calendar,
        customer=customer,
        nearest=True,
    )


def _no_variant(own: Sequence[RatePlan], customer: Customer) -> Failure:
    known = " ".join(f"{plan.territory}-{plan.heating}" for plan in own)
    asked = f"{customer.territory or 'any'}-{customer.heating or 'any'}"
    return Failure(plan=own[0], reason=f"no variant for {asked}; known: {known}")


def _results(billed: Sequence[_Billed], on: date | None) -> Iterator[PlanResult]:
    for of_utility in grouped(billed, lambda one: one.plan.utility_id).values():
        order = _variants_by_cost(of_utility)
        for own in grouped(of_utility, lambda one: one.plan.family).values():
            held = [one.variant for one in own]
            middle = [variant for variant in order if variant in held]
            shown = own[held.index(middle[(len(middle) - 1) // 2])]
            totals = [one.total_usd for one in own]
            yield PlanResult(
                plan=shown.plan,
                bill=shown.bill,
                low_usd=min(totals),
                high_usd=max(totals),
                variants_count=len(own),
                is_nearest=on is None and any(g.name == VERSION_GAP for g in shown.bill.missing),
                is_priced_apart=on is not None and not _is_held(shown.plan, on),
            )


def _is_held(plan: RatePlan, day: date) -> bool:
    return any(version.covers(day) for version in plan.versions)


def _variants_by_cost(of_utility: Sequence[_Billed]) -> list[tuple[str | None, str | None]]:
    """The variants of a utility's families by their mean cost, cheapest first."""
    by_variant = grouped(of_utility, lambda one: one.variant)
    return sorted(
        by_variant,
        key=lambda variant: (
            sum(one.total_usd for one in by_variant[variant]) / len(by_variant[variant])
        ),
    )
