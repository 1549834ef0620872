"""The unit register: the last words of a number's name tell its unit.

A numeric field, parameter or array in the engine ends in one of these suffixes, or in one of
the counting words. `tests/test_names.py` holds the engine to it.
"""

from typing import Final

UNITS: Final[dict[str, str]] = {
    "_usd": "US dollars",
    "_usd_per_kwh": "US dollars per kilowatt hour",
    "_usd_per_mwh": "US dollars per megawatt hour",
    "_usd_per_unit": "US dollars per unit of a line, which the line names",
    "_usd_per_kw": "US dollars per kilowatt and billing month",
    "_usd_per_kw_month": "US dollars per kilowatt of solar and month",
    "_usd_per_kw_season": "US dollars per kilowatt and season of a programme",
    "_usd_per_mw_day": "US dollars per megawatt and day",
    "_usd_per_day": "US dollars per day",
    "_usd_per_month": "US dollars per month",
    "_usd_per_year": "US dollars per year",
    "_kwh": "kilowatt hours",
    "_kwh_per_day": "kilowatt hours per day",
    "_kw": "kilowatts, an average over a step or window",
    "_lb": "pounds of CO2 equivalent",
    "_lb_per_mwh": "pounds of CO2 equivalent per megawatt hour",
    "_usd_per_tonne": "US dollars per metric tonne of CO2 equivalent",
    "_w_per_m2": "watts of sunlight per square metre",
    "_deg": "degrees of angle; azimuths clockwise from north, latitude north, longitude east",
    "_frac": "a share, 1 is the whole",
    "_ratio": "one quantity over another of the same unit",
    "_bytes": "bytes of memory",
    "_mib": "mebibytes of memory",
    "_s": "seconds",
    "_minutes": "minutes",
    "_hours": "hours",
    "_days": "days",
    "_months": "months",
    "_years": "years",
}

# Words for numbers that count, index or identify rather than measure; a plural counts as well.
COUNTS: Final[frozenset[str]] = frozenset(
    {"index", "count", "number", "day", "month", "year", "quarter", "weekday", "ordinal", "epoch"}
    | {"id", "kind", "start", "label", "component", "home"}
    | {"step", "run", "bin", "row", "pool", "stretch", "cycle", "segment", "period", "tier"}
)

# Numbers whose unit is said beside them, or that hold kWh and dollars alike.
DIMENSIONLESS: Final[frozenset[str]] = frozenset({"quantity", "amount", "balance", "change"})
