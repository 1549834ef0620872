"""`kwhen signal`: what a kWh really costs at a home, quarter hour by quarter hour."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from kwhen.api import signals
from kwhen.api.homes import Home
from kwhen.catalog.live.held import held_prices
from kwhen.catalog.live.settings import read_settings
from kwhen.catalog.places import place
from kwhen.catalog.plans import RatePlan
from kwhen.catalog.stock import stock_of
from kwhen.cli import homes, options
from kwhen.cli.page import emit, page
from kwhen.cli.signal_document import Told, open_adr_event, signal_document, write_csv
from kwhen.cli.signal_page import show_signal
from kwhen.config import environment
from kwhen.engine.signal import CarbonIntensity, Component
from kwhen.errors import CoverageError, UsageError

EXAMPLE = (
    "kwhen signal --zip 94107 --plan 14328/E-ELEC --solar-kw 5 --non-net-metered --from 2026-07-28"
)
_DAY = timedelta(days=1)
_QUARTER_MINUTES = 15


def read_moment(text: str) -> date:
    """A date, or a date with a time; one without an offset is of the plan's clock."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is neither a date nor a time; write it as 2026-04-01 or 2026-04-01T16:00"
        ) from None


From = Annotated[
    date | None,
    typer.Option(
        "--from",
        parser=read_moment,
        metavar="TIME",
        help="First day, or time as 2026-04-01T16:00; else the current quarter hour.",
    ),
]
To = Annotated[
    date | None,
    typer.Option(
        "--to", parser=read_moment, metavar="TIME", help="Its end; else a day after the start."
    ),
]
Parts = Annotated[
    str | None,
    typer.Option(
        "--components",
        metavar="NAMES",
        help=f"What enters the price: {','.join(part.value for part in Component)}; else all.",
    ),
]
OpenAdr = Annotated[bool, typer.Option("--open-adr", metavar="", help="An OpenADR 3 event.")]


def signal(
    zipcode: homes.Zip,
    plan: options.Plan,
    first: From = None,
    end: To = None,
    solar_kw: homes.SolarKw = None,
    non_net_metered: homes.NonNetMetered = False,
    tilt: homes.Tilt = None,
    azimuth: homes.Azimuth = None,
    interconnection_date: options.Interconnected = None,
    carbon: homes.Carbon = CarbonIntensity.MEDIUM.value,
    no_market: homes.NoMarket = False,
    components: Parts = None,
    carbon_model: homes.CarbonModel = None,
    annual_kwh: homes.AnnualKwh = None,
    export_rule: options.Rule = None,
    territory: options.Territory = None,
    heating: options.Heating = None,
    low_income: options.LowIncome = None,
    strict: options.Strict = False,
    open_adr: OpenAdr = False,
    as_csv: options.AsCsv = False,
    json: options.Json = False,
) -> None:
    """What a kWh really costs: tariff, carbon, market and solar, each quarter hour."""
    who = options.customer(territory, heating, low_income, export_rule, interconnection_date)
    rate = stock_of(environment()).find_plan(plan, who)
    home = Home(
        plan=rate,
        zipcode=place(zipcode).zipcode,
        customer=who,
        solar=homes.solar_system(solar_kw, non_net_metered, tilt, azimuth, interconnection_date),
        carbon_intensity=CarbonIntensity(carbon),
        market_participation=not no_market,
        annual_kwh=annual_kwh,
    )
    window = _window(first, end, ZoneInfo(rate.versions[-1].timezone))
    told = _told(home, rate, window, _components(components), carbon_model, strict=strict)
    if open_adr:
        emit(open_adr_event(told, datetime.now(UTC)))
    elif json:
        emit(signal_document(told))
    elif as_csv:
        write_csv(told)
    else:
        show_signal(page(), told)


def _told(
    home: Home,
    plan: RatePlan,
    window: tuple[datetime, datetime],
    components: tuple[str, ...],
    carbon_model: str | None,
    *,
    strict: bool,
) -> Told:
    """The signal of a home, with the market prices that were fetched."""
    try:
        made = signals.price_signal(
            home,
            *window,
            components=components,
            nearest=not strict,
            carbon_model=carbon_model,
            live=held_prices(read_settings(environment()), stock_of(environment())),
        )
    except CoverageError as error:
        raise options.strictly(error) if strict else error from error
    return Told(home=home, plan=plan, signal=made, components=components, carbon_model=carbon_model)


def _components(names: str | None) -> tuple[str, ...]:
    """The names as they are written, or all; a wrong one is refused where they are used."""
    if names is None:
        return tuple(part.value for part in Component)
    return tuple(dict.fromkeys(name.strip().lower() for name in names.split(",") if name.strip()))


def _window(first: date | None, end: date | None, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """[start, end): else the current quarter hour, and a day after the start."""
    start = _local(first, zone) if first is not None else _this_quarter()
    if end is not None:
        stop = _local(end, zone)
    elif first is None or isinstance(first, datetime):
        stop = start + _DAY
    else:
        stop = _local(first + _DAY, zone)  # 23 or 25 hours where the clock changes
    if stop <= start:
        raise UsageError(
            f"--from {start.astimezone(zone):%Y-%m-%d %H:%M} and --to "
            f"{stop.astimezone(zone):%Y-%m-%d %H:%M}: no time lies between them"
        )
    return start, stop


def _local(at: date, zone: ZoneInfo) -> datetime:
    """A moment in UTC, from a local day or a time; without an offset it is local."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _this_quarter() -> datetime:
    now = datetime.now(UTC)
    return now.replace(minute=now.minute - now.minute % _QUARTER_MINUTES, second=0, microsecond=0)
