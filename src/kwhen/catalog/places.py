"""ZIP → place: utilities, time zone, grid region and climate zone; and utilities by EIA id."""

import io
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.shipped import read_bytes, read_text
from kwhen.errors import NotFound

ListedBy = Literal["epa", "openei", "both", "inferred"]
# How a region was found: in the source's table, from the nearest ZIP of the state, or not at all.
FoundBy = Literal["table", "nearest", "none"]

EARTH_RADIUS_MILES = 3958.8
PLACES_KEPT_COUNT = 1_024

# Leading zeros that a spreadsheet dropped come back; the four digits of ZIP+4 are not needed.
_FORM = re.compile(r"(?:([0-9]{3,5})(?:[-\s][0-9]{4})?|([0-9]{5})[0-9]{4})")
_COLUMNS = (
    "city", "county", "state", "timezone", "egrid_subregion", "egrid_from",
    "balancing_authority", "iso", "avert_region", "iecc_zone", "iecc_from", "shape_zone",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class UtilityListing:
    """A utility listed for a ZIP. `rank` 1 is the predominant one.

    `listed_by` says whose list names it. An inferred one is the nearby investor-owned
    utility of a ZIP where the only listed one is a city utility without households.
    """

    eia_id: int
    name: str
    rank: int
    listed_by: ListedBy

    @property
    def inferred(self) -> bool:
        """Whether no published list names this utility for the ZIP."""
        return self.listed_by == "inferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of a ZIP. A field that is not known is None, and `missing` names it.

    `lat` and `lon` are degrees, to 0.001. `iso` is None and not missing where the
    balancing authority belongs to none. `shape_zone` is the column of the load and PV shapes.
    """

    zipcode: str
    city: str
    state: str
    county: str | None
    timezone: str
    lat: float | None
    lon: float | None
    utilities: tuple[UtilityListing, ...]
    egrid_subregion: str | None
    egrid_from: FoundBy
    balancing_authority: str | None
    iso: str | None
    avert_region: str | None
    iecc_zone: str | None
    iecc_from: FoundBy
    shape_zone: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Utility:
    """A utility by its EIA id: the names it goes by, the most used first, and its states."""

    eia_id: int
    names: tuple[str, ...]
    states: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class _Table:
    """The columns of `zipcodes.npz`: one entry a ZIP, the listings end to end."""

    number: NDArray[np.int64]  # (Z,) rising
    lat: NDArray[np.float64]  # (Z,) degrees
    lon: NDArray[np.float64]  # (Z,) degrees
    codes: Mapping[str, NDArray[np.unsignedinteger[Any]]]  # (Z,) position in `words`
    words: Mapping[str, list[str]]
    first_listing: NDArray[np.int64]  # (Z + 1,)
    listing_utility: NDArray[np.int64]  # (L,) EIA id
    listing_by: NDArray[np.unsignedinteger[Any]]  # (L,) position in words["listed_by"]

    def word(self, column: str, index: int) -> str | None:
        """What a column says of one ZIP, None where it is blank."""
        return self.words[column][self.codes[column][index]] or None


def _degrees(planes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Degrees from the byte planes of thousandths."""
    return np.ascontiguousarray(planes.T).view("<i4").ravel() / 1000.0  # (Z,)


def _words(packed: NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode("utf-8").split("\n")


@cache
def _table() -> _Table:
    """The table of ZIPs, read once."""
    with np.load(io.BytesIO(read_bytes("places/zipcodes.npz")), allow_pickle=False) as packed:
        arrays = {name: packed[name] for name in packed.files}
    counts = arrays["listing_count"].astype(np.int64)
    return _Table(
        number=np.cumsum(arrays["zip_step"].astype(np.int64)),
        lat=_degrees(arrays["lat_planes"]),
        lon=_degrees(arrays["lon_planes"]),
        codes={name: arrays[name] for name in _COLUMNS},
        words={name: _words(arrays[f"{name}_words"]) for name in (*_COLUMNS, "listed_by")},
        first_listing=np.concatenate(([0], np.cumsum(counts))),
        listing_utility=arrays["utility_id"].astype(np.int64)[arrays["utility"]],
        listing_by=arrays["listed_by"],
    )


def normal_zipcode(zipcode: str) -> str:
    """A ZIP as five digits: "7030" is "07030", "94107-1234" is "94107".

    Raises
    ------
    NotFound
        It is not the form of a ZIP.
    """
    found = _FORM.fullmatch(zipcode.strip())
    if found is None:
        raise NotFound(
            f"{zipcode!r} is not a ZIP code; give five digits such as 94107, or ZIP+4 such as "
            "94107-1234 (leading zeros may be left out)"
        )
    return str(found[1] or found[2]).zfill(5)


def zipcodes() -> tuple[str, ...]:
    """Every ZIP that `place` knows, rising."""
    return tuple(f"{number:05d}" for number in _table().number.tolist())


@lru_cache(maxsize=PLACES_KEPT_COUNT)
def place(zipcode: str) -> Place:
    """What is known of a ZIP, its predominant utility first.

    Raises
    ------
    NotFound
        The text is not the form of a ZIP, or no such ZIP is known.

    Examples
    --------
    >>> place("10001").utilities[0].name
    'Consolidated Edison Co-NY Inc'
    """
    normal, table = normal_zipcode(zipcode), _table()
    index = int(np.searchsorted(table.number, int(normal)))
    if index == len(table.number) or table.number[index] != int(normal):
        near = table.number[max(index - 1, 0) : index + 1].tolist()
        raise NotFound(
            f"ZIP {normal} is not among the {len(table.number):,} known; the nearest known: "
            f"{' and '.join(f'{number:05d}' for number in near)}. "
            "Give the ZIP of a neighbour, or name the utility or the plan itself"
        )
    return _place_at(table, index)


def zipcodes_of_prefix(prefix: str) -> tuple[str, ...]:
    """Every known ZIP that starts with three digits, rising: "941" is San Francisco."""
    known = _table().number
    first, end = np.searchsorted(known, [int(prefix) * 100, int(prefix) * 100 + 100])
    return tuple(f"{number:05d}" for number in known[first:end].tolist())


def zipcodes_served_first_by(utility_id: int) -> tuple[str, ...]:
    """The ZIPs whose predominant utility one is, rising."""
    table = _table()
    has_one = np.diff(table.first_listing) > 0
    first = table.listing_utility[table.first_listing[:-1][has_one]]
    served = table.number[has_one][first == usual_id(utility_id)]
    return tuple(f"{number:05d}" for number in served.tolist())


def zipcodes_near(lat_deg: float, lon_deg: float, radius_miles: float) -> tuple[str, ...]:
    """The ZIPs whose centre lies within a distance of a point, nearest first.

    Examples
    --------
    >>> zipcodes_near(42.365, -71.104, 0.5)
    ('02139', '02239')
    """
    table = _table()
    lat, lon = np.radians(table.lat), np.radians(table.lon)
    own_lat, own_lon = np.radians((lat_deg, lon_deg))
    chord = np.sin((lat - own_lat) / 2) ** 2  # haversine
    chord += np.cos(lat) * np.cos(own_lat) * np.sin((lon - own_lon) / 2) ** 2
    miles = 2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))  # (Z,)
    is_located = (table.lat != 0) | (table.lon != 0)
    near = np.flatnonzero((miles <= radius_miles) & is_located)
    order = near[np.argsort(miles[near], kind="stable")]
    return tuple(f"{number:05d}" for number in table.number[order].tolist())


