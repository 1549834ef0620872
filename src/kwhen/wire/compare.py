"""Comparisons as clients ask for them: of scenarios, and of the plans of a ZIP."""

from datetime import time
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from kwhen.wire.homes import SolarInfoSent
from kwhen.wire.impact import Arrays, Flag, ImpactAnswer, InlineHomeSent
from kwhen.wire.kinds import (
    CLOCK,
    WHOLE,
    DayField,
    DayOrMoment,
    SolarKwOrNone,
    Text255,
    ZipcodeField,
)
from kwhen.wire.model import Answered, Sent

ARRAY_PATHS = ("base.usage", "base.export", "optimised.usage", "optimised.export")
DAY_MINUTES, LEAST_WINDOW_MINUTES = 24 * 60, 15


def _clock(value: Any) -> Any:
    if isinstance(value, time):
        return value
    try:
        if isinstance(value, str) and len(value) == len("16:00"):
            return time.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be a local time, such as 16:00")


ClockField = Annotated[
    time,
    BeforeValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": CLOCK, "examples": ["00:00"]}),
]
Hour = Annotated[int, Field(ge=0, le=23), WHOLE]


class BatterySent(Sent):
    """A battery that knows each month's use and prices ahead: a best case."""

    capacity_kwh: float = Field(gt=0, le=10_000, description="What it holds.")
    power_kw: float = Field(gt=0, le=10_000, description="Charging and discharging power.")
    charging_efficiency: float | None = Field(None, gt=0, le=1, description="0.95 without.")
    discharging_efficiency: float | None = Field(None, gt=0, le=1, description="0.95 without.")
    may_export: Flag = Field(True, description="Whether it may send energy to the grid.")
    may_charge_from_grid: Flag = Field(True, description="Whether it may take from the grid.")


class VehicleSent(Sent):
    """A vehicle that charges at home, in the cheapest quarter hours of a window."""

    kwh_per_day: float = Field(gt=0, le=1_000, description="What it takes a day.")
    charger_kw: float | None = Field(None, gt=0, le=1_000, description="7.2 without.")
    opens: ClockField = Field(description="Local time from which on it may charge.")
    closes: ClockField = Field(description="Local time until which; past midnight is fine.")

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        opens, closes = (at.hour * 60 + at.minute for at in (self.opens, self.closes))
        if 0 < (closes - opens) % DAY_MINUTES < LEAST_WINDOW_MINUTES:
            raise ValueError(f"opens to closes must be at least {LEAST_WINDOW_MINUTES} minutes")
        return self


class LoadShiftSent(Sent):
    """A share of the use in some hours that moves to others of the same day."""

    from_hours: list[Hour] = Field(min_length=1, max_length=24, examples=[[16, 17, 18, 19, 20]])
    to_hours: list[Hour] = Field(min_length=1, max_length=24, examples=[[10, 11, 12, 13]])
    share: float = Field(ge=0, le=1, description="How much of it moves.")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := sorted({*self.from_hours} & {*self.to_hours}):
            raise ValueError(f"hours are in fromHours or in toHours, not in both: {both}")
        return self


class ScenarioSent(Arrays):
    """Energy of a scenario, its devices, and what is other than on the home as it is."""

    use_default_usage: Flag = Field(False, description="Take the usual use of the place.")
    use_stored_usage: Flag = Field(False, description="Take the stored home's own history.")
    rate_plan_id: Text255 | None = Field(None, description="Another plan.")
    export_rule: Text255 | None = Field(None, description="Another export compensation.")
    solar: SolarInfoSent | None = Field(None, description="Solar that is added.")
    vehicle: VehicleSent | None = Field(None, description="A vehicle that is added.")
    load_shift: LoadShiftSent | None = Field(None, description="Use that moves.")
    battery: BatterySent | None = Field(None, description="A battery that is added.")


class CompareRequest(Sent):
    """Two scenarios of one home over one window."""

    home_id: Text255 | None = Field(None, description="A stored home.")
    home: InlineHomeSent | None = Field(None, description="Or a home itself.")
    start_date: DayOrMoment = Field(description="First local date.")
    end_date: DayOrMoment = Field(description="The day after the last one.")
    base: ScenarioSent = Field(description="As it is.")
    optimised: ScenarioSent = Field(
        description="As it could be; without usage of its own it has that of the base, before the "
        "devices of the base: what both have is told in both."
    )
    upfront_cost: float | None = Field(
        None, ge=0, le=1e9, description="What the change costs, for the payback; USD."
    )
    debug: Flag = Field(False, description="Answer debugInfo of both.")
    strict_versions: Flag = Field(False, description="Refuse days that no version covers.")

    @model_validator(mode="after")
    def _one_home(self) -> Self:
        if (self.home_id is None) == (self.home is None):
            raise ValueError("give homeId or home, one of the two")
        return self


class DifferenceAnswer(Answered):
    """What the optimised scenario changes; savings are positive."""

    bill_saving: float = Field(description="USD over the window.")
    bill_saving_by_month: list[float] = Field(description="USD by billing month, in order.")
    grid_services_gain: float | None = Field(description="USD; null where none is known.")
    co2e_saving: float | None = Field(alias="CO2eSaving", description="Pounds; null: no place.")
    upfront_cost: float | None
    payback_years: float | None = Field(description="Null: no cost is given, or never.")


class CompareAnswer(Answered):
    """Both results, and the difference."""

    base: ImpactAnswer
    optimised: ImpactAnswer
    difference: DifferenceAnswer
    base_scenario: str = Field(description="What was added to the base, in words, or blank.")
    scenario: str = Field(description="What was added to the optimised scenario, in words.")
    notes: list[str]


class HomePlansRequest(Arrays):
    """One usage, to be billed under every plan of the home's ZIP."""

    start_date: DayOrMoment = Field(description="First local date.")
    end_date: DayOrMoment = Field(description="The day after the last one.")
    use_default_usage: Flag = Field(False, description="Take the usual use of the place.")
    use_stored_usage: Flag = Field(False, description="Take the stored home's own history.")
    prices_on: DayField | None = Field(None, description="Bill every day at this date's prices.")


class PlansHomeSent(Sent):
    """A home whose plans are compared."""

    zipcode: ZipcodeField = Field(description="US ZIP code.")
    rate_plan_id: Text255 | None = Field(None, description="The plan that it is on.")
    solar_capacity_kw: SolarKwOrNone | None = Field(None, description="kW.")
    is_non_net_metered: bool | None = Field(None, description="True: net billing.")
    interconnection_date: DayField | None = Field(None, description="Sets the export vintage.")
    annual_kwh: float | None = Field(
        None, gt=0, le=1_000_000, description="Its energy of a year, for default usage."
    )


class PlansRequest(HomePlansRequest):
    """One usage, to be billed under every plan of a ZIP."""

    home: PlansHomeSent
