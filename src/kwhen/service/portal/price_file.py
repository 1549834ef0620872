"""Prices as a file for spreadsheets."""

import csv
import io

from kwhen.operations.home_prices import HomePrices
from kwhen.wire.price_signal import rounded


def prices_csv(found: HomePrices) -> bytes:
    """A line a step: its start and end there, its period, every price and part. [USD/kWh]"""
    arrays = found.signal.arrays
    columns = {
        "price": arrays.price_usd_per_kwh,
        "import": arrays.import_usd_per_kwh,
        "export": arrays.export_usd_per_kwh,
        **found.parts,
        "solar": arrays.solar_usd_per_kwh,
        "export_price": arrays.export_price_usd_per_kwh,
    }
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    names = [f"{name}_usd_per_kwh" for name in columns]
    lines.writerow(["start", "end", "period", *names, "confidence"])
    values = [rounded(column).tolist() for column in columns.values()]
    confidence = found.signal.confidence.tolist()
    for start, end, period, *row in zip(
        found.starts, found.ends, found.periods, *values, confidence, strict=True
    ):
        lines.writerow([start.isoformat(), end.isoformat(), period, *row])
    return text.getvalue().encode()
