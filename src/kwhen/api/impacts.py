"""What a usage profile does to the bill, to grid revenue and to emissions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.api.bills import bill
from kwhen.api.facts import CarbonFacts, carbon_facts, carbon_gaps
from kwhen.api.homes import Home
from kwhen.api.revenue import GridServices, grid_services
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.plans import rate_plan
from kwhen.engine.hours import NetEnergy
from kwhen.engine.impact import co2e_lb, payback_years
from kwhen.engine.result import Bill
from kwhen.engine.words import Credit, Missing
from kwhen.errors import UsageError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """How a figure was made, and from which sources (ids of the register)."""

    figure: str  # "bill", "export_credit", "co2e" or "grid_services"
    method: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Impact:
    """Bill, grid revenue and emissions of one home's energy over a window."""

    start: date
    end: date
    bill: Bill
    co2e_lb: float | None  # marginal, below zero where export displaces more; None: no place
    co2e_lb_by_month: tuple[float, ...] | None
    carbon: CarbonFacts | None
    grid_services: GridServices | None  # None: no programme is known for the place
    missing: tuple[Missing, ...]

    @property
    def bill_usd(self) -> float:
        """The bill, net of what exporting earned. [USD]"""
        return float(self.bill.total_usd)

    @property
    def export_credit_usd(self) -> float:
        """What exporting saved on the bill. [USD]"""
        return float(self.bill.credit_usd)

    @property
    def basis(self) -> tuple[Basis, ...]:
        """Source and method of each figure that there is."""
        lines = self.bill.sources
        found = [
            Basis(figure="bill", method="every line of the plan, rounded to cents", sources=lines),
            Basis(
                figure="export_credit",
                method="the bill of the same import without export, less the bill",
                sources=lines,
            ),
        ]
        if self.carbon is not None:
            method = f"import less export x marginal rate at the meter ({self.carbon.model})"
            found.append(Basis(figure="co2e", method=method, sources=(self.carbon.source,)))
        if self.grid_services is not None:
            method = "events of each month x less than the usual use in them"
            sources = self.grid_services.sources
            found.append(Basis(figure="grid_services", method=method, sources=sources))
        return tuple(found)

    @property
    def grid_services_usd(self) -> float | None:
        """What programmes for grid services pay; None where none is known. [USD]"""
        return self.grid_services.usd if self.grid_services else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the second of two scenarios changes: savings are positive."""

    bill_saving_usd: float
    bill_saving_usd_by_month: tuple[float, ...]
    grid_services_gain_usd: float | None
    co2e_saving_lb: float | None
    cost_usd: float | None
    payback_years: float | None  # None: no cost is given, or it is never saved


def impact(
    home: Home,
    import_kwh: ArrayLike,
    export_kwh: ArrayLike | None,
    start: date | datetime,
    end: date | datetime | None = None,
    *,
    step_minutes: int = 15,
    calendar: str = "civil",
    carbon_model: str | None = None,
    live: SeriesStore | None = None,
    opening_credits: Sequence[Credit] = (),
    nearest: bool = False,
) -> Impact:
    """Bill, export credit, grid revenue and CO2e of a home's energy. [USD, lb]

    Parameters
    ----------
    home : plan, ZIP, solar, customer
    import_kwh, export_kwh : (N,) energy of each step over whole local days; export None: none.
        [kWh]
    start, end : local dates, half-open; `end` only checks that the arrays fill the window
    live : market prices and emissions that were fetched; None: the shipped tables

    Raises
    ------
    UsageError, CoverageError, ChoiceError, NotFound : as the messages say
    """
    plan = rate_plan(home.plan) if isinstance(home.plan, str) else home.plan
    made = bill(
        plan,
        import_kwh,
        export_kwh,
        start=start,
        step_minutes=step_minutes,
        calendar=calendar,
        customer=home.billed_customer(),
        opening_credits=opening_credits,
        nearest=nearest,
    )
    if np.size(made.total_usd) != 1:
        raise UsageError(f"impact takes one home, got {np.size(made.total_usd)}; call it for each")
    net, grid = made.net_energy, made.grid
    first, last = grid.date_of(0), grid.date_of(grid.days_count - 1) + timedelta(days=1)
    _check_end(first, last, end)
    carbon = carbon_facts(home, grid, carbon_model, live)
    emitted = _emitted_lb(net, carbon) if carbon else None
    services, gaps = grid_services(home, net, live)
    return Impact(
        start=first,
        end=last,
        bill=made,
        co2e_lb=float(emitted.sum()) if emitted is not None else None,
        co2e_lb_by_month=tuple(emitted.tolist()) if emitted is not None else None,
        carbon=carbon,
        grid_services=services,
        missing=tuple(dict.fromkeys(made.missing + carbon_gaps(carbon) + gaps)),
    )


def _check_end(first: date, last: date, end: date | datetime | None) -> None:
    wanted = end.date() if isinstance(end, datetime) else end
    if wanted is not None and wanted != last:
        raise UsageError(
            f"the arrays cover {first} to {last}, the window ends on {wanted}; "
            "give one value for each step of the window"
        )


def _emitted_lb(net: NetEnergy, carbon: CarbonFacts) -> Floats:
    """Marginal emissions of each billing cycle. (C,) [lb]"""
    if carbon.hour_lb_per_mwh is not None:
        return co2e_lb(net.grid, net.hour_kwh, carbon.hour_lb_per_mwh)
    return co2e_lb(net.grid, net.step_kwh, carbon.lb_per_mwh_at_meter)


def compare_impacts(
    base: Impact, optimised: Impact, *, cost_usd: float | None = None
) -> Comparison:
    """What the optimised scenario saves over the base, month by month, and when a cost is repaid.

    Grid revenue counts as a saving in the payback.
    Raises UsageError where the two are of different windows.
    """
    if (base.start, base.end) != (optimised.start, optimised.end):
        raise UsageError(
            f"the scenarios are of {base.start} to {base.end} and {optimised.start} to "
            f"{optimised.end}; compare two of one window"
        )
    months = zip(base.bill.by_month, optimised.bill.by_month, strict=True)
    saving = base.bill_usd - optimised.bill_usd
    gain = _gain(base, optimised)
    days = (base.end - base.start).days
    return Comparison(
        bill_saving_usd=round(saving, 2),
        bill_saving_usd_by_month=tuple(round(a - b, 2) for a, b in months),
        grid_services_gain_usd=gain,
        co2e_saving_lb=None
        if base.co2e_lb is None or optimised.co2e_lb is None
        else base.co2e_lb - optimised.co2e_lb,
        cost_usd=cost_usd,
        payback_years=None
        if cost_usd is None
        else payback_years(cost_usd, saving + (gain or 0.0), days),
    )


def _gain(base: Impact, optimised: Impact) -> float | None:
    if base.grid_services_usd is None and optimised.grid_services_usd is None:
        return None
    return (optimised.grid_services_usd or 0.0) - (base.grid_services_usd or 0.0)
