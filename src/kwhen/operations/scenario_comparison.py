"""A base and an optimised scenario of one home over one window, and what the change is worth."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kwhen.api.homes import Home
from kwhen.api.impacts import Comparison, compare_impacts
from kwhen.catalog.plans import RatePlan
from kwhen.errors import InvalidFields
from kwhen.operations import homes
from kwhen.operations.home_values import home_value, plan_of
from kwhen.operations.impacts import (
    WALL,
    Asked,
    Energy,
    Found,
    InlineHome,
    energy_of,
    impact_of_energy,
    inline_value,
    known_rule,
    window_of,
)
from kwhen.operations.scenarios import Devices, with_devices
from kwhen.operations.work import Work

STEP_MINUTES = 15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioAsked:
    """A scenario: its energy, and what is other than on the home as it is."""

    asked: Asked
    rate_plan_id: str | None = None
    devices: Devices | None = None
    field: str = "base"

    @property
    def has_energy(self) -> bool:
        """Whether it says itself what is used."""
        own = self.asked
        return own.usage_kwh is not None or own.use_default or own.use_stored


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """Both scenarios, and what the second one changes."""

    base: Found
    optimised: Found
    comparison: Comparison
    base_scenario: str  # what devices make of the home in the base, in words
    scenario: str  # and in the optimised one
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Made:
    """What came of a scenario."""

    found: Found
    of_home: Energy  # before devices
    name: str = ""
    notes: tuple[str, ...] = ()


def compare_scenarios(
    work: Work,
    home: str | InlineHome,
    base: ScenarioAsked,
    optimised: ScenarioAsked,
    cost_usd: float | None = None,
) -> Compared:
    """What an optimised scenario saves over the base. `home` is the id of one, or one itself.

    Each scenario says which devices it has. Without energy of its own the optimised one has
    that of the base, before the devices of the base.

    Raises
    ------
    InvalidFields, CoverageError, ChoiceError, UsageError
    """
    return compare_cases(work, home, base, [(optimised, cost_usd)])[0]


def compare_cases(
    work: Work,
    home: str | InlineHome,
    base: ScenarioAsked,
    cases: Iterable[tuple[ScenarioAsked, float | None]],
) -> tuple[Compared, ...]:
    """Several optimised scenarios, each with its upfront cost, against one base.

    Raises
    ------
    InvalidFields, CoverageError, ChoiceError, UsageError
    """
    plan, value, home_id = _home(work, home)
    first = _scenario(work, plan, value, home_id, base, None)
    return tuple(
        _compared(first, _scenario(work, plan, value, home_id, case, first.of_home), cost_usd)
        for case, cost_usd in cases
    )


def _compared(first: _Made, other: _Made, cost_usd: float | None) -> Compared:
    before, after = first.found.impact, other.found.impact
    assert before is not None and after is not None
    return Compared(
        base=first.found,
        optimised=other.found,
        comparison=compare_impacts(before, after, cost_usd=cost_usd),
        base_scenario=first.name,
        scenario=other.name,
        notes=tuple(dict.fromkeys(first.notes + other.notes)),
    )


def _home(work: Work, home: str | InlineHome) -> tuple[RatePlan, Home, str | None]:
    if isinstance(home, InlineHome):
        plan, value = inline_value(work, home)
        return plan, value, None
    record = homes.home_of_body(work, home)
    return plan_of(work, record.facts), home_value(work, record), record.id


def _scenario(
    work: Work,
    plan: RatePlan,
    home: Home,
    home_id: str | None,
    scenario: ScenarioAsked,
    of_base: Energy | None,
) -> _Made:
    if scenario.rate_plan_id is not None:
        plan = homes.find_plan(work, scenario.rate_plan_id, f"{scenario.field}.ratePlanId")
        home = replace(home, plan=plan)
    asked = scenario.asked
    rule = known_rule(plan, asked.export_rule, f"{scenario.field}.exportRule")
    if rule is not None:
        home = replace(home, customer=replace(home.customer, export_rule=rule))
    energy = _energy(work, plan, home, home_id, scenario, of_base)
    if scenario.devices is None:
        found = impact_of_energy(work, plan, home, energy, is_strict=asked.is_strict)
        return _Made(found=found, of_home=energy)
    made = with_devices(
        home,
        energy.usage_kwh.reshape(-1),
        None if energy.export_kwh is None else energy.export_kwh.reshape(-1),
        energy.first,
        energy.end,
        STEP_MINUTES,
        WALL,
        scenario.devices,
        work.live,
    )
    changed = replace(
        energy,
        usage_kwh=made.import_kwh.reshape(-1, 96),
        export_kwh=made.export_kwh.reshape(-1, 96),
        origin=f"{energy.origin}, with devices",
    )
    found = impact_of_energy(work, plan, made.home, changed, is_strict=asked.is_strict)
    return _Made(found=found, of_home=energy, name=made.name, notes=made.notes)


def _energy(
    work: Work,
    plan: RatePlan,
    home: Home,
    home_id: str | None,
    scenario: ScenarioAsked,
    of_base: Energy | None,
) -> Energy:
    if of_base is not None and not scenario.has_energy:
        return of_base
    days = window_of(scenario.asked, plan, home)
    try:
        return energy_of(work, home, scenario.asked, days, home_id)
    except InvalidFields as error:
        at = scenario.field
        moved = [replace(f, field=f"{at}.{f.field}") for f in error.fields if "." not in f.field]
        raise InvalidFields(moved or error.fields) from error
