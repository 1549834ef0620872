"""`kwhen impact`: what a home's usage does to its bill, to grid revenue and to emissions."""

from dataclasses import replace
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from kwhen.api import impacts
from kwhen.api.homes import Home
from kwhen.api.impacts import Impact
from kwhen.catalog.live.held import held_prices
from kwhen.catalog.live.settings import read_settings
from kwhen.catalog.places import place
from kwhen.catalog.plans import RatePlan
from kwhen.catalog.stock import stock_of
from kwhen.cli import homes, options, scenario
from kwhen.cli.impact_document import Story, impact_document
from kwhen.cli.impact_page import show_impact
from kwhen.cli.meter import Metered, metered
from kwhen.cli.page import emit, page
from kwhen.cli.scenario import DeviceOptions
from kwhen.cli.usage_default import (
    care_words,
    profile,
    source_words,
    year_or_days,
)
from kwhen.config import environment
from kwhen.engine.grid import instant
from kwhen.errors import CoverageError
from kwhen.operations.scenarios import CHARGER_KW, Devices, Scenario
from kwhen.usage import Usage

EXAMPLE = (
    "kwhen impact --zip 94107 --plan 14328/E-ELEC --usage demo --battery-kwh 13.5 --battery-kw 5"
)

OptionalUsage = Annotated[
    str | None,
    typer.Option(
        "--usage",
        metavar="FILE",
        help="A usage file as of `kwhen bill`, or `demo`; else --default.",
    ),
]
Default = Annotated[
    bool, typer.Option("--default", metavar="", help="The usage of an average home of the ZIP.")
]


def impact(
    zipcode: homes.Zip,
    plan: options.Plan,
    usage: OptionalUsage = None,
    default: Default = False,
    first: options.First = None,
    end: options.End = None,
    solar_kw: homes.SolarKw = None,
    non_net_metered: homes.NonNetMetered = False,
    tilt: homes.Tilt = None,
    azimuth: homes.Azimuth = None,
    interconnection_date: options.Interconnected = None,
    annual_kwh: homes.AnnualKwh = None,
    export_rule: options.Rule = None,
    territory: options.Territory = None,
    heating: options.Heating = None,
    low_income: options.LowIncome = None,
    carbon_model: homes.CarbonModel = None,
    against: scenario.Against = None,
    battery_kwh: scenario.BatteryKwh = None,
    battery_kw: scenario.BatteryKw = None,
    shift_from: scenario.ShiftFrom = None,
    shift_to: scenario.ShiftTo = None,
    shift_share: scenario.ShiftShare = None,
    ev_kwh_per_day: scenario.EvKwh = None,
    ev_window: scenario.EvWindow = None,
    ev_kw: scenario.EvKw = CHARGER_KW,
    cost: scenario.Cost = None,
    fill: options.Fill = "error",
    strict: options.Strict = False,
    json: options.Json = False,
) -> None:
    """Bill, export credit, grid revenue and CO2e of a home's usage, or of two scenarios."""
    if (usage is None) != default:
        raise typer.BadParameter("give either --usage with a file, or --default")
    who = options.customer(territory, heating, low_income, export_rule, interconnection_date)
    solar = homes.solar_system(solar_kw, non_net_metered, tilt, azimuth, interconnection_date)
    rate = stock_of(environment()).find_plan(plan, who)
    home = Home(
        plan=rate, zipcode=place(zipcode).zipcode, customer=who, solar=solar, annual_kwh=annual_kwh
    )
    given = DeviceOptions(
        battery_kwh=battery_kwh,
        battery_kw=battery_kw,
        shift_from=shift_from,
        shift_to=shift_to,
        shift_share_frac=shift_share,
        ev_kwh_per_day=ev_kwh_per_day,
        ev_window=ev_window,
        ev_kw=ev_kw,
    )
    base = _base(home, usage, first, end, fill)
    if base.usage.format != "default":  # its own days say what is usual for it
        home = replace(home, history=base.usage)
    other = _other(home, base, against, given.devices, fill, cost)
    story = _story(home, rate, base, other, carbon_model, cost, strict=strict)
    if json:
        emit(impact_document(story))
    else:
        show_impact(page(), story)


def _base(
    home: Home, usage: str | None, first: date | None, end: date | None, fill: str
) -> Metered:
    """The usage of the file, or the default one of the ZIP."""
    zone = home.versions[-1].timezone
    if usage is not None:
        return metered(usage, zone, first=first, end=end, fill=fill)
    assert home.place is not None
    window = year_or_days(None, first, end)
    made = profile(
        home.place,
        window,
        annual_kwh=home.annual_kwh,
        solar=home.solar,
        utility_id=home.utility_id,
        zone=zone,
    )
    held = Usage(
        start=instant(window[0], zone).astimezone(ZoneInfo(zone)),
        step_minutes=made.grid.step_minutes,
        import_kwh=made.usage.import_kwh,
        export_kwh=made.usage.export_kwh,
        gaps=(),
        notes=(*source_words(made.usage), *care_words(made.usage)),
        format="service" if made.usage.by_service else "default",
    )
    return Metered(
        file="the default usage of an average home",
        first=window[0],
        end=window[1],
        step_minutes=held.step_minutes,
        import_kwh=held.import_kwh,
        export_kwh=held.export_kwh,
        usage=held,
    )


def _other(
    home: Home,
    base: Metered,
    against: str | None,
    devices: Devices | None,
    fill: str,
    cost_usd: float | None,
) -> Scenario | None:
    """The second scenario, if there is one."""
    if against is not None and devices is not None:
        raise typer.BadParameter("give either --against or devices")
    if against is not None:
        return scenario.other_usage(against, home, base, fill)
    if devices is not None:
        return scenario.with_devices(home, base, devices)
    if cost_usd is not None:
        raise typer.BadParameter("--cost is of a second scenario; give --against or a device")
    return None


def _story(
    home: Home,
    plan: RatePlan,
    base: Metered,
    other: Scenario | None,
    carbon_model: str | None,
    cost_usd: float | None,
    *,
    strict: bool,
) -> Story:
    def made(import_kwh: scenario.Floats, export_kwh: scenario.Floats) -> Impact:
        return impacts.impact(
            home,
            import_kwh,
            export_kwh,
            base.first,
            base.end,
            step_minutes=base.step_minutes,
            carbon_model=carbon_model,
            live=held_prices(read_settings(environment()), stock_of(environment())),
            nearest=not strict,
        )

    try:
        before = made(base.import_kwh, scenario.exported(base))
        after = made(other.import_kwh, other.export_kwh) if other else None
    except CoverageError as error:
        raise options.strictly(error) if strict else error from error
    found = impacts.compare_impacts(before, after, cost_usd=cost_usd) if after else None
    return Story(
        home=home,
        plan=plan,
        base=base,
        before=before,
        other=other,
        after=after,
        comparison=found,
    )
