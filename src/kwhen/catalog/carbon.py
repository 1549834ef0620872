"""Marginal carbon by region, month and hour: several models behind one contract.

Every model answers the same question, what one more MWh at a home's meter emits, from the
tables that the catalog ships. Nothing here is live: a table is the mean of many days.
"""

import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.places import Place, usual_id
from kwhen.catalog.shipped import read_bytes, read_text
from kwhen.catalog.sources import source
from kwhen.engine.grid import month_hour
from kwhen.engine.words import Missing
from kwhen.errors import CoverageError, NotFound

Clock = Literal["standard", "prevailing"]
MeasuredAt = Literal["generator", "end use"]

DEFAULT_MODEL = "egrid-cambium"
US = "US"  # the nation's mean: for homes whose subregion is not known
LB_PER_KG = 1 / 0.45359237  # the international pound, exact


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonModel:
    """A way to tell the marginal carbon of a home's grid, and where it holds.

    `clock` says whether its hours are standard time all year or follow the wall clock;
    `measured_at` whether its figures are at the generator, so that grid losses come on top.
    `source` is an id of the sources register.
    """

    name: str
    title: str
    measures: str
    regions: tuple[str, ...]
    source: str
    vintage: str
    clock: Clock
    measured_at: MeasuredAt


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CarbonSeries:
    """Marginal carbon at the meter for N moments, and what made it.

    `lb_per_mwh_at_meter` is lb CO2e per MWh used, losses of the grid included. `is_fallback`
    marks the nation's mean in the place of a region's figures; `missing` names what is weak.
    """

    lb_per_mwh_at_meter: NDArray[np.float64]  # (N,)
    model: str
    region: str
    source: str
    vintage: str
    is_fallback: bool
    missing: tuple[Missing, ...]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class _Tables:
    """A model with its figures at the meter and what tells a home's region."""

    model: CarbonModel
    lb_per_mwh: NDArray[np.float64]  # (R, 12, 24) at the meter
    row: Mapping[str, int]  # region → R
    zones: tuple[str, ...]  # (R,) of most homes of the region
    region_of_utility: Mapping[int, str]
    missing: tuple[tuple[Missing, ...], ...]  # (R,)


_GAPS = {
    "egrid_subregion": "the home's eGRID subregion is not known: the mean of the nation",
    "grid_loss": "no grid loss is published for the nation: the median of the subregions, 4.2 %",
    "carbon_shape": "only the year's mean is known, the same in every hour",
}


@cache
def _settings() -> dict[str, Any]:
    return tomllib.loads(read_text("carbon/models.toml"))


@cache
def _arrays() -> Mapping[str, NDArray[Any]]:
    """The shipped arrays by name, read once."""
    with np.load(io.BytesIO(read_bytes("carbon/marginal.npz")), allow_pickle=False) as packed:
        return MappingProxyType({name: packed[name] for name in packed.files})


@cache
def _loss_frac() -> Mapping[str, float]:
    """eGRID subregion → share of the energy that the grid loses."""
    arrays = _arrays()
    names, losses = arrays["loss_subregion"].tolist(), arrays["loss_frac"].tolist()
    return MappingProxyType(dict(zip(names, losses, strict=True)))


@cache
def _all_tables() -> Mapping[str, _Tables]:
    """Every model by name, the default first."""
    return MappingProxyType({entry["name"]: _tables(entry) for entry in _settings()["model"]})


def _tables(entry: dict[str, Any]) -> _Tables:
    """One model from its settings and its shipped arrays."""
    arrays, name = _arrays(), entry["name"]
    regions: tuple[str, ...] = tuple(arrays[f"{name} regions"].tolist())
    model = CarbonModel(
        name=name,
        title=entry["title"],
        measures=entry["measures"],
        regions=regions,
        source=entry["source"],
        vintage=source(entry["source"]).edition,
        clock=entry["clock"],
        measured_at=entry["measured_at"],
    )
    lb_per_mwh = _at_meter(arrays[name], model, entry.get("loss_of", {}))  # (R, 12, 24)
    is_flat = np.ptp(lb_per_mwh, axis=(1, 2)) == 0  # (R,)
    return _Tables(
        model=model,
        lb_per_mwh=lb_per_mwh,
        row=MappingProxyType({region: row for row, region in enumerate(regions)}),
        zones=tuple(arrays[f"{name} zones"].tolist()),
        region_of_utility=MappingProxyType(
            {int(utility): region for utility, region in entry.get("utilities", {}).items()}
        ),
        missing=tuple(map(_missing, regions, is_flat.tolist())),
    )


def _at_meter(
    table: NDArray[Any], model: CarbonModel, loss_of: Mapping[str, str]
) -> NDArray[np.float64]:
    """lb/MWh at the meter from hundredths of the published unit. (R, 12, 24)

    Figures at the generator, in lb/MWh, are divided by one minus the grid loss; figures at
    end use, in kg/MWh, hold the losses already.
    """
    if model.measured_at == "end use":
        return np.asarray(table / 100 * LB_PER_KG)
    loss_frac = [_loss_frac()[loss_of.get(region, region)] for region in model.regions]
    return np.asarray(table / 100 / (1 - np.array(loss_frac))[:, None, None])


