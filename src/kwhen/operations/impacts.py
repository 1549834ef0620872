"""What usage costs and emits: of a stored home, of a home in the request, or of a plan alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

import numpy as np
from numpy.typing import NDArray

from kwhen.api.bills import bill
from kwhen.api.homes import Home
from kwhen.api.impacts import Impact, impact
from kwhen.api.profiles import Profile, default_profile
from kwhen.catalog.plans import RatePlan
from kwhen.engine.grid import zone_of
from kwhen.engine.result import Bill
from kwhen.engine.solar import SolarSystem
from kwhen.engine.words import Customer, Missing
from kwhen.errors import ChoiceError, FieldError, InvalidFields, NotFound, UnknownId
from kwhen.haste import take_time
from kwhen.operations import homes
from kwhen.operations.home_values import home_value, plan_of
from kwhen.operations.usage_history import stored_kwh
from kwhen.operations.work import Work
from kwhen.records import HomeRecord

Floats = NDArray[np.float64]

LONGEST_DAYS_COUNT = 1096  # three years
WALL = "wall"
EXPORT_RULE_GAP = "export_rule"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """The energy of a window of local days, and how it is to be billed."""

    start: date | datetime
    end: date | datetime
    usage_kwh: Floats | None = None  # (D, 96)
    export_kwh: Floats | None = None  # (D, 96)
    use_default: bool = False
    use_stored: bool = False
    export_rule: str | None = None
    is_strict: bool = False  # days that no version covers are refused


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineHome:
    """A home that comes with the request and is not stored."""

    rate_plan_id: str
    zipcode: str | None = None
    utility_id: str | None = None
    solar: SolarSystem | None = None
    annual_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Energy:
    """What a home takes and sends out over [first, end), and where that comes from."""

    first: date
    end: date
    usage_kwh: Floats  # (D, 96)
    export_kwh: Floats | None  # (D, 96)
    origin: str = "sent"  # or "default", "stored"
    profile: Profile | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """A bill, with what it rests on; the impact where a home is known."""

    plan: RatePlan
    energy: Energy
    bill: Bill
    impact: Impact | None = None

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Every named gap."""
        gaps = self.bill.missing if self.impact is None else self.impact.missing
        own = self.energy.profile.missing if self.energy.profile else ()
        return tuple(dict.fromkeys(gaps + own))

    @property
    def export_credit_usd(self) -> float | None:
        """What exporting saved; None where nothing was exported or no rule is known. [USD]"""
        is_known = EXPORT_RULE_GAP not in [gap.name for gap in self.bill.missing]
        if self.energy.export_kwh is None or not is_known:
            return None
        return float(self.bill.credit_usd)


def impact_of_home(work: Work, home_id: str, asked: Asked) -> Found:
    """The impact of usage on a stored home.

    Raises
    ------
    UnknownId, InvalidFields, CoverageError, ChoiceError
    """
    return impact_of_record(work, homes.get_home(work, home_id), asked)


def impact_of_record(work: Work, record: HomeRecord, asked: Asked) -> Found:
    """The same of a home that was read already."""
    if record.facts.utility_id is None:
        raise InvalidFields.one("utilityId", "the home has none; set utilityId and ratePlanId")
    home = home_value(work, record)
    if asked.export_rule is not None:
        home = replace(home, customer=replace(home.customer, export_rule=asked.export_rule))
    return _found(work, plan_of(work, record.facts), home, asked, record.id)


def impact_of_inline(work: Work, inline: InlineHome, asked: Asked) -> Found:
    """The impact of usage on a home that comes with the request.

    Raises
    ------
    InvalidFields, CoverageError, ChoiceError
    """
    plan, home = inline_value(work, inline, asked.export_rule)
    return _found(work, plan, home, asked, None)


