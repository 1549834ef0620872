"""State, time zone and service of a URDB item, none of which it names for certain."""

import re
from zoneinfo import ZoneInfo

from kwhen.catalog.places import usual_id, utility
from kwhen.catalog.urdb.fields import Gaps, Item, text
from kwhen.engine.tariff import Service
from kwhen.engine.words import Missing
from kwhen.errors import NotFound, TariffError

_E, _C, _M, _P = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
FALLBACK_TIMEZONE = _E  # most homes of the country keep it

# State → its name, and the zone that most of its people keep.
_STATES = {
    "AL": ("Alabama", _C), "AK": ("Alaska", "America/Anchorage"),
    "AZ": ("Arizona", "America/Phoenix"), "AR": ("Arkansas", _C), "CA": ("California", _P),
    "CO": ("Colorado", _M), "CT": ("Connecticut", _E), "DE": ("Delaware", _E),
    "DC": ("District of Columbia", _E), "FL": ("Florida", _E), "GA": ("Georgia", _E),
    "HI": ("Hawaii", "Pacific/Honolulu"), "ID": ("Idaho", "America/Boise"), "IL": ("Illinois", _C),
    "IN": ("Indiana", "America/Indiana/Indianapolis"), "IA": ("Iowa", _C), "KS": ("Kansas", _C),
    "KY": ("Kentucky", _E), "LA": ("Louisiana", _C), "ME": ("Maine", _E), "MD": ("Maryland", _E),
    "MA": ("Massachusetts", _E), "MI": ("Michigan", "America/Detroit"), "MN": ("Minnesota", _C),
    "MS": ("Mississippi", _C), "MO": ("Missouri", _C), "MT": ("Montana", _M),
    "NE": ("Nebraska", _C), "NV": ("Nevada", _P), "NH": ("New Hampshire", _E),
    "NJ": ("New Jersey", _E), "NM": ("New Mexico", _M), "NY": ("New York", _E),
    "NC": ("North Carolina", _E), "ND": ("North Dakota", _C), "OH": ("Ohio", _E),
    "OK": ("Oklahoma", _C), "OR": ("Oregon", _P), "PA": ("Pennsylvania", _E),
    "RI": ("Rhode Island", _E), "SC": ("South Carolina", _E), "SD": ("South Dakota", _C),
    "TN": ("Tennessee", _C), "TX": ("Texas", _C), "UT": ("Utah", _M), "VT": ("Vermont", _E),
    "VA": ("Virginia", _E), "WA": ("Washington", _P), "WV": ("West Virginia", _E),
    "WI": ("Wisconsin", _C), "WY": ("Wyoming", _M), "PR": ("Puerto Rico", "America/Puerto_Rico"),
    "VI": ("Virgin Islands", "America/St_Thomas"), "GU": ("Guam", "Pacific/Guam"),
    "AS": ("American Samoa", "Pacific/Pago_Pago"),
    "MP": ("Northern Mariana Islands", "Pacific/Saipan"),
}  # fmt: skip
_CODES = {name.lower(): code for code, (name, _) in _STATES.items()}
_SUFFIX = re.compile(r"(?:[,(]| - )\s*([A-Za-z. ]+?)\s*\)?\s*(?:\(utility company\))?\s*$", re.I)

# Texas utilities that only deliver: retail suppliers sell the energy.
_DELIVERY_ONLY = frozenset({44372, 1173, 1068, 8901, 1024, 3278, 1189, 20404, 1174, 40051, 17008})


def read_state(item: Item, utility_id: int, gaps: Gaps) -> str:
    """Two letters, from the item, from a suffix of the utility's name, else by its EIA id.

    An id of several states without a suffix takes the first of the list, and says so; a state
    that nothing names is empty, and says so.
    """
    if said := text(item, "state") or _of_ratebook(item):
        return known_state(said)
    found = _SUFFIX.search(text(item, "utility"))
    if found and (code := _code(found[1])):
        return code
    states = states_of(utility_id)
    if len(states) != 1:
        note = f"the utility serves {', '.join(states)}" if states else "the utility is not listed"
        gaps.append(Missing(name="state", note=note))
    return states[0] if states else ""


def known_state(said: str) -> str:
    """Two letters of a state, from them in any case or from its name.

    Raises
    ------
    TariffError
        There is no such state.
    """
    code = said.upper() if said.upper() in _STATES else _CODES.get(said.lower())
    if code is None:
        raise TariffError(f"state: {said[:40]!r} is no state; give two letters such as CA")
    return code


def _code(name: str) -> str | None:
    return name if name in _STATES else _CODES.get(name.lower())


def _of_ratebook(item: Item) -> str:
    extra = item.get("_ratebook")
    return text(extra, "state") if isinstance(extra, dict) else ""


def states_of(utility_id: int) -> tuple[str, ...]:
    """States that a utility serves, none where it is not listed."""
    try:
        return utility(utility_id).states
    except NotFound:
        return ()


def read_timezone(state: str, asked: str | None, gaps: Gaps) -> str:
    """The zone asked for, else the one that most of the state keeps, else New York's, told.

    Raises
    ------
    TariffError
        The zone asked for does not exist.
    """
    if asked is not None:
        try:
            ZoneInfo(asked)
        except (ValueError, OSError, KeyError):
            raise TariffError(
                f"timezone: {asked!r} is not known; give a name such as America/Chicago"
            ) from None
        return asked
    if state in _STATES:
        return _STATES[state][1]
    gaps.append(Missing(name="timezone", note=f"no state is known; {FALLBACK_TIMEZONE} is used"))
    return FALLBACK_TIMEZONE


def read_service(item: Item, utility_id: int, gaps: Gaps) -> Service:
    """What the rate sells: `servicetype` where it says delivery or energy, else a full bill.

    Rates of Texas wires companies are delivery only, whatever they say.
    """
    said = text(item, "servicetype").lower()
    is_wires = bool({utility_id, usual_id(utility_id)} & _DELIVERY_ONLY)
    if said == "delivery" or (is_wires and said != "energy"):
        gaps.append(Missing(name="supply", note="the rate is delivery only"))
        return Service.DELIVERY
    if said == "energy":
        gaps.append(Missing(name="delivery", note="the rate is supply only"))
        return Service.SUPPLY
    return Service.BUNDLED
