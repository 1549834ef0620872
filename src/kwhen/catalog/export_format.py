"""Export rules shared by plans: `data/export/<name>.toml`, with price tables and dated series.

A file holds `[[rules]]`, one for each vintage; a price is one number, or a column of a table in
`data/export/<table>.npz`, which holds counts of 0.00001 $/kWh, so that published decimals stay
exact.
"""

import io
import tomllib
from datetime import date
from functools import cache

import numpy as np

from kwhen.catalog.charge_format import read_missing
from kwhen.catalog.fields import Fields
from kwhen.catalog.shipped import read_bytes, read_text
from kwhen.engine.compensation import (
    Bank,
    CashOut,
    DatedPrice,
    ExportPrice,
    ExportRule,
    Floats,
    Leftover,
    Netting,
    Rollover,
    TierFill,
    flat_export,
)
from kwhen.engine.words import ChargeClass
from kwhen.errors import SourceError

STEPS_PER_USD = 100_000.0  # a table's counts are of 0.00001 $/kWh


@cache
def export_rules(name: str) -> tuple[ExportRule, ...]:
    """The rules of one shared file, in its order; read once.

    Raises
    ------
    SourceError
        There is no such file, or it is not well formed.
    """
    path = f"export/{name}.toml"
    fields = Fields(tomllib.loads(read_text(path)), path)
    rules = tuple(read_rule(item) for item in fields.tables("rules"))
    fields.close()
    return rules


def read_rule(fields: Fields) -> ExportRule:
    """One export rule."""
    cash_out = fields.table("cash_out") if "cash_out" in fields else None
    rule = ExportRule(
        name=fields.text("name"),
        netting=fields.enum("netting", Netting),
        prices=tuple(_price(item) for item in fields.tables("prices")),
        banks=tuple(_bank(item) for item in fields.tables("banks")),
        in_kwh=fields.boolean_or("in_kwh", False),
        rollover=fields.enum_or("rollover", Rollover.BY_PERIOD),
        on_import=fields.words("on_import", ChargeClass),
        usd_per_kw_month=fields.optional("usd_per_kw_month", fields.number, 0.0),
        true_up=fields.boolean_or("true_up", True),
        cash_out=_cash_out(cash_out) if cash_out else None,
        tier_fill=fields.enum_or("tier_fill", TierFill.PRORATED),
        vintage=fields.text_or("vintage", ""),
        named_only=fields.boolean_or("named_only", False),
        open_from=fields.day_or_none("open_from"),
        open_until=fields.day_or_none("open_until"),
        missing=tuple(read_missing(item) for item in fields.tables("missing")),
        source=fields.text("source"),
    )
    fields.close()
    return rule


def _bank(fields: Fields) -> Bank:
    bank = Bank(
        name=fields.text("name"),
        pays=fields.words("pays", ChargeClass),
        cash=fields.boolean_or("cash", False),
        delay_months=fields.optional("delay_months", fields.integer, 0),
        expires_months=fields.optional("expires_months", fields.integer, None),
        at_true_up=fields.enum_or("at_true_up", Leftover.KEEP),
    )
    fields.close()
    return bank


def _price(fields: Fields) -> ExportPrice:
    name, bank, source = fields.text("name"), fields.text("bank"), fields.text_or("source", "")
    if "table" in fields:
        first_year, holidays, columns = price_table(fields.text("table"))
        column = fields.text("column")
        if column not in columns:
            raise fields.wrong("column", f"one of {sorted(columns)}")
        price = ExportPrice(
            name=name,
            bank=bank,
            usd_per_kwh=columns[column],
            first_year=first_year,
            holidays=holidays,
            source=source,
        )
    else:
        price = flat_export(name, fields.number("usd_per_kwh"), bank=bank, source=source)
    fields.close()
    return price


@cache
def price_table(name: str) -> tuple[int, frozenset[date], dict[str, Floats]]:
    """First year, holidays and columns of a price table. [USD/kWh], (Y, 12, 2, 24)"""
    try:
        with np.load(io.BytesIO(read_bytes(f"export/{name}.npz")), allow_pickle=False) as packed:
            arrays = {key: packed[key] for key in packed.files}
    except ValueError as error:
        raise SourceError(f"export/{name}.npz is not a table of prices: {error}") from error
    first_year = int(arrays.pop("first_year"))
    holidays = frozenset(date.fromordinal(int(day)) for day in arrays.pop("holidays"))
    return first_year, holidays, {key: counts / STEPS_PER_USD for key, counts in arrays.items()}


def _cash_out(fields: Fields) -> CashOut:
    price: float | DatedPrice
    if "series" in fields:
        price = dated_prices(fields.text("series"))
    else:
        price = fields.number("usd_per_kwh")
    cash_out = CashOut(usd_per_kwh=price)
    fields.close()
    return cash_out


@cache
def dated_prices(name: str) -> DatedPrice:
    """A series of prices by month from `data/export/<name>.toml`. [USD/kWh]"""
    path = f"export/{name}.toml"
    fields = Fields(tomllib.loads(read_text(path)), path)
    months = fields.table("usd_per_kwh")
    rows = [(*_month(months, key), months.number(key)) for key in months.names()]
    series = DatedPrice(months=tuple(sorted(rows)), source=fields.text("source"))
    fields.close()
    return series


def _month(fields: Fields, key: str) -> tuple[int, int]:
    year, _, month = key.partition("-")
    if not (year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        raise SourceError(f'{fields.where}: {key!r} is not a month such as "2026-03"')
    return int(year), int(month)
