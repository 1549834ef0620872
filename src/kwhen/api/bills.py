"""Bills and marginal prices of a plan."""

from collections.abc import Sequence
from datetime import date, datetime

from numpy.typing import ArrayLike

from kwhen.catalog.mean_use import mean_kwh_per_year
from kwhen.catalog.plans import RatePlan
from kwhen.engine import bill as billing
from kwhen.engine import marginal
from kwhen.engine.grid import Calendar, instant, zone_of
from kwhen.engine.marginal import Prices
from kwhen.engine.plain import Event
from kwhen.engine.result import Bill
from kwhen.engine.tariff import EnergyCharge, Tariff
from kwhen.engine.words import CeilingPer, Credit, Customer
from kwhen.errors import CoverageError, UsageError

DAYS_PER_YEAR = 365


def bill(
    tariff: Tariff | RatePlan,
    import_kwh: ArrayLike,
    export_kwh: ArrayLike | None = None,
    *,
    start: date | datetime,
    step_minutes: int = 15,
    calendar: str = "civil",
    customer: Customer | None = None,
    events: Sequence[Event] = (),
    index_usd_per_kwh: ArrayLike | None = None,
    opening_credits: Sequence[Credit] = (),
    nearest: bool = False,
) -> Bill:
    """Full itemised bill of a home's energy under a plan, over whole local days.

    Parameters
    ----------
    tariff : one version of a plan, or a rate plan with all its versions
    import_kwh, export_kwh : (N,) for one home or (H, N) for many; energy of each step, finite
        and ≥ 0. [kWh]
    start : the first local date, or its midnight as an aware datetime
    step_minutes : length of a step; it divides the hour
    calendar : "civil" real elapsed steps, "wall" the same number of values every local date
        (autumn's repeated hour holds its sum), "sam" NREL's, which rounds nothing
    customer : territory, heating code, low-income programme, export rule, interconnection date
    events : called events, such as critical peaks
    index_usd_per_kwh : (N,) market price, for tariffs that follow one. [USD/kWh]
    opening_credits : balances brought along, as `Bill.carried_credits` gives them
    nearest : bill days that no version covers with the closest version, told in `missing`

    Returns
    -------
    Bill
        Amounts are floats for (N,) input and (H,) arrays for (H, N). [USD]

    Raises
    ------
    UsageError : an array or the window is not as it should be; it names the element
    CoverageError : no version is in force on a day and `nearest` is False
    ChoiceError : the customer does not fit the plan
    """
    versions = _versions(tariff)
    return billing.bill(
        versions,
        import_kwh,
        export_kwh,
        start=_first_day(start, versions[0].timezone),
        step_minutes=step_minutes,
        calendar=_calendar(calendar),
        customer=customer,
        events=events,
        index_usd_per_kwh=index_usd_per_kwh,
        opening_credits=opening_credits,
        nearest=nearest,
    )


def prices(
    tariff: Tariff | RatePlan,
    start: date | datetime,
    end: date | datetime,
    *,
    step_minutes: int = 15,
    expected_kwh: ArrayLike | None = None,
    expected_export_kwh: ArrayLike | None = None,
    tier_mode: str = "final",
    spread_frac: float | None = None,
    customer: Customer | None = None,
    events: Sequence[Event] = (),
    index_usd_per_kwh: ArrayLike | None = None,
    nearest: bool = False,
) -> Prices:
    """Marginal import and export price of every step of a window. [USD/kWh]

    Parameters
    ----------
    tariff : one version of a plan, or a rate plan with all its versions
    start, end : local dates or aware datetimes; steps count from `start`, half-open
    expected_kwh : what the home is expected to use: one number for every calendar month, or one
        for each month of the window, or (N,) import of each step. None: the plan's baseline
        allowance where it has one, else the average customer of the utility. [kWh]
    expected_export_kwh : (N,) export of each step beside (N,) import, for rules that net. [kWh]
    tier_mode : "final" the tier in which the month is expected to end, "expected" all tiers by
        the chance that it ends in them, "tier:k" the k-th
    spread_frac : for "expected", standard deviation of the month's energy as a share of it

    Raises
    ------
    UsageError, CoverageError, ChoiceError : as for `bill`
    """
    versions = _versions(tariff)
    return marginal.prices(
        versions,
        start,
        end,
        step_minutes=step_minutes,
        expected_kwh=expected_kwh,
        expected_export_kwh=expected_export_kwh,
        expected_kwh_per_day=average_kwh_per_day(versions[0]) if expected_kwh is None else None,
        spread_frac=spread_frac,
        tier_mode=tier_mode,
        customer=customer,
        events=events,
        index_usd_per_kwh=index_usd_per_kwh,
        nearest=nearest,
    )


def average_kwh_per_day(tariff: Tariff) -> float | None:
    """What the utility's average home uses, for ladders that are no baseline allowance. [kWh]"""
    ladders = [charge for charge in tariff.charges if isinstance(charge, EnergyCharge)]
    tiered = [charge for charge in ladders if any(len(p.ladder) > 1 for p in charge.periods)]
    if not tiered or any(charge.ceiling_per is CeilingPer.DAY for charge in tiered):
        return None
    try:
        return mean_kwh_per_year(tariff.utility_id, tariff.state).kwh_per_year / DAYS_PER_YEAR
    except CoverageError:
        return None


def _versions(tariff: Tariff | RatePlan) -> tuple[Tariff, ...]:
    if isinstance(tariff, Tariff):
        return (tariff,)
    if isinstance(tariff, RatePlan):
        return tariff.versions
    raise UsageError(
        f"the tariff is a {type(tariff).__name__}; give a Tariff or a RatePlan, such as "
        "kwhen.rate_plan('14328/E-ELEC')"
    )


def _calendar(name: str) -> Calendar:
    try:
        return Calendar(name)
    except ValueError as error:
        known = ", ".join(repr(calendar.value) for calendar in Calendar)
        raise UsageError(f"calendar is {name!r}; it must be one of {known}") from error


def _first_day(start: date | datetime, zone: str) -> date:
    if not isinstance(start, datetime):
        return start
    local = instant(start, zone).astimezone(zone_of(zone))
    if (local.hour, local.minute, local.second, local.microsecond) != (0, 0, 0, 0):
        raise UsageError(
            f"start is {local.isoformat()} in {zone}; bills take whole local days: give a date, "
            "or its midnight"
        )
    return local.date()
