"""The named sets of holidays in `data/holidays.toml`, each with its rule of observance."""

import tomllib
from functools import cache

from kwhen.catalog.fields import Fields
from kwhen.catalog.shipped import read_text
from kwhen.engine.calendar import Holiday, HolidayCalendar, Weekend
from kwhen.errors import SourceError

_FILE = "holidays.toml"


@cache
def holiday_sets() -> dict[str, HolidayCalendar]:
    """Every named set of the file."""
    return read_holiday_sets(read_text(_FILE), _FILE)


def holiday_set(name: str, where: str) -> HolidayCalendar:
    """One set; an unknown name is an error of the file that asks for it."""
    known = holiday_sets()
    if name not in known:
        raise SourceError(f"{where}: no holiday set {name!r}; {_FILE} has {sorted(known)}")
    return known[name]


def read_holiday_sets(text: str, where: str) -> dict[str, HolidayCalendar]:
    """Days by name, and sets of those names with what happens to a weekend's holiday."""
    fields = Fields(tomllib.loads(text), where)
    days = fields.table("days")
    known = {name: _holiday(name, days.table(name)) for name in days.names()}
    sets = fields.table("sets")
    found = {name: _calendar(sets.table(name), known) for name in sets.names()}
    fields.close()
    return found


def _holiday(name: str, fields: Fields) -> Holiday:
    holiday = Holiday(
        name=name,
        month=fields.integer("month"),
        day=fields.optional("day", fields.integer, None),
        weekday=fields.optional("weekday", fields.integer, None),
        nth_number=fields.optional("nth", fields.integer, 0),
    )
    fields.close()
    return holiday


def _calendar(fields: Fields, known: dict[str, Holiday]) -> HolidayCalendar:
    names = fields.texts("days")
    for name in names:
        if name not in known:
            raise fields.wrong("days", f"names among {sorted(known)}")
    calendar = HolidayCalendar(
        holidays=tuple(known[name] for name in names),
        saturday=fields.enum_or("saturday", Weekend.STAYS),
        sunday=fields.enum_or("sunday", Weekend.STAYS),
    )
    fields.text("source")
    fields.close()
    return calendar
