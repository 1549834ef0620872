"""A tariff as plain values: each charge is one line that a customer finds on the bill.

Amounts are USD, clock times are the utility's local time. Nothing here computes; `compiled`
lays a tariff over a window of time and `bill` does the arithmetic.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from math import inf, isfinite

from kwhen.engine.calendar import HolidayCalendar, Schedule
from kwhen.engine.compensation import ExportRule
from kwhen.engine.words import CeilingPer, ChargeClass, Missing, Per, TierScope
from kwhen.errors import TariffError

HIGHEST_USD_PER_KWH = 10_000.0  # beyond it a rate is a typing error, not a price


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A named part of an energy price: what it pays for, and where its figure was read."""

    name: str
    klass: ChargeClass
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A block of energy at one price. The last tier of a ladder has no ceiling."""

    usd_per_kwh: tuple[float, ...]  # (components,)
    ceiling_kwh: float = inf  # running total; per what: the charge's `ceiling_per`


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time-of-use period and its ladder of tiers."""

    name: str
    ladder: tuple[Tier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCharge:
    """Price of energy by local time and by how much the cycle has used.

    Prints one line per period and tier at the sum of the components' prices.
    """

    name: str
    schedule: Schedule
    periods: tuple[Period, ...]
    components: tuple[Component, ...]
    ceiling_per: CeilingPer = CeilingPer.CYCLE
    scope: TierScope = TierScope.CYCLE

    def __post_init__(self) -> None:
        for part in self.schedule.parts:
            if not all(0 <= index < len(self.periods) for index in part.periods):
                raise TariffError(
                    f"{self.name}: the schedule uses periods {sorted(part.periods)}, "
                    f"but only 0 to {len(self.periods) - 1} have a price"
                )
        if self.scope is TierScope.CYCLE:
            for season in sorted({part.season for part in self.schedule.parts}):
                parts = [part for part in self.schedule.parts if part.season == season]
                _check_pooled(self, sorted(frozenset().union(*(p.periods for p in parts))))
        for period in self.periods:
            _check_ladder(self, period)


def _check_ladder(charge: EnergyCharge, period: Period) -> None:
    ceilings = [tier.ceiling_kwh for tier in period.ladder]
    if ceilings != sorted(set(ceilings)) or ceilings[-1:] != [inf] or ceilings[0] < 0:
        raise TariffError(
            f"{charge.name}: period {period.name!r} has ceilings {ceilings} kWh; "
            "they must rise from above zero, and the last must be inf"
        )
    for tier in period.ladder:
        if len(tier.usd_per_kwh) != len(charge.components):
            raise TariffError(
                f"{charge.name}: period {period.name!r} has {len(tier.usd_per_kwh)} prices in a "
                f"tier for {len(charge.components)} components; it takes one for each"
            )
        for price in tier.usd_per_kwh:
            if not isfinite(price) or abs(price) > HIGHEST_USD_PER_KWH:
                raise TariffError(
                    f"{charge.name}: period {period.name!r} has the price {price} $/kWh; "
                    f"prices are finite and within ±{HIGHEST_USD_PER_KWH:,.0f}"
                )


def _check_pooled(charge: EnergyCharge, indices: list[int]) -> None:
    ladders = {tuple(t.ceiling_kwh for t in charge.periods[i].ladder) for i in indices}
    if len(ladders) > 1:
        raise TariffError(
            f"{charge.name}: tiers pooled over the cycle need equal ceilings in all periods of a "
            f"season, got {sorted(ladders)} kWh; use TierScope.PERIOD if each counts on its own"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCharge:
    """A charge for being connected, whatever is used."""

    name: str
    amount_usd: float
    per: Per
    klass: ChargeClass = ChargeClass.FIXED
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumCharge:
    """A floor under the charges of some classes; the line is what lacks to reach it."""

    name: str
    amount_usd: float
    per: Per
    of: frozenset[ChargeClass] = frozenset(ChargeClass)
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTier:
    """A block of demand at one price. The last tier of a ladder has no ceiling."""

    usd_per_kw: float
    ceiling_kw: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandPeriod:
    """A window in which the highest demand is billed."""

    name: str
    ladder: tuple[DemandTier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratchet:
    """Billed demand is at least a share of the highest of earlier cycles."""

    share_frac: tuple[float, ...]  # (12,) by the month that is billed
    months: frozenset[int] = frozenset(range(1, 13))  # months whose peaks count
    lookback_months: int = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge:
    """Price of the highest average power of a cycle, by period, in tiers."""

    name: str
    schedule: Schedule
    periods: tuple[DemandPeriod, ...]
    window_minutes: int = 15
    ratchet: Ratchet | None = None
    klass: ChargeClass = ChargeClass.DEMAND
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiderCharge:
    """A price per kWh that changes on dates of its own; None: not known from that date on."""

    name: str
    klass: ChargeClass
    steps: tuple[tuple[date, float | None], ...]  # (from, USD/kWh), rising dates
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentageCharge:
    """A tax (positive) or discount (negative) on the charges of some classes."""

    name: str
    share_frac: float
    of: frozenset[ChargeClass]
    except_components: frozenset[str] = frozenset()  # energy components it leaves out
    klass: ChargeClass = ChargeClass.TAX
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCharge:
    """A price on top of the others for energy used during called events (critical peaks)."""

    name: str
    klass: ChargeClass
    usd_per_kwh: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedEnergyCharge:
    """Energy at a market price given with the call: factor x index + adder."""

    name: str
    klass: ChargeClass
    factor_frac: float = 1.0
    adder_usd_per_kwh: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LumpCharge:
    """Amounts of published dates, such as a climate credit: on the cycle that holds the date."""

    name: str
    dates: tuple[tuple[int, int, float], ...]  # (month, day, USD)
    klass: ChargeClass = ChargeClass.CREDIT
    source: str = ""


Charge = (
    EnergyCharge
    | FixedCharge
    | MinimumCharge
    | DemandCharge
    | RiderCharge
    | PercentageCharge
    | EventCharge
    | IndexedEnergyCharge
    | LumpCharge
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A low-income programme: the charges it adds, and those that it takes the place of."""

    name: str
    charges: tuple[Charge, ...]
    replaces: frozenset[str] = frozenset()  # names of charges
    missing: tuple[Missing, ...] = ()
    source: str = ""


class Service(Enum):
    """What the tariff sells. Delivery alone is not a full bill."""

    BUNDLED = "bundled"
    DELIVERY = "delivery"
    SUPPLY = "supply"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Tariff:
    """One version of a rate plan, in force in [effective, until).

    A family stands for one tariff per baseline territory and heating code: its `variants`, of
    which a `Customer` chooses.
    """

    plan: str  # readable key, such as 14328/E-TOU-C/T-B
    name: str
    utility_id: int  # EIA id
    utility: str
    state: str
    effective: date
    until: date | None = None  # None: in force until a later version starts
    timezone: str
    currency: str = "USD"
    charges: tuple[Charge, ...]
    holidays: HolidayCalendar | None = None
    export_rules: tuple[ExportRule, ...] = ()  # first: open to new applicants
    programmes: tuple[Programme, ...] = ()
    service: Service = Service.BUNDLED
    eligibility: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()  # ids in the sources register
    missing: tuple[Missing, ...] = ()
    territory: str | None = None
    heating: str | None = None
    variants: tuple["Tariff", ...] = ()  # a family has these instead of charges

    def covers(self, day: date) -> bool:
        """Whether the version is in force on a local date."""
        return self.effective <= day and (self.until is None or day < self.until)
