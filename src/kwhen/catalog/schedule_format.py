"""Named schedules of a plan file: parts of the year, each with its days as ranges of hours."""

from dataclasses import dataclass

from kwhen.catalog.clock_text import day_names, day_text
from kwhen.catalog.fields import Fields
from kwhen.engine.calendar import Schedule, SchedulePart
from kwhen.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class PartText:
    """One part of the year, its days by period name."""

    starts: tuple[int, int]  # (month, day)
    season: str
    weekday: tuple[str, ...]  # (96,)
    weekend: tuple[str, ...]  # (96,)
    holiday: tuple[str, ...] | None  # (96,); None: as the weekend


ScheduleText = tuple[PartText, ...]


def read_schedule(parts: list[Fields]) -> ScheduleText:
    """The parts of one named schedule. An absent weekend is as the weekday."""
    return tuple(_part(fields) for fields in parts)


def _part(fields: Fields) -> PartText:
    weekday = day_names(fields.text("weekday"), fields.where)
    weekend = fields.optional("weekend", fields.text, None)
    holiday = fields.optional("holiday", fields.text, None)
    part = PartText(
        starts=_month_day(fields),
        season=fields.text("season"),
        weekday=weekday,
        weekend=day_names(weekend, fields.where) if weekend else weekday,
        holiday=day_names(holiday, fields.where) if holiday else None,
    )
    fields.close()
    return part


def _month_day(fields: Fields) -> tuple[int, int]:
    month, _, day = fields.text("starts").partition("-")
    if not (month.isdigit() and day.isdigit()):
        raise fields.wrong("starts", 'month and day such as "06-01"')
    return int(month), int(day)


def bind_schedule(text: ScheduleText, periods: tuple[str, ...], where: str) -> Schedule:
    """A schedule over the periods of one charge.

    A name in a day is the period of that name, or of that name behind its season's:
    `peak` in the season `summer` finds `summer peak`.
    """
    index = {name: number for number, name in enumerate(periods)}
    if len(index) != len(periods):
        raise SourceError(f"{where}: two periods share a name: {list(periods)}")
    return Schedule(
        parts=tuple(
            SchedulePart(
                starts=part.starts,
                season=part.season,
                weekday=_indices(part.weekday, part.season, index, where),
                weekend=_indices(part.weekend, part.season, index, where),
                holiday=_indices(part.holiday, part.season, index, where) if part.holiday else None,
            )
            for part in text
        )
    )


def _indices(
    names: tuple[str, ...], season: str, index: dict[str, int], where: str
) -> tuple[int, ...]:
    found = {}
    for name in set(names):
        full = f"{season} {name}"
        if full not in index and name not in index:
            raise SourceError(f"{where}: no period {full!r} or {name!r} among {list(index)}")
        found[name] = index[full] if full in index else index[name]
    return tuple(found[name] for name in names)


def schedule_rows(schedule: Schedule, periods: tuple[str, ...]) -> list[dict[str, str]]:
    """The parts of a schedule as the fields of a file."""
    rows = []
    for part in schedule.parts:
        short = [name.removeprefix(f"{part.season} ") for name in periods]
        weekday = day_text([short[i] for i in part.weekday])
        weekend = day_text([short[i] for i in part.weekend])
        row = {
            "season": part.season,
            "starts": f"{part.starts[0]:02d}-{part.starts[1]:02d}",
            "weekday": weekday,
        }
        if weekend != weekday:
            row["weekend"] = weekend
        if part.holiday is not None:
            row["holiday"] = day_text([short[i] for i in part.holiday])
        rows.append(row)
    return rows
