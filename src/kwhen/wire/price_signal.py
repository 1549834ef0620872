"""The price signal as clients ask for it and get it. [USD/kWh, 5 decimals]"""

from collections.abc import Collection
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import Field

from kwhen.api.signals import Signal
from kwhen.engine.blocks import PRICE_DECIMALS
from kwhen.wire.gaps import GapAnswer
from kwhen.wire.kinds import MomentField
from kwhen.wire.model import Answered, Sent
from kwhen.wire.times import moment

Floats = NDArray[np.float64]
ComponentName = Literal["tariff", "wholesale", "carbon", "solar"]
Extra = Literal["components", "exportPrices", "sources"]
TOGETHER = "Together with endTime."
LENGTH = "Exclusive; at most 366 days after startTime."


class SignalRequest(Sent):
    """A window, and what enters the price. All optional; without a window the next 24 hours."""

    start_time: MomentField | None = Field(None, description=TOGETHER)
    end_time: MomentField | None = Field(None, description=LENGTH)
    components: list[ComponentName] | None = Field(
        None,
        min_length=1,
        max_length=4,
        description="What enters `price`; everything that the home has without.",
    )
    include: list[Extra] | None = Field(
        None,
        max_length=3,
        description="More to answer, by slot: each component, full value of exporting; sources.",
    )


class BlockAnswer(Answered):
    """A stretch of equal prices."""

    start_time: MomentField
    end_time: MomentField
    price: float = Field(description="Expected marginal price with every component.")
    import_: float = Field(alias="import", description="The plan's rate of one more kWh.")
    export: float = Field(description="The plan's rate of one more exported kWh.")
    confidence: float = Field(ge=0, le=1, description="How well the price is known.")


class ComponentsAnswer(Answered):
    """Every component of `price`, one value a slot."""

    tariff: list[float]
    wholesale: list[float]
    carbon: list[float]
    solar: list[float]


class SignalSourceAnswer(Answered):
    """Where a component's figures come from."""

    component: str
    source: str
    vintage: str
    is_fallback: bool


class SourcesAnswer(Answered):
    """What made the signal."""

    rate_plan: str = Field(description="Key of the plan.")
    versions: list[str] = Field(description="Effective dates of the versions used.")
    is_nearest_version: bool = Field(description="Some day is outside of the known versions.")
    export_rule: str | None
    components: list[SignalSourceAnswer]
    missing: list[GapAnswer]
    coefficients: dict[str, Any]


class SignalAnswer(Answered):
    """Price of every 15 minutes, as blocks and as one value a slot from `startTime` on."""

    home_id: str
    start_time: MomentField
    end_time: MomentField
    data: list[BlockAnswer]
    prices: list[float]
    imports: list[float]
    exports: list[float]
    import_: list[float] = Field(alias="import", description="The same as `imports`.")
    export: list[float] = Field(description="The same as `exports`.")
    components: ComponentsAnswer | None = Field(None, description="Where it was asked for.")
    export_prices: list[float] | None = Field(
        None, description="Full value of exporting, where it was asked for."
    )
    sources: SourcesAnswer | None = Field(None, description="Where it was asked for.")


def rounded(usd_per_kwh: Floats) -> Floats:
    """Prices as they are printed; no -0."""
    return np.round(usd_per_kwh, PRICE_DECIMALS) + 0.0


def signal_bytes(home_id: str, rest: bytes) -> bytes:
    """The answer of a home, from what homes that are alike share."""
    return b'{"homeId":' + orjson.dumps(home_id) + b"," + rest[1:]


def signal_rest(signal: Signal, include: Collection[str] = ()) -> bytes:
    """The answer without its home."""
    price, imports, exports = (
        rounded(array)
        for array in (signal.price, signal.import_usd_per_kwh, signal.export_usd_per_kwh)
    )
    found: dict[str, Any] = {
        "startTime": moment(signal.start),
        "endTime": moment(signal.end),
        "data": _blocks(signal),
        "prices": price,
        "imports": imports,
        "exports": exports,
        "import": imports,
        "export": exports,
    }
    if "components" in include:
        found["components"] = _components(signal)
    if "exportPrices" in include:
        found["exportPrices"] = rounded(signal.export_price)
    if "sources" in include:
        found["sources"] = sources_json(signal)
    return orjson.dumps(found, option=orjson.OPT_SERIALIZE_NUMPY)


def _blocks(signal: Signal) -> list[dict[str, Any]]:
    return [
        {
            "startTime": moment(block.start),
            "endTime": moment(block.end),
            "price": block.price_usd_per_kwh + 0.0,
            "import": block.import_usd_per_kwh + 0.0,
            "export": block.export_usd_per_kwh + 0.0,
            "confidence": block.confidence_frac,
        }
        for block in signal.blocks
    ]


def _components(signal: Signal) -> dict[str, Floats]:
    arrays = signal.arrays
    return {
        "tariff": rounded(arrays.tariff_usd_per_kwh),
        "wholesale": rounded(arrays.wholesale_usd_per_kwh),
        "carbon": rounded(arrays.carbon_usd_per_kwh),
        "solar": rounded(arrays.solar_usd_per_kwh),
    }


def sources_json(signal: Signal) -> dict[str, Any]:
    """What made a signal: versions, sources, gaps and coefficients."""
    settings = signal.settings
    return {
        "ratePlan": signal.plan,
        "versions": [day.isoformat() for day in signal.versions],
        "isNearestVersion": signal.is_nearest,
        "exportRule": signal.export_rule,
        "components": [
            {
                "component": note.component,
                "source": note.source,
                "vintage": note.vintage,
                "isFallback": note.is_fallback,
            }
            for note in signal.sources
        ],
        "missing": [GapAnswer.of(gap).model_dump(mode="json") for gap in signal.missing],
        "coefficients": {
            "carbonUsdPerTonne": {k.name: usd for k, usd in settings.usd_per_tonne},
            "wholesaleShare": settings.wholesale_share_frac,
            "wholesaleCapUsdPerKwh": settings.wholesale_cap_usd_per_kwh,
            "wholesalePaysExport": settings.wholesale_pays_export,
        },
    }
