"""Demand charges of a URDB item: by month, by time of use, and what ratchets them."""

from math import inf

from kwhen.catalog.urdb.energy import KW_PER_HP, SOURCE
from kwhen.catalog.urdb.fields import (
    Gaps,
    Item,
    listed,
    month_hours,
    number,
    optional_number,
    period_index,
    text,
)
from kwhen.catalog.urdb.ladders import RawTier, Structure, count_periods, read_structure
from kwhen.engine.calendar import monthly_schedule
from kwhen.engine.tariff import DemandCharge, DemandPeriod, DemandTier, Ratchet
from kwhen.engine.words import Missing
from kwhen.errors import TariffError

_KW_PER = {"": 1.0, "kw": 1.0, "kva": 1.0, "hp": KW_PER_HP}  # kVA at power factor 1
_WINDOWS_MINUTES = (15, 30, 60)
_LOOKBACK_MONTHS = 11  # with the month itself, a year


def demand_charges(item: Item, gaps: Gaps) -> list[DemandCharge]:
    """Every demand charge with a price that is not zero."""
    _unread(item, gaps)
    found = [_flat(item, gaps), _by_time(item, gaps)]
    return [charge for charge in found if charge is not None]


def _unread(item: Item, gaps: Gaps) -> None:
    """Charges that need figures no meter of a home gives."""
    if "coincidentratestructure" in item:
        note = "charged at the hour of the utility's own peak"
        gaps.append(Missing(name="coincident_demand", note=note))
    if optional_number(item, "demandreactivepowercharge"):
        gaps.append(Missing(name="reactive_power", note="charged per kVAR"))


def _flat(item: Item, gaps: Gaps) -> DemandCharge | None:
    key, months_key = "flatdemandstructure", "flatdemandmonths"
    count = count_periods(item, key)
    if not count:
        return None
    if months_key not in item and count > 1:
        raise TariffError(f"{months_key}: missing, and {key} has {count} periods")
    table = [
        [period_index(value, f"{months_key}[{month}]", count)] * 24
        for month, value in enumerate(listed(item.get(months_key, [0] * 12), months_key, 12))
    ]
    structure = read_structure(item, key, table, table)
    return _charge("Monthly demand", item, "flatdemandunit", structure, gaps)


def _by_time(item: Item, gaps: Gaps) -> DemandCharge | None:
    key = "demandratestructure"
    count = count_periods(item, key)
    if not count:
        return None
    weekday = month_hours(item, "demandweekdayschedule", periods=count)
    weekend = month_hours(item, "demandweekendschedule", periods=count)
    structure = read_structure(item, key, weekday, weekend)
    return _charge("Demand by period", item, "demandrateunit", structure, gaps)


def _charge(
    name: str, item: Item, unit_key: str, structure: Structure, gaps: Gaps
) -> DemandCharge | None:
    """A demand charge, none where every price is zero."""
    if not any(tier.rate or tier.adj for ladder in structure.ladders for tier in ladder):
        return None
    kw_per_unit = _kw_per_unit(item, unit_key, gaps)
    return DemandCharge(
        name=name,
        schedule=monthly_schedule(structure.weekday, structure.weekend),
        periods=tuple(
            DemandPeriod(name=label, ladder=tuple(_tier(tier, kw_per_unit) for tier in ladder))
            for label, ladder in zip(structure.names, structure.ladders, strict=True)
        ),
        window_minutes=_window_minutes(item, gaps),
        ratchet=_ratchet(item),
        source=SOURCE,
    )


def _tier(tier: RawTier, kw_per_unit: float) -> DemandTier:
    return DemandTier(
        usd_per_kw=(tier.rate + tier.adj) / kw_per_unit,
        ceiling_kw=inf if tier.ceiling is None else tier.ceiling * kw_per_unit,
    )


def _kw_per_unit(item: Item, key: str, gaps: Gaps) -> float:
    unit = text(item, key).lower()
    if unit.endswith("daily"):
        raise TariffError(
            f"{key}: {unit!r} charges the peak of every day; only the peak of a cycle can be billed"
        )
    if unit not in _KW_PER:
        raise TariffError(f"{key}: {unit[:40]!r} is not known; known: kW, kVA, hp")
    if unit == "kva":
        _once(gaps, Missing(name="power_factor", note="demand in kVA is read at 1"))
    return _KW_PER[unit]


def _window_minutes(item: Item, gaps: Gaps) -> int:
    minutes = optional_number(item, "demandwindow")
    if minutes in _WINDOWS_MINUTES:
        return int(minutes or 0)
    said = "is missing" if not minutes else f"is {minutes:g} minutes"
    _once(gaps, Missing(name="demand_window", note=f"demandwindow {said}; 15 minutes are used"))
    return _WINDOWS_MINUTES[0]


def _once(gaps: Gaps, gap: Missing) -> None:
    if gap.name not in {known.name for known in gaps}:
        gaps.append(gap)


def _ratchet(item: Item) -> Ratchet | None:
    """The ratchet by billed month, else the one that looks back at given months or so many."""
    lookback = optional_number(item, "lookbackrange") or 0
    if not 0 <= lookback <= 120:
        raise TariffError(f"lookbackrange: {lookback:g} months; it takes 0 to 120")
    range_months = int(lookback)
    key = "demandratchetpercentage"
    if key in item and any(shares := _shares(listed(item[key], key, 12), key)):
        return Ratchet(share_frac=tuple(shares), lookback_months=range_months or _LOOKBACK_MONTHS)
    share = _shares([optional_number(item, "lookbackpercent") or 0.0], "lookbackpercent")[0]
    if not share:
        return None
    months = frozenset() if range_months else _lookback_months(item)
    return Ratchet(
        share_frac=(share,) * 12,
        months=months or frozenset(range(1, 13)),
        lookback_months=range_months or _LOOKBACK_MONTHS,
    )


def _lookback_months(item: Item) -> frozenset[int]:
    key = "lookbackmonths"
    flags = listed(item.get(key, [0] * 12), key, 12)
    return frozenset(
        month
        for month, flag in enumerate(flags, start=1)
        if (flag if isinstance(flag, bool) else number(flag, f"{key}[{month - 1}]"))
    )


def _shares(values: list[object], key: str) -> list[float]:
    """Fractions; older rows give percent, and then every month of the row does."""
    shares = [number(value, f"{key}[{index}]") for index, value in enumerate(values)]
    if not all(0 <= share <= 100 for share in shares):
        raise TariffError(f"{key}: takes fractions from 0 to 1, got {shares}")
    return [share / 100 for share in shares] if max(shares) > 1 else shares
