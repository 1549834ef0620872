"""A home on the command line: its plan, place, solar and how much carbon counts for it."""

from datetime import date
from typing import Annotated

import typer

from kwhen.api.homes import Home
from kwhen.catalog.places import Place, usual_id
from kwhen.catalog.plans import RatePlan
from kwhen.cli.page import Document, number
from kwhen.engine.signal import CarbonIntensity
from kwhen.engine.solar import SolarSystem

_SOLAR = SolarSystem(system_size_kw=1.0)  # for its defaults


def _known_intensity(text: str) -> str:
    """LOW, MEDIUM or HIGH, in any case."""
    known = [intensity.value for intensity in CarbonIntensity]
    if text.upper() not in known:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(known)}")
    return text.upper()


Zip = Annotated[str, typer.Option("--zip", metavar="ZIP", help="The home's ZIP code.")]
SolarKw = Annotated[
    float | None, typer.Option("--solar-kw", metavar="KW", help="Size of its solar, DC.")
]
NonNetMetered = Annotated[
    bool,
    typer.Option(
        "--non-net-metered",
        metavar="",
        help="Export earns less than import costs, as under California's NBT.",
    ),
]
Tilt = Annotated[
    float | None, typer.Option(metavar="DEG", help=f"Tilt of the array; else {_SOLAR.tilt_deg:g}.")
]
Azimuth = Annotated[
    float | None,
    typer.Option(
        metavar="DEG", help=f"Where it looks, 90 east; else {_SOLAR.azimuth_deg:g}, south."
    ),
]
Carbon = Annotated[
    str,
    typer.Option(
        "--carbon",
        callback=_known_intensity,
        metavar="HOW",
        help="How much a tonne of CO2e counts: LOW, MEDIUM or HIGH.",
    ),
]
NoMarket = Annotated[
    bool, typer.Option("--no-market", metavar="", help="The home takes no part in the market.")
]
AnnualKwh = Annotated[
    float | None,
    typer.Option(metavar="KWH", help="What the home uses in a year; else its utility's mean."),
]
CarbonModel = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Model of marginal emissions; a wrong name lists them."),
]


def solar_system(
    size_kw: float | None,
    is_non_net_metered: bool = False,
    tilt_deg: float | None = None,
    azimuth_deg: float | None = None,
    interconnection_date: date | None = None,
) -> SolarSystem | None:
    """The array of the options; options of an array without its size are refused."""
    if size_kw is None:
        given = {
            "--non-net-metered": is_non_net_metered,
            "--tilt": tilt_deg is not None,
            "--azimuth": azimuth_deg is not None,
        }
        if lone := [name for name, is_given in given.items() if is_given]:
            raise typer.BadParameter(f"{lone[0]} is of a solar system; give --solar-kw as well")
        return None
    return SolarSystem(
        system_size_kw=size_kw,
        is_non_net_metered=is_non_net_metered,
        tilt_deg=_SOLAR.tilt_deg if tilt_deg is None else tilt_deg,
        azimuth_deg=_SOLAR.azimuth_deg if azimuth_deg is None else azimuth_deg,
        interconnection_date=interconnection_date,
    )


def solar_words(system: SolarSystem | None) -> str:
    """The array in a few words."""
    if system is None:
        return "no solar"
    metering = "not net metered" if system.is_non_net_metered else "net metered"
    size = number(system.system_size_kw, 1).removesuffix(".0")
    return f"{size} kW of solar, {metering}"


def place_words(where: Place) -> str:
    """The ZIP and its city."""
    return f"{where.zipcode} {where.city}, {where.state}"


def home_document(home: Home, plan: RatePlan) -> Document:
    """What a home is, for JSON."""
    solar = home.solar
    return {
        "plan": plan.key,
        "plan_name": plan.name,
        "zipcode": home.zipcode,
        "solar": None
        if solar is None
        else {
            "system_size_kw": solar.system_size_kw,
            "is_non_net_metered": solar.is_non_net_metered,
            "tilt_deg": solar.tilt_deg,
            "azimuth_deg": solar.azimuth_deg,
            "interconnection_date": solar.interconnection_date,
        },
        "carbon_intensity": home.carbon_intensity.name,
        "market_participation": home.market_participation,
        "annual_kwh": home.annual_kwh,
    }


def foreign_words(home: Home, plan: RatePlan) -> list[str]:
    """Says so where the utility of the plan is none of those that serve the ZIP."""
    where = home.place
    if where is None or not where.utilities:
        return []
    if usual_id(plan.utility_id) in {usual_id(listed.eia_id) for listed in where.utilities}:
        return []
    return [f"{plan.utility}, whose plan this is, is not known to serve ZIP {where.zipcode}"]