def _named(model: str) -> _Tables:
    try:
        return _all_tables()[model]
    except KeyError:
        raise NotFound(
            f"no carbon model {model!r}; there are {', '.join(_all_tables())}. "
            "`carbon_models()` tells what each measures"
        ) from None


def carbon_models() -> tuple[CarbonModel, ...]:
    """Every model, the default first."""
    return tuple(tables.model for tables in _all_tables().values())


def grid_loss_frac(egrid_subregion: str) -> float:
    """Share of the energy sent out that the grid of an eGRID subregion loses.

    For "US" it is the median of the subregions, since eGRID gives none for the nation here.

    Raises
    ------
    CoverageError
        eGRID has no such subregion.
    """
    try:
        return _loss_frac()[egrid_subregion]
    except KeyError:
        raise CoverageError(
            f"eGRID has no subregion {egrid_subregion!r}; it has {', '.join(_loss_frac())}"
        ) from None


def region_of(place: Place, model: str = DEFAULT_MODEL, utility_id: int | None = None) -> str:
    """The region of a home in a model's terms, of its predominant utility unless one is given.

    The default model always has one: "US" where the subregion is not known.

    Raises
    ------
    CoverageError
        The model does not cover the home; the message names those that do.
    NotFound
        There is no such model.
    """
    region = _region(place, _named(model), utility_id)
    if region is not None:
        return region
    others = [name for name, other in _all_tables().items() if _region(place, other, utility_id)]
    raise CoverageError(
        f"the carbon model {model!r} does not cover ZIP {place.zipcode} ({place.state}); "
        f"those that do: {', '.join(others)}"
    )


def _region(place: Place, tables: _Tables, utility_id: int | None) -> str | None:
    """The region of a place, None where the model does not cover it."""
    match tables.model.name:
        case "egrid-cambium":
            return place.egrid_subregion or US
        case "sgip":
            return _of_utility(place, tables, utility_id)
        case "avert":
            region = place.avert_region
        case _:
            region = _gea_region(place.egrid_subregion)
    return region if region in tables.row else None


def _of_utility(place: Place, tables: _Tables, utility_id: int | None) -> str | None:
    if utility_id is None and place.utilities:
        utility_id = place.utilities[0].eia_id
    if utility_id is None or place.state != "CA":
        return None
    return tables.region_of_utility.get(usual_id(utility_id))


def _gea_region(egrid_subregion: str | None) -> str | None:
    """Cambium's region of an eGRID subregion."""
    if egrid_subregion is None:
        return None
    rule = _settings()["gea"]
    region: str = rule["one_region"].get(egrid_subregion, egrid_subregion + rule["regions_end_in"])
    return region


def marginal_carbon(
    region: str,
    epoch_s: NDArray[np.int64],
    *,
    model: str = DEFAULT_MODEL,
    zone: str | None = None,
) -> CarbonSeries:
    """What one more MWh at the meter emits at each moment. [lb CO2e/MWh]

    Parameters
    ----------
    region : str
        A region of the model, as `region_of` tells it.
    epoch_s : (N,)
        Moments in any order, a step's by its start. [UTC seconds]
    model : str
        One of `carbon_models()`.
    zone : str, optional
        IANA zone on whose clock the table is read; the region's most common one by default.

    Returns
    -------
    CarbonSeries
        With the losses of the grid included once: figures at the generator are divided by
        (1 - grid loss), figures at end use are not.

    Raises
    ------
    CoverageError
        The model has no such region.
    NotFound
        There is no such model.

    Examples
    --------
    >>> noon = np.array([1_752_519_600])  # 14 July 2025, 12:00 in San Francisco: hour 11
    >>> marginal_carbon("CAMX", noon).lb_per_mwh_at_meter.round(1).tolist()
    [723.1]
    """
    tables = _named(model)
    if region not in tables.row:
        raise CoverageError(
            f"the carbon model {model!r} has no region {region!r}; it has "
            f"{', '.join(tables.row)}. `region_of` tells that of a ZIP"
        )
    row = tables.row[region]
    standard = tables.model.clock == "standard"
    month, hour = month_hour(epoch_s, zone or tables.zones[row], standard=standard)
    return CarbonSeries(
        lb_per_mwh_at_meter=tables.lb_per_mwh[row, month - 1, hour],  # (N,)
        model=model,
        region=region,
        source=tables.model.source,
        vintage=tables.model.vintage,
        is_fallback=region == US,
        missing=tables.missing[row],
    )


def _missing(region: str, is_flat: bool) -> tuple[Missing, ...]:
    """The gaps of a region's figures."""
    names = ["egrid_subregion", "grid_loss"] if region == US else []
    names += ["carbon_shape"] if is_flat else []
    return tuple(Missing(name=name, note=_GAPS[name]) for name in names)
