"""PG&E's export rules: the price tables, the rules of each vintage, the net-surplus rates."""

import gzip
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from kwhen.catalog.export_format import STEPS_PER_USD
from tools.packing import write_npz
from tools.plan_writer import write_document

VINTAGES = ("NBT26", "NBT25", "NBT24", "NBT23", "NBT00")
ENERGY = ["supply", "delivery", "non_bypassable", "other"]
PAYS_ALL_BUT_NON_BYPASSABLE = [
    "supply", "delivery", "other", "fixed", "demand", "minimum", "tax", "credit",
]  # fmt: skip
NBT_OPENED = date(2023, 4, 15)  # applications before it are under NEM 2
NEM2_OPENED = date(2016, 12, 15)
NBT_COMMENT = """PG&E's Solar Billing Plan (Schedule NBT): imports and exports priced apart.

Export prices are by calendar year, month, weekday or weekend and holiday, and hour of local
clock time, in pge-nbt??.npz: generation pays generation charges, delivery pays delivery
charges. ACC Plus is fixed by the year of the application and may pay anything but the
non-bypassable charges, as a real statement shows. Dollars carry on past the twelfth month, when
net surplus kWh are paid for at the net-surplus rate of that month. NBT00 is the floating
vintage, for homes without a nine-year lock; it has no ACC Plus. "NBT low income" is the rule for
homes with the larger ACC Plus (CARE or FERA homes and those of named communities).

A vintage's table is published by hour exactly to 2035-2043 and in means after it; a year
outside takes the nearest year."""
NEM2_COMMENT = """PG&E's net energy metering 2.0: closed to applications since 2023-04-15.

Net kWh of a time-of-use period are priced at its retail rate, and a surplus becomes dollars
that pay energy charges of the year: those of later months at once, those of earlier ones at the
true-up, when what is then left lapses. The non-bypassable charges are due on every kWh imported in
a metered interval. A year's surplus kWh are paid for at the net-surplus rate."""


def build(raw: Path, data: Path) -> None:
    """Write the tables, the series and the two rule files."""
    folder = raw / "rates/pge-components"
    for vintage in VINTAGES:
        _table(folder / f"export/pge/{vintage.lower()}.json.gz", data / "export", vintage)
    _series(folder / "nsc/pge.toml", data / "export/pge-nsc.toml")
    text = (folder / "export/pge/acc_plus/2023-04-15.toml").read_text(encoding="utf-8")
    adder = tomllib.loads(text)
    rules = [_nbt(vintage, adder["residential"], "NBT") for vintage in VINTAGES]
    rules += [
        _nbt(vintage, adder["residential_low_income"], "NBT low income")
        for vintage in VINTAGES
        if vintage != "NBT00"
    ]
    write_document(data / "export/pge-nbt.toml", {"rules": rules}, NBT_COMMENT)
    write_document(data / "export/pge-nem2.toml", {"rules": [_nem2()]}, NEM2_COMMENT)


def _table(file: Path, folder: Path, vintage: str) -> None:
    content = json.loads(gzip.decompress(file.read_bytes()))
    years = content["years"]
    if years != list(range(years[0], years[0] + len(years))):
        raise ValueError(f"{vintage}: the years are not consecutive: {years}")
    arrays: dict[str, Any] = {"first_year": np.array(years[0], dtype=np.int32)}
    days = [date.fromisoformat(day) for row in content["holidays"].values() for day in row]
    arrays["holidays"] = np.array(sorted(day.toordinal() for day in days), dtype=np.int32)
    for column in ("generation", "delivery"):
        usd = np.array([content["data"][str(year)][column] for year in years])
        counts = np.rint(usd * STEPS_PER_USD).astype(np.int32)  # (Y, 12, 2, 24)
        if not np.array_equal(counts / STEPS_PER_USD, usd):
            raise ValueError(f"{vintage}: {column} has prices finer than 0.00001 $/kWh")
        arrays[column] = counts
    folder.mkdir(parents=True, exist_ok=True)
    write_npz(folder / f"pge-{vintage.lower()}.npz", arrays)


def _series(file: Path, target: Path) -> None:
    rates = tomllib.loads(file.read_text(encoding="utf-8"))["rates"]
    content = {"source": "pge-net-surplus-rates", "usd_per_kwh": rates}
    write_document(
        target, content, "PG&E's net-surplus rates by the month of the true-up. [USD/kWh]"
    )


def _nbt(vintage: str, adder: dict[str, float], name: str) -> dict[str, Any]:
    year = 2000 + int(vintage[3:])
    is_locked = vintage != "NBT00"
    table = f"pge-{vintage.lower()}"
    source = "pge-nbt-export-prices"
    prices = [
        {"name": f"{column} credit", "bank": column, "table": table, "column": column,
         "source": source}
        for column in ("generation", "delivery")
    ]  # fmt: skip
    banks = [
        {"name": "generation", "pays": ["supply"], "at_true_up": "keep"},
        {"name": "delivery", "pays": ["delivery"], "at_true_up": "keep"},
    ]
    if is_locked:
        prices.append({"name": "ACC Plus", "bank": "ACC Plus", "usd_per_kwh": adder[str(year)],
                       "source": "pge-schedule-nbt"})  # fmt: skip
        banks.append({"name": "ACC Plus", "pays": PAYS_ALL_BUT_NON_BYPASSABLE,
                      "at_true_up": "keep"})  # fmt: skip
    return {
        "name": name,
        "vintage": vintage,
        "netting": "channels",
        "named_only": None if is_locked else True,
        "open_from": max(date(year, 1, 1), NBT_OPENED) if is_locked else None,
        "open_until": date(year + 1, 1, 1) if is_locked and vintage != VINTAGES[0] else None,
        "source": "pge-schedule-nbt",
        "banks": banks,
        "prices": prices,
        "cash_out": {"series": "pge-nsc"},
    }


def _nem2() -> dict[str, Any]:
    return {
        "name": "NEM2",
        "netting": "periods",
        "open_from": NEM2_OPENED,
        "open_until": NBT_OPENED,
        "on_import": ["non_bypassable", "tax"],
        "source": "pge-schedule-nem2",
        "banks": [
            {"name": "NEM credit", "pays": ["supply", "delivery", "other"], "at_true_up": "settle"}
        ],
        "cash_out": {"series": "pge-nsc"},
    }
