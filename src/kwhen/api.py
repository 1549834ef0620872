"""The front door of the library: a plan, a home's energy, a bill and prices."""

from collections.abc import Sequence
from datetime import date, datetime

from numpy.typing import ArrayLike

from kwhen.catalog.plans import RatePlan
from kwhen.engine import bill as billing
from kwhen.engine import marginal
from kwhen.engine.grid import Calendar, instant, zone_of
from kwhen.engine.marginal import Prices
from kwhen.engine.plain import Event
from kwhen.engine.result import Bill
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Credit, Customer
from kwhen.errors import UsageError


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
    customer: Customer | None = None,
    events: Sequence[Event] = (),
    index_usd_per_kwh: ArrayLike | None = None,
    tier_mode: str = "final",
    nearest: bool = False,
) -> Prices:
    """Marginal import and export price of every step of a window. [USD/kWh]

    Parameters
    ----------
    tariff : one version of a plan, or a rate plan with all its versions
    start, end : local dates or aware datetimes; steps count from `start`, half-open
    expected_kwh : what the home is expected to use: one number for every calendar month, or one
        for each month of the window, or (N,) import of each step. None: the plan's baseline
        allowance, else its first tier, told in `missing`. [kWh]
    tier_mode : "final" the tier in which the month is expected to end, or "tier:k"

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
        customer=customer,
        events=events,
        index_usd_per_kwh=index_usd_per_kwh,
        tier_mode=tier_mode,
        nearest=nearest,
    )


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
