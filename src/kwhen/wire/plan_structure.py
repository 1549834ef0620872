"""What one version of a plan charges, as JSON: energy by time and tier, the rest, export rules."""

from collections.abc import Sequence
from datetime import date
from math import isinf

from pydantic import Field

from kwhen.engine.compensation import ExportRule, Netting
from kwhen.engine.tariff import (
    DemandCharge,
    EnergyCharge,
    FixedCharge,
    MinimumCharge,
    Period,
    Tariff,
    Tier,
)
from kwhen.engine.words import CEILING_UNITS, CeilingPer, ChargeClass, Per, TierScope
from kwhen.wire.model import Answered
from kwhen.wire.plan_times import (
    HolidayAnswer,
    SeasonAnswer,
    TimesAnswer,
    holidays_of,
    seasons_of,
    times_of,
)

PRICE_DECIMALS = 5


class TierAnswer(Answered):
    """A block of energy at one price."""

    usd_per_kwh: float = Field(description="$/kWh, all parts summed.", examples=[0.39012])
    ceiling_kwh: float | None = Field(
        default=None,
        description="Where the block ends, in the unit `ceilingUnit`; absent: it has no end.",
        examples=[9.2],
    )
    ceiling_unit: str | None = Field(
        default=None,
        description="What the ceiling counts: kWh of a billing cycle, or for each day or kW of it.",
        examples=["kWh a day"],
    )

    @classmethod
    def of(cls, tier: Tier, per: CeilingPer) -> "TierAnswer":
        """A tier of an energy charge."""
        is_last = isinf(tier.ceiling_kwh)
        return cls(
            usd_per_kwh=round(sum(tier.usd_per_kwh), PRICE_DECIMALS) + 0.0,
            ceiling_kwh=None if is_last else tier.ceiling_kwh,
            ceiling_unit=None if is_last else CEILING_UNITS[per],
        )


class PeriodAnswer(Answered):
    """A time-of-use period with its prices, the first tier first."""

    name: str = Field(examples=["summer peak"])
    times: tuple[TimesAnswer, ...]
    tiers: tuple[TierAnswer, ...]


class EnergyChargeAnswer(Answered):
    """A price of energy by time and by how much was used: one line of the bill, or several."""

    name: str = Field(examples=["Energy"])
    tier_scope: TierScope = Field(
        description="Whether ceilings count the whole billing cycle or each period alone."
    )
    periods: tuple[PeriodAnswer, ...]

    @classmethod
    def of(cls, charge: EnergyCharge, *, has_holidays: bool) -> "EnergyChargeAnswer":
        """An energy charge."""
        return cls(
            name=charge.name,
            tier_scope=charge.scope,
            periods=tuple(
                _period(charge, index, period, has_holidays)
                for index, period in enumerate(charge.periods)
            ),
        )


class FixedChargeAnswer(Answered):
    """A charge for being connected, whatever is used."""

    name: str = Field(examples=["Base services charge"])
    amount_usd: float = Field(examples=[0.79343])
    per: Per

    @classmethod
    def of(cls, charge: FixedCharge) -> "FixedChargeAnswer":
        """A fixed charge."""
        amount_usd = round(charge.amount_usd, PRICE_DECIMALS)
        return cls(name=charge.name, amount_usd=amount_usd, per=charge.per)


class MinimumChargeAnswer(Answered):
    """A floor under the charges of some classes."""

    name: str
    amount_usd: float = Field(examples=[0.39167])
    per: Per
    of_classes: tuple[ChargeClass, ...] = Field(
        description="Classes of charges that count against it.", examples=[["delivery"]]
    )

    @classmethod
    def of(cls, charge: MinimumCharge) -> "MinimumChargeAnswer":
        """A minimum charge."""
        return cls(
            name=charge.name,
            amount_usd=round(charge.amount_usd, PRICE_DECIMALS),
            per=charge.per,
            of_classes=tuple(klass for klass in ChargeClass if klass in charge.of),
        )


class DemandTierAnswer(Answered):
    """A block of demand at one price."""

    usd_per_kw: float = Field(examples=[4.5])
    ceiling_kw: float | None = Field(default=None, description="Absent: it has no end.")


class DemandPeriodAnswer(Answered):
    """A window in which the highest demand is billed."""

    name: str
    times: tuple[TimesAnswer, ...]
    tiers: tuple[DemandTierAnswer, ...]