def inline_value(
    work: Work, inline: InlineHome, export_rule: str | None = None
) -> tuple[RatePlan, Home]:
    """The plan and the value of a home that comes with the request.

    Raises
    ------
    InvalidFields
    """
    wrong: list[FieldError] = []
    try:
        plan = homes.find_plan(work, inline.rate_plan_id, "home.ratePlanId")
    except InvalidFields as error:
        raise InvalidFields((*error.fields, *_place_errors(inline))) from error
    wrong.extend(_place_errors(inline))
    if inline.utility_id is not None and inline.utility_id != str(plan.utility_id):
        wrong.append(
            FieldError("home.utilityId", f"{plan.key} belongs to utility {plan.utility_id}")
        )
    if wrong:
        raise InvalidFields(wrong)
    home = Home(
        plan=plan,
        zipcode=inline.zipcode,
        customer=Customer(export_rule=export_rule),
        solar=inline.solar,
        annual_kwh=inline.annual_kwh,
    )
    return plan, home


def _place_errors(inline: InlineHome) -> list[FieldError]:
    if inline.zipcode is None or homes.place_of(inline.zipcode) is not None:
        return []
    return [FieldError("home.zipcode", f"{inline.zipcode!r} is not a ZIP code that is known")]


def bill_of_plan(work: Work, rate_plan_id: str, asked: Asked) -> Found:
    """The bill of usage under a plan, without a home: whole months only.

    Raises
    ------
    UnknownId : no plan has that id
    InvalidFields, CoverageError, ChoiceError
    """
    plan = _plan_of_path(work, rate_plan_id)
    energy = sent_energy(asked, window_in(asked, plan.versions[-1].timezone))
    wrong = [
        FieldError(name, f"must be the first of a month, got {day}")
        for name, day in (("startDate", energy.first), ("endDate", energy.end))
        if day.day != 1
    ]
    if wrong:
        raise InvalidFields(wrong)
    customer = Customer(export_rule=known_rule(plan, asked.export_rule))
    return Found(plan=plan, energy=energy, bill=_bill(plan, energy, customer, asked))


def _plan_of_path(work: Work, rate_plan_id: str) -> RatePlan:
    try:
        return homes.find_plan(work, rate_plan_id)
    except InvalidFields as error:
        if isinstance(error.__cause__, NotFound) and not isinstance(error.__cause__, ChoiceError):
            raise UnknownId(str(error.__cause__)) from error
        raise


def _bill(plan: RatePlan, energy: Energy, customer: Customer, asked: Asked) -> Bill:
    return bill(
        plan,
        energy.usage_kwh.reshape(-1),
        None if energy.export_kwh is None else energy.export_kwh.reshape(-1),
        start=energy.first,
        calendar=WALL,
        customer=customer,
        nearest=not asked.is_strict,
    )


def _found(work: Work, plan: RatePlan, home: Home, asked: Asked, home_id: str | None) -> Found:
    known_rule(plan, asked.export_rule)
    energy = energy_of(work, home, asked, window_of(asked, plan, home), home_id)
    return impact_of_energy(work, plan, home, energy, is_strict=asked.is_strict)


def window_of(asked: Asked, plan: RatePlan, home: Home) -> tuple[date, date]:
    """The local dates of a body: of the home's place, else of its plan.

    Raises
    ------
    InvalidFields
    """
    return window_in(asked, home.place.timezone if home.place else plan.versions[-1].timezone)


def impact_of_energy(
    work: Work, plan: RatePlan, home: Home, energy: Energy, *, is_strict: bool = False
) -> Found:
    """The impact of a home's energy.

    Raises
    ------
    CoverageError, ChoiceError
    """
    made = impact(
        home,
        energy.usage_kwh.reshape(-1),
        None if energy.export_kwh is None else energy.export_kwh.reshape(-1),
        energy.first,
        calendar=WALL,
        live=work.live,
        nearest=not is_strict,
    )
    return Found(plan=plan, energy=energy, bill=made.bill, impact=made)


def known_rule(plan: RatePlan, rule: str | None, field: str = "exportRule") -> str | None:
    """An export rule that the plan knows.

    Raises
    ------
    InvalidFields
    """
    error = homes.rule_error(plan, rule) if rule is not None else None
    if error is not None:
        raise InvalidFields((replace(error, field=field),))
    return rule


