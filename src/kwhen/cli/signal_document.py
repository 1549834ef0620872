"""A price signal for programs: JSON, CSV and an OpenADR 3 event."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kwhen.api.homes import Home
from kwhen.api.signals import Signal
from kwhen.catalog.plans import RatePlan
from kwhen.cli.homes import home_document
from kwhen.cli.kinds import gap_documents
from kwhen.cli.page import Document
from kwhen.wire.openadr import price_event

PROGRAM_ID = "wattshift-open-adr"
_ID_SPACE = uuid5(NAMESPACE_URL, "kwhen:price-signal")
_DECIMALS = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """A signal with the home that it is for."""

    home: Home
    plan: RatePlan
    signal: Signal
    components: tuple[str, ...]  # those that were chosen
    carbon_model: str | None

    @property
    def zone(self) -> ZoneInfo:
        """The clock of the plan."""
        return ZoneInfo(self.plan.versions[-1].timezone)

    def starts(self) -> list[datetime]:
        """Local start of every step. (N,)"""
        step = timedelta(minutes=self.signal.step_minutes)
        count = len(self.signal.price)
        return [(self.signal.start + n * step).astimezone(self.zone) for n in range(count)]


def signal_document(told: Told) -> Document:
    """The whole signal; every `end` is exclusive."""
    signal, zone = told.signal, told.zone
    return {
        **_asked(told),
        "timezone": str(zone),
        "step_minutes": signal.step_minutes,
        "carbon_usd_per_tonne": signal.settings.carbon_price_usd_per_tonne(
            told.home.carbon_intensity
        ),
        "export_rule": signal.export_rule,
        "versions": list(dict.fromkeys(signal.versions)),
        "is_nearest_version": signal.is_nearest,
        "blocks": [
            {
                "start": block.start.astimezone(zone),
                "end": block.end.astimezone(zone),
                "price_usd_per_kwh": block.price_usd_per_kwh,
                "import_usd_per_kwh": block.import_usd_per_kwh,
                "export_usd_per_kwh": block.export_usd_per_kwh,
                "confidence_frac": block.confidence_frac,
            }
            for block in signal.blocks
        ],
        "steps": list(_steps(told)),
        "sources": [
            {
                "component": note.component,
                "source": note.source,
                "vintage": note.vintage or None,
                "is_fallback": note.is_fallback,
            }
            for note in signal.sources
        ],
        "missing": gap_documents(signal.missing),
    }


def _asked(told: Told) -> Document:
    """The home and the window: what an event's id stands for."""
    return {
        "home": home_document(told.home, told.plan),
        "start": told.signal.start.astimezone(told.zone),
        "end": told.signal.end.astimezone(told.zone),
        "components": list(told.components),
        "carbon_model": told.carbon_model,
    }


def _columns(signal: Signal) -> dict[str, Floats | None]:
    found = signal.arrays
    return {
        "price_usd_per_kwh": signal.price,
        "import_usd_per_kwh": signal.import_usd_per_kwh,
        "export_usd_per_kwh": signal.export_usd_per_kwh,
        "export_price_usd_per_kwh": signal.export_price,
        "wholesale_usd_per_kwh": found.wholesale_usd_per_kwh,
        "carbon_usd_per_kwh": found.carbon_usd_per_kwh,
        "solar_usd_per_kwh": found.solar_usd_per_kwh,
        "co2e_lb_per_mwh": signal.co2e_lb_per_mwh,
        "exporting_frac": signal.exporting_frac,
        "confidence_frac": signal.confidence,
    }


def _steps(told: Told) -> Iterator[Document]:
    columns = {
        name: None if values is None else np.round(values, _DECIMALS) + 0.0  # no minus zero
        for name, values in _columns(told.signal).items()
    }
    for at, start in enumerate(told.starts()):
        row = {name: None if v is None else float(v[at]) for name, v in columns.items()}
        yield {"start": start, **row}


def write_csv(told: Told) -> None:
    """Every step as a line on standard output; a figure that is not known is blank."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("start", *_columns(told.signal)))
    for step in _steps(told):
        writer.writerow((step.pop("start").isoformat(), *step.values()))


def open_adr_event(told: Told, now: datetime) -> Document:
    """The signal as an OpenADR 3 event; the same home and window have the same id."""
    signal = told.signal
    asked = json.dumps(_asked(told), default=str, sort_keys=True)
    return price_event(
        id=str(uuid5(_ID_SPACE, asked)),
        program_id=PROGRAM_ID,
        name=f"Price Event {signal.start.astimezone(told.zone).date()}",
        created=now,
        modified=now,
        start=signal.start,
        end=signal.end,
        step_minutes=signal.step_minutes,
        price_usd_per_kwh=signal.price,
        export_price_usd_per_kwh=signal.export_price,
        co2e_lb_per_mwh=signal.co2e_lb_per_mwh,
    )