def _place_at(table: _Table, index: int) -> Place:
    """The place of one row of the table."""
    lat, lon = float(table.lat[index]), float(table.lon[index])
    is_located = (lat, lon) != (0.0, 0.0)  # the source's mark for "not known"
    word = {name: table.word(name, index) for name in _COLUMNS}
    utilities = _listings(table, index)
    return Place(
        zipcode=f"{table.number[index]:05d}",
        city=word["city"] or "",
        state=word["state"] or "",
        county=word["county"],
        timezone=word["timezone"] or "",
        lat=lat if is_located else None,
        lon=lon if is_located else None,
        utilities=utilities,
        egrid_subregion=word["egrid_subregion"],
        egrid_from=cast(FoundBy, word["egrid_from"]),
        balancing_authority=word["balancing_authority"],
        iso=word["iso"],
        avert_region=word["avert_region"],
        iecc_zone=word["iecc_zone"],
        iecc_from=cast(FoundBy, word["iecc_from"]),
        shape_zone=word["shape_zone"],
        missing=_missing(word, is_located=is_located, has_utility=bool(utilities)),
    )


def _listings(table: _Table, index: int) -> tuple[UtilityListing, ...]:
    """The utilities of one ZIP by rank."""
    rows = range(table.first_listing[index], table.first_listing[index + 1])
    return tuple(
        UtilityListing(
            eia_id=(eia_id := int(table.listing_utility[row])),
            name=_utilities()[eia_id].names[0],
            rank=rank,
            listed_by=cast(ListedBy, table.words["listed_by"][table.listing_by[row]]),
        )
        for rank, row in enumerate(rows, start=1)
    )


def _missing(
    word: Mapping[str, str | None], *, is_located: bool, has_utility: bool
) -> tuple[str, ...]:
    """Names of what is not known of a place."""
    unknown = [] if has_utility else ["utilities"]
    unknown += [] if is_located else ["location"]
    unknown += [name for name in _COLUMNS if word[name] is None and name != "iso"]
    # Where the balancing authority is known, no ISO means that it belongs to none.
    unknown += ["iso"] if word["balancing_authority"] is None and word["iso"] is None else []
    return tuple(unknown)


@cache
def _utilities() -> Mapping[int, Utility]:
    """Every utility by EIA id."""
    known = {}
    for line in read_text("places/utilities.tsv.gz").splitlines()[2:]:
        number, states, names = line.split("\t")
        known[int(number)] = Utility(
            eia_id=int(number), names=tuple(names.split("|")), states=tuple(states.split("|"))
        )
    return MappingProxyType(known)


@cache
def _aliases() -> Mapping[int, int]:
    """Other EIA id → the one that the tables use."""
    table = tomllib.loads(read_text("places/aliases.toml"))
    return MappingProxyType({row["eia_id"]: row["same_as"] for row in table["alias"]})


def usual_id(eia_id: int) -> int:
    """The EIA id under which the catalog keeps a utility that has been given several."""
    return _aliases().get(eia_id, eia_id)


def utility(eia_id: int) -> Utility:
    """Names and states of a utility, by any of its EIA ids.

    Raises
    ------
    NotFound
        No listed utility and no reporter of EIA-861 has that id.
    """
    try:
        return _utilities()[usual_id(eia_id)]
    except KeyError:
        raise NotFound(
            f"no utility has the EIA id {eia_id}; give an id of EIA form 861 such as 14328, "
            "or find those of a home by its ZIP"
        ) from None
