"""A home's file billed under every plan of a ZIP, with a bar while it lasts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kwhen.catalog.places import Place
from kwhen.catalog.plans import RatePlan
from kwhen.cli.meter import Metered, metered
from kwhen.cli.page import page
from kwhen.engine.words import Customer
from kwhen.errors import ChoiceError
from kwhen.operations.rate_comparison import Energy, PlanComparison, compare_plans, fits


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
class Result:
    """What came of it."""

    home: Metered
    plans: PlanComparison


def compared(request: Comparison, offered: Sequence[RatePlan]) -> Result:
    """Bill every plan that fits the customer.

    Raises
    ------
    KwhenError : the usage cannot be read, or no plan at all can be billed
    """
    home = _home(request, offered[0])
    with _progress(sum(fits(plan, request.customer) for plan in offered)) as step:
        found = compare_plans(
            offered,
            lambda plan: _energy(_home(request, plan)),
            lambda plan: request.customer,
            on=request.on,
            step=step,
        )
    if not found.ranked and not found.apart:
        reason = found.failures[0].reason
        raise ChoiceError(f"no plan of {request.where.zipcode} can be billed; {reason}")
    return Result(home=home, plans=found)


def _home(request: Comparison, plan: RatePlan) -> Metered:
    return metered(
        request.file,
        plan.versions[-1].timezone,
        first=request.first,
        end=request.end,
        fill=request.fill,
        meter=request.meter,
    )


def _energy(home: Metered) -> Energy:
    return Energy(
        import_kwh=home.import_kwh,
        export_kwh=home.export_kwh,
        first=home.first,
        end=home.end,
        step_minutes=home.step_minutes,
        calendar="civil",
    )


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
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
