"""OpenADR 3 events that carry prices: one shape that is valid under 3.0.1 and 3.1.0."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.blocks import PRICE_DECIMALS, block_starts
from kwhen.wire.times import duration, moment

Floats = NDArray[np.float64]

GRAMS_PER_LB = 453.59237
KWH_PER_MWH = 1_000.0
GHG_DECIMALS = 1


def ghg_grams_per_kwh(co2e_lb_per_mwh: Floats) -> Floats:
    """Marginal emissions as OpenADR's GHG payload has them. [g CO2e/kWh]"""
    return co2e_lb_per_mwh * (GRAMS_PER_LB / KWH_PER_MWH)


def price_event(
    *,
    id: str,
    program_id: str,
    name: str,
    created: datetime,
    modified: datetime,
    start: datetime,
    end: datetime,
    step_minutes: int,
    price_usd_per_kwh: Floats,
    export_price_usd_per_kwh: Floats,
    co2e_lb_per_mwh: Floats | None = None,
    merge: bool = True,
    targets: Sequence[str] | None = None,
    interval_duration: bool = False,
) -> dict[str, Any]:
    """An event with PRICE, EXPORT_PRICE and GHG in every interval.

    Parameters
    ----------
    price_usd_per_kwh, export_price_usd_per_kwh : (N,) values of steps counted from `start`
    co2e_lb_per_mwh : (N,) marginal emissions at the meter; None leaves GHG out
    merge : make one interval of equal neighbours
    interval_duration : give the event's own period the length of a step (by the standard the
        default of each interval); otherwise the length of the whole window
    """
    columns = [np.round(price_usd_per_kwh, PRICE_DECIMALS)]
    columns.append(np.round(export_price_usd_per_kwh, PRICE_DECIMALS))
    if co2e_lb_per_mwh is not None:
        columns.append(np.round(ghg_grams_per_kwh(co2e_lb_per_mwh), GHG_DECIMALS))
    first = block_starts(*columns) if merge else np.arange(len(columns[0]))
    step = timedelta(minutes=step_minutes)
    outer = step if interval_duration else end - start
    event = {
        "id": id,
        "objectType": "EVENT",
        "programID": program_id,
        "createdDateTime": moment(created),
        "modificationDateTime": moment(modified),
        "eventName": name,
        "payloadDescriptors": price_descriptors(with_ghg=co2e_lb_per_mwh is not None),
        "intervalPeriod": {"start": moment(start), "duration": duration(outer)},
        "intervals": _intervals(columns, first.tolist(), start, end, step),
    }
    return event if targets is None else {**event, "targets": list(targets)}


def price_descriptors(*, with_ghg: bool = True) -> list[dict[str, str]]:
    """What the payloads of a price event are in."""
    kinds = [("PRICE", "KWH", "USD"), ("EXPORT_PRICE", "KWH", "USD")]
    kinds += [("GHG", "GHG", "")] if with_ghg else []
    found = []
    for payload, units, currency in kinds:
        descriptor = {
            "objectType": "EVENT_PAYLOAD_DESCRIPTOR",
            "payloadType": payload,
            "units": units,
        }
        found.append({**descriptor, "currency": currency} if currency else descriptor)
    return found


def _intervals(
    columns: Sequence[Floats], first: Sequence[int], start: datetime, end: datetime, step: timedelta
) -> list[dict[str, Any]]:
    edges = [start + index * step for index in first] + [end]
    names = ("PRICE", "EXPORT_PRICE", "GHG")
    return [
        {
            "id": number,
            "intervalPeriod": {
                "start": moment(edges[number]),
                "duration": duration(edges[number + 1] - edges[number]),
            },
            "payloads": [
                {"type": kind, "values": [float(column[index])]}
                for kind, column in zip(names, columns, strict=False)
            ],
        }
        for number, index in enumerate(first)
    ]
