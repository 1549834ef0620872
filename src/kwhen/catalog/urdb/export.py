"""The export rule that `dgrules` names, with the `sell` prices of the energy ladder."""

import numpy as np

from kwhen.catalog.urdb.energy import SOURCE, EnergyTables
from kwhen.catalog.urdb.fields import LONGEST_NOTE, Gaps, Item, text
from kwhen.engine.compensation import (
    EVERYTHING,
    Bank,
    ExportPrice,
    ExportRule,
    Netting,
)
from kwhen.engine.words import ChargeClass, Missing

_BANK = "export credit"
# Buy all sell all: import and export are then the gross load and the gross generation.
_NETTING = {
    "net metering": Netting.PERIODS,
    "net billing instantaneous": Netting.CHANNELS,
    "net billing hourly": Netting.HOURLY,
    "buy all sell all": Netting.CHANNELS,
}


def export_rules(item: Item, tables: EnergyTables, gaps: Gaps) -> tuple[ExportRule, ...]:
    """One rule where `dgrules` names a scheme; prose becomes a gap."""
    said = text(item, "dgrules")
    if not said:
        return ()
    netting = _NETTING.get(said.lower())
    if netting is None:
        gaps.append(Missing(name="export_rule", note=said[:LONGEST_NOTE]))
        return ()
    if netting is Netting.PERIODS:
        return (_net_metering(said),)
    return (_net_billing(said, netting, tables),)


def _net_metering(name: str) -> ExportRule:
    """Net metering: kWh are netted by period and carried from month to month for a year."""
    note = "what surplus kWh are paid at the true-up is not published"
    return ExportRule(
        name=name,
        netting=Netting.PERIODS,
        in_kwh=True,
        missing=(Missing(name="net_surplus_rate", note=note),),
        source=SOURCE,
    )


def _net_billing(name: str, netting: Netting, tables: EnergyTables) -> ExportRule:
    price, missing = _export_price(tables)
    return ExportRule(
        name=name,
        netting=netting,
        prices=() if price is None else (price,),
        banks=(Bank(name=_BANK, pays=EVERYTHING - {ChargeClass.MINIMUM}),),
        missing=missing,
        source=SOURCE,
    )


def _export_price(tables: EnergyTables) -> tuple[ExportPrice | None, tuple[Missing, ...]]:
    """`sell` of each hour's period, and a gap where it is missing or differs by tier."""
    sells = [[tier.sell for tier in ladder] for ladder in tables.ladders]
    if all(ladder[0] is None for ladder in sells):
        return None, (Missing(name="export_price", note="no sell price is published"),)
    notes = []
    for name, ladder in zip(tables.structure.names, sells, strict=True):
        if ladder[0] is None:
            notes.append(f"no sell price in {name}")
        elif len(set(ladder)) > 1:
            notes.append(f"sell differs by tier in {name}; the first tier's is used")
    first_usd_per_kwh = np.array([ladder[0] or 0.0 for ladder in sells])  # (periods,)
    hours = np.array([tables.structure.weekday, tables.structure.weekend])  # (2, 12, 24)
    table_usd_per_kwh = first_usd_per_kwh[hours].transpose(1, 0, 2)[None]  # (1, 12, 2, 24)
    price = ExportPrice(
        name="sell", bank=_BANK, usd_per_kwh=np.ascontiguousarray(table_usd_per_kwh), source=SOURCE
    )
    note = "; ".join(notes)[:LONGEST_NOTE]
    return price, (Missing(name="export_price", note=note),) if notes else ()