class DemandChargeAnswer(Answered):
    """A price of the highest average power of a billing cycle."""

    name: str
    window_minutes: int = Field(description="Over which power is averaged.", examples=[15])
    has_ratchet: bool = Field(description="Whether the peaks of earlier cycles count as well.")
    periods: tuple[DemandPeriodAnswer, ...]

    @classmethod
    def of(cls, charge: DemandCharge, *, has_holidays: bool) -> "DemandChargeAnswer":
        """A demand charge."""
        periods = []
        for index, period in enumerate(charge.periods):
            tiers = tuple(
                DemandTierAnswer(
                    usd_per_kw=round(tier.usd_per_kw, PRICE_DECIMALS),
                    ceiling_kw=None if isinf(tier.ceiling_kw) else tier.ceiling_kw,
                )
                for tier in period.ladder
            )
            times = times_of(charge.schedule, index, has_holidays=has_holidays)
            periods.append(DemandPeriodAnswer(name=period.name, times=times, tiers=tiers))
        return cls(
            name=charge.name,
            window_minutes=charge.window_minutes,
            has_ratchet=charge.ratchet is not None,
            periods=tuple(periods),
        )


class OtherChargeAnswer(Answered):
    """A charge of another kind, in words: riders by date, taxes, discounts, events, credits."""

    name: str = Field(examples=["California Climate Credit"])
    kind: str = Field(examples=["lump"])
    basis: str = Field(description="What it depends on.", examples=["once on its date"])
    amount: str = Field(examples=["04-01 -$58.23, 10-01 -$58.23"])


class ExportRuleAnswer(Answered):
    """How exported energy is paid for, for homes that applied in [openFrom, openUntil)."""

    name: str = Field(description="Usable as an export rule.", examples=["NBT"])
    vintage: str | None = Field(
        default=None, description="Usable as an export rule as well.", examples=["NBT26"]
    )
    netting: Netting = Field(
        description="`channels`: import and export priced apart; `hourly`: the same after netting "
        "each hour; `periods`: netted by period over the billing cycle at the retail price."
    )
    true_up: bool = Field(description="Whether banks are settled once a year.")
    open_from: date | None = Field(default=None, description="Absent: not known.")
    open_until: date | None = Field(default=None, description="Exclusive; absent: still open.")
    named_only: bool = Field(description="Whether it applies only to a home that names it.")
    source: str | None = Field(default=None, description="Id of a source.")

    @classmethod
    def of(cls, rule: ExportRule) -> "ExportRuleAnswer":
        """An export rule."""
        return cls(
            name=rule.name,
            vintage=rule.vintage or None,
            netting=rule.netting,
            true_up=rule.true_up,
            open_from=rule.open_from,
            open_until=rule.open_until,
            named_only=rule.named_only,
            source=rule.source or None,
        )


class StructureAnswer(Answered):
    """What a plan charges and how it pays for exports."""

    seasons: tuple[SeasonAnswer, ...] = Field(description="Of the energy charges.")
    energy_charges: tuple[EnergyChargeAnswer, ...]
    fixed_charges: tuple[FixedChargeAnswer, ...]
    minimum_charges: tuple[MinimumChargeAnswer, ...]
    demand_charges: tuple[DemandChargeAnswer, ...]
    other_charges: tuple[OtherChargeAnswer, ...]
    export_rules: tuple[ExportRuleAnswer, ...]
    holidays: tuple[HolidayAnswer, ...]

    @classmethod
    def of(
        cls, tariff: Tariff, year: int, other_charges: Sequence[OtherChargeAnswer]
    ) -> "StructureAnswer":
        """One version of a plan; its holidays are those of a year."""
        charges = tariff.charges
        energy = [charge for charge in charges if isinstance(charge, EnergyCharge)]
        has_holidays = tariff.holidays is not None
        return cls(
            seasons=seasons_of(charge.schedule for charge in energy),
            energy_charges=tuple(
                EnergyChargeAnswer.of(c, has_holidays=has_holidays) for c in energy
            ),
            fixed_charges=tuple(
                FixedChargeAnswer.of(c) for c in charges if isinstance(c, FixedCharge)
            ),
            minimum_charges=tuple(
                MinimumChargeAnswer.of(c) for c in charges if isinstance(c, MinimumCharge)
            ),
            demand_charges=tuple(
                DemandChargeAnswer.of(c, has_holidays=has_holidays)
                for c in charges
                if isinstance(c, DemandCharge)
            ),
            other_charges=tuple(other_charges),
            export_rules=tuple(map(ExportRuleAnswer.of, tariff.export_rules)),
            holidays=holidays_of(tariff, year),
        )


def _period(charge: EnergyCharge, index: int, period: Period, has_holidays: bool) -> PeriodAnswer:
    return PeriodAnswer(
        name=period.name,
        times=times_of(charge.schedule, index, has_holidays=has_holidays),
        tiers=tuple(TierAnswer.of(tier, charge.ceiling_per) for tier in period.ladder),
    )
