"""When runs are made by themselves."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kwhen.errors import FieldError, InvalidFields
from kwhen.records import Schedule

LEAST_MINUTES, MOST_MINUTES = 5, 1440
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def check_schedule(schedule: Schedule) -> None:
    """Refuse a schedule that says nothing, or two things.

    Raises
    ------
    InvalidFields
    """
    wrong = []
    if (schedule.every_minutes is None) == (schedule.daily_at is None):
        wrong.append(FieldError("schedule", "give everyMinutes, or dailyAt with timezone"))
    minutes = schedule.every_minutes
    if minutes is not None and not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        wrong.append(
            FieldError("schedule.everyMinutes", f"must be {LEAST_MINUTES} to {MOST_MINUTES}")
        )
    if schedule.daily_at is not None:
        if not _CLOCK.fullmatch(schedule.daily_at):
            wrong.append(FieldError("schedule.dailyAt", "must be a local time, such as 06:30"))
        if not _is_zone(schedule.timezone):
            wrong.append(
                FieldError("schedule.timezone", "must be an IANA zone, such as America/New_York")
            )
    if wrong:
        raise InvalidFields(wrong)


def next_run_at(schedule: Schedule | None, now: datetime) -> datetime | None:
    """The first moment after now at which a run is due; times of a skipped hour move on."""
    if schedule is None:
        return None
    if schedule.every_minutes is not None:
        step_s = schedule.every_minutes * 60
        return datetime.fromtimestamp((now.timestamp() // step_s + 1) * step_s, UTC)
    assert schedule.daily_at is not None and schedule.timezone is not None
    zone = ZoneInfo(schedule.timezone)
    at = time.fromisoformat(schedule.daily_at)
    day = now.astimezone(zone).date()
    while True:
        # Through UTC: a time that spring leaves out becomes the one an hour later.
        found = datetime.combine(day, at, zone).astimezone(UTC)
        if found > now:
            return found
        day += timedelta(days=1)


def _is_zone(name: str | None) -> bool:
    try:
        return name is not None and bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
