"""The price signal: what a kWh really costs when carbon, the market and solar count.

import_price = import + wholesale + carbon
export_price = export + carbon (+ wholesale where the programme pays for export)
price        = import_price                            net-metered homes and those without solar
             = s export_price + (1 - s) import_price   other solar; s: chance of exporting then
carbon       = P m / 2,204,622      P in $/t, m marginal lb CO2e/MWh at the meter
wholesale    = share max(0, L - strike), at most the cap; L at the meter, losses in
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from kwhen.errors import UsageError

Floats = NDArray[np.float64]

LB_PER_TONNE = 2_204.622
KWH_PER_MWH = 1_000.0


class CarbonIntensity(Enum):
    """How much a tonne of CO2e counts in the signal."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Component(Enum):
    """What may enter `price`."""

    TARIFF = "tariff"
    WHOLESALE = "wholesale"
    CARBON = "carbon"
    SOLAR = "solar"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSettings:
    """The coefficients of a signal; every answer can say which were used."""

    usd_per_tonne: tuple[tuple[CarbonIntensity, float], ...] = (
        (CarbonIntensity.LOW, 15.0),
        (CarbonIntensity.MEDIUM, 51.0),
        (CarbonIntensity.HIGH, 190.0),
    )
    wholesale_share_frac: float = 0.7
    wholesale_cap_usd_per_kwh: float = 2.0
    wholesale_pays_export: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.wholesale_share_frac <= 1:
            raise UsageError(
                f"wholesale_share_frac is {self.wholesale_share_frac}; it is a share from 0 to 1"
            )

    def carbon_price_usd_per_tonne(self, intensity: CarbonIntensity) -> float:
        """Price of a tonne of CO2e. [USD/t]"""
        return dict(self.usd_per_tonne)[intensity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How well each component is known, from 0 to 1; a weight of `confidence`."""

    in_force_frac: float = 1.0
    nearest_frac: float = 0.8
    gap_factor_frac: float = 0.95
    day_ahead_frac: float = 0.95
    wholesale_climatology_frac: float = 0.5
    live_carbon_frac: float = 0.9
    embedded_carbon_frac: float = 0.6
    own_solar_history_frac: float = 0.8
    solar_shapes_frac: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ingredients:
    """Everything that enters a signal, one value a step (N,), each with how well it is known."""

    import_usd_per_kwh: Floats
    export_usd_per_kwh: Floats
    tariff_trust_frac: float
    co2e_lb_per_mwh: Floats | None = None  # at the meter
    carbon_usd_per_tonne: float = 0.0
    carbon_trust_frac: float = 0.0
    market_usd_per_kwh: Floats | None = None  # L, at the meter; NaN: not known
    strike_usd_per_kwh: Floats | None = None
    market_trust_frac: float = 0.0
    exporting_frac: Floats | None = None  # s; None: net-metered, or without solar
    solar_trust_frac: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalArrays:
    """A signal's values, one a step. (N,) each"""

    import_usd_per_kwh: Floats  # what the bill will say
    export_usd_per_kwh: Floats
    price_usd_per_kwh: Floats  # with every component chosen
    import_price_usd_per_kwh: Floats
    export_price_usd_per_kwh: Floats  # full value of exporting
    tariff_usd_per_kwh: Floats  # of import; 0 where the tariff is not chosen
    carbon_usd_per_kwh: Floats
    wholesale_usd_per_kwh: Floats
    solar_usd_per_kwh: Floats  # price less import_price
    confidence_frac: Floats


def at_meter(amount: Floats, grid_loss_frac: float) -> Floats:
    """A price or rate at the generator as it is at the meter, losses in."""
    return amount / (1.0 - grid_loss_frac)


def carbon_usd_per_kwh(co2e_lb_per_mwh: Floats, usd_per_tonne: float) -> Floats:
    """Price of the marginal emissions of a kWh at the meter. (N,) [USD/kWh]"""
    return co2e_lb_per_mwh * (usd_per_tonne / (LB_PER_TONNE * KWH_PER_MWH))


def wholesale_usd_per_kwh(
    market_usd_per_kwh: Floats, strike_usd_per_kwh: Floats, settings: SignalSettings
) -> Floats:
    """Share of the market price above the strike, capped; 0 where it is not known. (N,)"""
    excess = np.maximum(market_usd_per_kwh - strike_usd_per_kwh, 0.0)
    paid = np.minimum(settings.wholesale_share_frac * excess, settings.wholesale_cap_usd_per_kwh)
    return np.where(np.isfinite(paid), paid, 0.0)


def signal_arrays(
    given: Ingredients, chosen: frozenset[Component], settings: SignalSettings
) -> SignalArrays:
    """Combine the ingredients; components that are not chosen are 0 in every price.

    `import_usd_per_kwh` and `export_usd_per_kwh` stay the plan's rates, whatever is chosen.
    """
    zero = np.zeros_like(given.import_usd_per_kwh)
    carbon = wholesale = zero
    if Component.CARBON in chosen and given.co2e_lb_per_mwh is not None:
        carbon = carbon_usd_per_kwh(given.co2e_lb_per_mwh, given.carbon_usd_per_tonne)
    if Component.WHOLESALE in chosen and given.market_usd_per_kwh is not None:
        assert given.strike_usd_per_kwh is not None
        wholesale = wholesale_usd_per_kwh(
            given.market_usd_per_kwh, given.strike_usd_per_kwh, settings
        )
    has_tariff = Component.TARIFF in chosen
    tariff = given.import_usd_per_kwh if has_tariff else zero
    import_price = tariff + wholesale + carbon
    export_price = (given.export_usd_per_kwh if has_tariff else zero) + carbon
    if settings.wholesale_pays_export:
        export_price = export_price + wholesale
    solar = zero
    if Component.SOLAR in chosen and given.exporting_frac is not None:
        solar = given.exporting_frac * (export_price - import_price)
    parts = (tariff, wholesale, carbon, solar)
    return SignalArrays(
        import_usd_per_kwh=given.import_usd_per_kwh,
        export_usd_per_kwh=given.export_usd_per_kwh,
        price_usd_per_kwh=import_price + solar,
        import_price_usd_per_kwh=import_price,
        export_price_usd_per_kwh=export_price,
        tariff_usd_per_kwh=tariff,
        carbon_usd_per_kwh=carbon,
        wholesale_usd_per_kwh=wholesale,
        solar_usd_per_kwh=solar,
        confidence_frac=_confidence_frac(given, parts),
    )


def _confidence_frac(given: Ingredients, parts: tuple[Floats, ...]) -> Floats:
    """Mean trust of the components, weighted by their size in dollars; two decimals. (N,)"""
    trusts = (
        given.tariff_trust_frac,
        given.market_trust_frac,
        given.carbon_trust_frac,
        given.solar_trust_frac,
    )
    weight = np.zeros_like(parts[0])
    total = np.zeros_like(parts[0])
    for part, trust in zip(parts, trusts, strict=True):
        size = np.abs(part)
        weight += size
        total += size * trust
    known = weight > 0
    mean = np.where(known, total / np.where(known, weight, 1.0), given.tariff_trust_frac)
    return np.asarray(np.round(mean, 2), dtype=np.float64)
