"""Every plan of a home's ZIP for one usage: of a stored home, or of one in the request."""

from dataclasses import dataclass
from datetime import date

from kwhen.api.profiles import place_profile
from kwhen.catalog.places import Place
from kwhen.engine.grid import Calendar, whole_days
from kwhen.engine.solar import SolarSystem
from kwhen.engine.words import Customer
from kwhen.errors import InvalidFields
from kwhen.operations import homes
from kwhen.operations.home_values import solar_system
from kwhen.operations.impacts import Asked, Energy, sent_energy, stored_energy, window_in
from kwhen.operations.rate_comparison import ComparedHome, PlanComparison, compare_rate_plans
from kwhen.operations.work import Work

STEP_MINUTES, STEPS_PER_DAY = 15, 96


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansHome:
    """A home of which no more is known than what its plans depend on."""

    zipcode: str
    rate_plan_id: str | None = None
    solar: SolarSystem | None = None
    annual_kwh: float | None = None
    export_rule: str | None = None
    home_id: str | None = None
    field: str = "home."  # where its fields are in the body


Result = tuple[PlanComparison, ComparedHome, date, date]


def of_stored(work: Work, home_id: str, asked: Asked, on: date | None = None) -> Result:
    """Every plan of a stored home's ZIP, with the window [first, end).

    Raises
    ------
    UnknownId, InvalidFields
    """
    facts = homes.get_home(work, home_id).facts
    if facts.zipcode is None:
        raise InvalidFields.one("zipcode", "the home has none; set zipcode with update")
    home = PlansHome(
        zipcode=facts.zipcode,
        rate_plan_id=facts.rate_plan_id,
        solar=None if facts.solar is None else solar_system(facts.solar),
        export_rule=facts.export_rule,
        home_id=home_id,
        field="",
    )
    return of_inline(work, home, asked, on)


def of_inline(work: Work, home: PlansHome, asked: Asked, on: date | None = None) -> Result:
    """Every plan of a home's ZIP, with the window [first, end).

    Raises
    ------
    InvalidFields
    """
    where = homes.place_of(home.zipcode)
    if where is None:
        raise InvalidFields.one(
            f"{home.field}zipcode", f"{home.zipcode!r} is not a ZIP code that is known"
        )
    plan = None
    if home.rate_plan_id is not None:
        plan = homes.find_plan(work, home.rate_plan_id, f"{home.field}ratePlanId")
    energy = _energy(work, home, where, asked, window_in(asked, where.timezone))
    compared = ComparedHome(
        zipcode=where.zipcode,
        customer=Customer(export_rule=home.export_rule),
        solar=home.solar,
        plan=plan.key if plan else None,
    )
    found = compare_rate_plans(
        compared,
        energy.usage_kwh,
        energy.export_kwh,
        energy.first,
        energy.end,
        stock=work.stock,
        on=on,
    )
    return found, compared, energy.first, energy.end


def _energy(
    work: Work, home: PlansHome, where: Place, asked: Asked, days: tuple[date, date]
) -> Energy:
    if asked.use_default:
        return _usual(work, home, where, days)
    if asked.usage_kwh is None and asked.use_stored:
        return stored_energy(work, home.home_id, days)
    return sent_energy(asked, days)


def _usual(work: Work, home: PlansHome, where: Place, days: tuple[date, date]) -> Energy:
    first, end = days
    count = (end - first).days * STEPS_PER_DAY
    made = place_profile(
        where,
        None,
        whole_days(first, count, STEP_MINUTES, where.timezone, Calendar.WALL),
        annual_kwh=home.annual_kwh,
        solar=home.solar,
        load_source=work.deployment.load_source(),
        solar_source=work.deployment.solar_source(),
    )
    exported = made.export_kwh
    return Energy(
        first=first,
        end=end,
        usage_kwh=made.import_kwh.reshape(-1, STEPS_PER_DAY),
        export_kwh=None if exported is None else exported.reshape(-1, STEPS_PER_DAY),
        origin="default",
        profile=made,
    )