def energy_of(
    work: Work, home: Home, asked: Asked, days: tuple[date, date], home_id: str | None
) -> Energy:
    """The energy that a body sends, or that is to stand in for it.

    Raises
    ------
    InvalidFields
    """
    if asked.use_default:
        return _default_energy(work, home, asked, days)
    if asked.usage_kwh is None and asked.use_stored:
        return stored_energy(work, home_id, days)
    return sent_energy(asked, days)


def stored_energy(work: Work, home_id: str | None, days: tuple[date, date]) -> Energy:
    """The energy of a stored home's own history.

    Raises
    ------
    UnknownId, InvalidFields
    """
    if home_id is None:
        raise InvalidFields.one("useStoredUsage", "only a stored home has a history")
    first, end = days
    usage_kwh, export_kwh = stored_kwh(work, home_id, first, end)
    return Energy(first=first, end=end, usage_kwh=usage_kwh, export_kwh=export_kwh, origin="stored")


def _default_energy(work: Work, home: Home, asked: Asked, days: tuple[date, date]) -> Energy:
    if home.zipcode is None:
        raise InvalidFields.one("home.zipcode", "default usage needs the ZIP of the home")
    take_time()
    first, end = days
    profile = default_profile(
        home,
        first,
        end,
        calendar=WALL,
        load_source=work.deployment.load_source(),
        solar_source=work.deployment.solar_source(),
    )
    note = "useDefaultUsage wins over the usage that was sent"
    exported = profile.export_kwh
    return Energy(
        first=first,
        end=end,
        usage_kwh=profile.import_kwh.reshape(-1, 96),
        export_kwh=None if exported is None else exported.reshape(-1, 96),
        origin="default",
        profile=profile,
        notes=() if asked.usage_kwh is None else (note,),
    )


def sent_energy(asked: Asked, days: tuple[date, date]) -> Energy:
    """The energy that a body sends.

    Raises
    ------
    InvalidFields
    """
    first, end = days
    if asked.usage_kwh is None:
        raise InvalidFields.one("usage", "is required, or set useDefaultUsage to true")
    count = (end - first).days
    given = {"usage": asked.usage_kwh, "export": asked.export_kwh}
    wrong = [
        FieldError(name, f"has {len(rows)} days; from {first} up to {end} are {count}")
        for name, rows in given.items()
        if rows is not None and len(rows) != count
    ]
    if wrong:
        raise InvalidFields(wrong)
    return Energy(first=first, end=end, usage_kwh=asked.usage_kwh, export_kwh=asked.export_kwh)


def window_in(asked: Asked, zone: str) -> tuple[date, date]:
    """The local dates [first, end) of a body.

    Raises
    ------
    InvalidFields
    """
    first, end = local_date(asked.start, zone), local_date(asked.end, zone)
    if end <= first:
        raise InvalidFields.one("endDate", f"is exclusive and must lie after {first}, got {end}")
    if (end - first).days > LONGEST_DAYS_COUNT:
        raise InvalidFields.one("endDate", "must lie within three years of startDate")
    return first, end


def local_date(at: date | datetime, zone: str) -> date:
    """The date of a body: of a time its local date, but of exactly 00:00 UTC that date itself."""
    if not isinstance(at, datetime):
        return at
    in_utc = at.astimezone(UTC)
    if in_utc.time() == time():
        return in_utc.date()  # a date as JavaScript's toISOString writes it
    return at.astimezone(zone_of(zone)).date()


def month_of(month: int, year: int) -> tuple[date, date]:
    """The first day of a month and of the next one."""
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def totals_kwh(found: Found) -> Mapping[str, float]:
    """Import and export of the window. [kWh]"""
    exported = found.energy.export_kwh
    return {
        "import": float(found.energy.usage_kwh.sum()),
        "export": 0.0 if exported is None else float(exported.sum()),
    }
