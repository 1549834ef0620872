"""Every plan of a ZIP billed for one home: which are ranked, which stand apart, which failed.

A family with baseline territories gives one row. Without the customer's territory and heating
code the row is the middle one of its utility's variants, the same for all families of the
utility, and carries the range over all of them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kwhen.api import bills
from kwhen.catalog.kinds import lacks_supply
from kwhen.catalog.places import Place
from kwhen.catalog.plans import RatePlan
from kwhen.cli.meter import Metered, metered
from kwhen.cli.page import grouped, page
from kwhen.engine.result import Bill
from kwhen.engine.words import Customer
from kwhen.errors import ChoiceError, KwhenError

Variant = tuple[str | None, str | None]  # territory, heating code


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is asked."""

    where: Place
    file: str
    first: date | None
    end: date | None
    on: date | None  # prices of this date, None: of the days of the usage
    customer: Customer
    fill: str
    meter: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Billed:
    """One plan and its bill."""

    plan: RatePlan
    bill: Bill

    @property
    def total_usd(self) -> float:
        """The total of the bill. [USD]"""
        return float(self.bill.total_usd)

    @property
    def variant(self) -> Variant:
        """Territory and heating code."""
        return self.plan.territory, self.plan.heating


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """A family: the plan that stands for it, and the range over its variants."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A plan or family that could not be billed, and why."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """What came of it."""

    home: Metered
    prices_on: date | None  # every day is billed at the prices of this date; None: of its own
    ranked: tuple[Row, ...]  # full bills, rising
    apart: tuple[Row, ...]  # bills without supply, rising
    failures: tuple[Failure, ...]


class _Step(Protocol):
    def __call__(self) -> None: ...


def compared(request: Comparison, offered: Sequence[RatePlan]) -> Result:
    """Bill every plan that fits the customer.

    Raises
    ------
    KwhenError : the usage cannot be read, or no plan at all can be billed
    """
    home = _home(request, offered[0])
    on = request.on or common_date(offered, home)
    families = grouped(offered, lambda plan: plan.family)
    fitting = {
        name: [p for p in own if fits(p, request.customer)] for name, own in families.items()
    }
    failures = [
        _no_variant(request, own) for own in families.values() if not fitting[own[0].family]
    ]
    billed: list[Billed] = []
    with _progress(sum(map(len, fitting.values()))) as step:
        for name, own in fitting.items():
            found = _bill_family(request, own, on, step)
            if isinstance(found, Failure):
                failures.append(Failure(key=name, reason=found.reason))
            else:
                billed += found
    if not billed:
        raise ChoiceError(f"no plan of {request.where.zipcode} can be billed; {failures[0].reason}")
    rows = sorted(_rows(billed, on), key=lambda row: row.total_usd)
    return Result(
        home=home,
        prices_on=on,
        ranked=tuple(row for row in rows if not is_apart(row)),
        apart=tuple(row for row in rows if is_apart(row)),
        failures=tuple(failures),
    )


def common_date(offered: Sequence[RatePlan], home: Metered) -> date | None:
    """A date at which all plans can be compared, where some have no prices for the usage's days.

    None: every plan covers all the days, so each day takes its own prices.
    """
    first, last = home.first, date.fromordinal(home.end.toordinal() - 1)
    if all(_covers(plan, first, last) for plan in offered):
        return None
    return max(last, *(plan.versions[0].effective for plan in offered))


def _covers(plan: RatePlan, first: date, last: date) -> bool:
    """Whether versions cover every day from first to last."""
    day = first
    for version in plan.versions:
        if version.covers(day):
            if version.until is None or version.until > last:
                return True
            day = version.until
    return False


def _is_held(plan: RatePlan, day: date) -> bool:
    return any(version.covers(day) for version in plan.versions)


def fits(plan: RatePlan, customer: Customer) -> bool:
    """Whether the plan is for the customer's territory and heating code, as far as given."""
    return all(
        own is None or asked is None or own == asked
        for own, asked in ((plan.territory, customer.territory), (plan.heating, customer.heating))
    )


def is_apart(row: Row) -> bool:
    """Whether the row is no full bill: its plan leaves the supply out."""
    return lacks_supply(row.plan)


def _home(request: Comparison, plan: RatePlan) -> Metered:
    return metered(
        request.file,
        plan.versions[-1].timezone,
        first=request.first,
        end=request.end,
        fill=request.fill,
        meter=request.meter,
    )


def _no_variant(request: Comparison, own: Sequence[RatePlan]) -> Failure:
    known = " ".join(f"{plan.territory}-{plan.heating}" for plan in own)
    asked = f"{request.customer.territory or 'any'}-{request.customer.heating or 'any'}"
    return Failure(key=own[0].family, reason=f"no variant for {asked}; known: {known}")


def _bill_family(
    request: Comparison, own: Sequence[RatePlan], on: date | None, step: _Step
) -> list[Billed] | Failure:
    found = []
    for plan in own:
        step()
        home = _home(request, plan)
        try:
            bill = bills.bill(
                plan.on(on, nearest=True) if on else plan,
                home.import_kwh,
                home.export_kwh,
                start=home.first,
                step_minutes=home.step_minutes,
                customer=request.customer,
                nearest=True,
            )
        except KwhenError as error:
            return Failure(key=plan.key, reason=str(error))
        found.append(Billed(plan=plan, bill=bill))
    return found


def _rows(billed: Sequence[Billed], on: date | None) -> Iterator[Row]:
    for of_utility in grouped(billed, lambda one: str(one.plan.utility_id)).values():
        order = _variants_by_cost(of_utility)
        for own in grouped(of_utility, lambda one: one.plan.family).values():
            held = [one.variant for one in own]
            middle = [variant for variant in order if variant in held]
            shown = own[held.index(middle[(len(middle) - 1) // 2])]
            totals = [one.total_usd for one in own]
            yield Row(
                plan=shown.plan,
                bill=shown.bill,
                low_usd=min(totals),
                high_usd=max(totals),
                variants_count=len(own),
                is_nearest=on is None and any(g.name == "version" for g in shown.bill.missing),
                is_priced_apart=on is not None and not _is_held(shown.plan, on),
            )


def _variants_by_cost(of_utility: Sequence[Billed]) -> list[Variant]:
    """The variants of a utility's families by their mean cost, cheapest first."""
    totals: dict[Variant, list[float]] = {}
    for one in of_utility:
        totals.setdefault(one.variant, []).append(one.total_usd)
    return sorted(totals, key=lambda variant: sum(totals[variant]) / len(totals[variant]))


@contextmanager
def _progress(count: int) -> Iterator[_Step]:
    """A bar on standard error while plans are billed; none where that is no terminal."""
    console = page(stderr=True)
    with Progress(
        TextColumn("billing"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("billing", total=count)
        yield lambda: progress.advance(task)
