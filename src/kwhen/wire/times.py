"""Moments and durations as the contracts write them."""

from datetime import UTC, datetime, timedelta

from kwhen.errors import UsageError


def moment(at: datetime) -> str:
    """UTC with milliseconds and Z, such as 2026-07-01T16:00:00.000Z."""
    if at.tzinfo is None:
        raise UsageError(f"{at.isoformat()} has no time zone; give an aware datetime")
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def duration(length: timedelta) -> str:
    """ISO 8601 duration in hours, minutes and seconds: a day of prices reads PT24H."""
    total_s = length.total_seconds()
    if total_s <= 0:
        raise UsageError(f"a duration must be longer than zero, got {length}")
    minutes, seconds = divmod(total_s, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = "PT"
    text += f"{hours}H" if hours else ""
    text += f"{minutes}M" if minutes else ""
    if seconds:
        text += f"{seconds:.3f}".rstrip("0").rstrip(".") + "S"
    return text
