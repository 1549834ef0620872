"""A home's price signal as an OpenADR 3 event."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import orjson

from kwhen.api.signals import Signal
from kwhen.wire.openadr import price_event
from kwhen.wire.times import moment

PROGRAM_ID = "wattshift-open-adr"  # clients of the contract look for exactly this
NAMESPACE = UUID("6b7768656e2d4f50a54144522d657674")  # of our event ids: any fixed one


def event_of(home_id: str, signal: Signal, now: datetime) -> dict[str, Any]:
    """The event of a home and window; its id is the same for the same two."""
    return price_event(
        id=_id(home_id, signal.start, signal.end),
        program_id=PROGRAM_ID,
        name=f"Price Event {signal.start.date()}",
        created=now,
        modified=now,
        start=signal.start,
        end=signal.end,
        step_minutes=signal.step_minutes,
        price_usd_per_kwh=signal.price,
        export_price_usd_per_kwh=signal.export_price,
        co2e_lb_per_mwh=signal.co2e_lb_per_mwh,
    )


def event_rest(signal: Signal, now: datetime) -> bytes:
    """The event without its id, which homes that are alike share."""
    event = event_of("", signal, now)
    del event["id"]
    return orjson.dumps(event)


def event_bytes(home_id: str, start: datetime, end: datetime, rest: bytes) -> bytes:
    """The event of a home, from what homes that are alike share."""
    return b'{"id":"' + _id(home_id, start, end).encode() + b'",' + rest[1:]


def _id(home_id: str, start: datetime, end: datetime) -> str:
    return str(uuid5(NAMESPACE, f"{home_id}/{moment(start)}/{moment(end)}"))
