"""From the channels of a file to whole local days of quarter hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from kwhen.errors import UsageError
from kwhen.usage.channel import Bools, Channel, Floats, Flow, Ints, check_energy
from kwhen.usage.clock import local_time, midnight_s, offsets_s, place_on_real_time
from kwhen.usage.fill import fill_gaps
from kwhen.usage.values import STEP_MINUTES, Fill, Gap, Usage

QUARTER_S: Final = 900
_DAY_S: Final = 86_400
_ALLOWED_S: Final = (300, 900, 1800, 3600)
_FIRST_S: Final = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
_LAST_S: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
# A ten-year window bounds the time and the memory that any file can ask for.
_LONGEST_S: Final = 3660 * _DAY_S
_SAME_KWH: Final = 1e-9


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Series:
    """One flow on the quarter-hour grid of the answer; missing quarters hold NaN."""

    energy_kwh: Floats  # (N,)
    is_estimated: Bools  # (N,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The whole local days of the answer, [first_s, last_s) in UTC seconds, and their edges."""

    first_s: int
    last_s: int
    edges: tuple[Gap, ...]

    @property
    def quarters_count(self) -> int:
        """Quarter hours in the window."""
        return (self.last_s - self.first_s) // QUARTER_S


def assemble(
    channels: Sequence[Channel],
    *,
    zone: ZoneInfo,
    fill: Fill,
    format_name: str,
    notes: Sequence[str] = (),
) -> Usage:
    """Whole local days of 15-minute usage from the readings of a file.

    Readings of 5 minutes are summed, of 30 and 60 split evenly; a net channel is cut at zero
    into import and export. Partial days at the edges are trimmed.

    Raises
    ------
    UsageError
        No readings, a reading out of bounds, two readings of one time that differ, less than
        a whole local day, or (with fill="error") missing intervals.
    """
    said = list(notes)
    settled = [_settle(channel, zone, said) for channel in channels]
    settled = [channel for channel in settled if len(channel)]
    if not any(channel.flow is not Flow.EXPORT for channel in settled):
        raise UsageError(f"{format_name}: no import readings; allowed is at least one local day")
    flows = [half for channel in settled for half in _split_net(channel)]
    window = _find_window(flows, zone)
    imports = _on_grid(flows, Flow.IMPORT, window)
    exports = _on_grid(flows, Flow.EXPORT, window)
    if imports is None:
        raise UsageError(f"{format_name}: no import readings; allowed is at least one local day")
    if window.edges:
        said.append("days that the file holds only in part were trimmed: see gaps")
    gaps = window.edges + _find_gaps(imports, exports, window, zone)
    imported_kwh, exported_kwh = imports.energy_kwh, exports.energy_kwh if exports else None
    if any(gap.reason.startswith("missing") for gap in gaps):
        slot = _weekly_slot(zone, window)
        imported_kwh = fill_gaps(imported_kwh, slot, fill=fill, gaps=gaps, notes=said)
        if exported_kwh is not None:
            exported_kwh = fill_gaps(exported_kwh, slot, fill=fill, gaps=gaps, notes=said)
    return Usage(
        start=local_time(zone, window.first_s),
        step_minutes=STEP_MINUTES,
        import_kwh=imported_kwh,
        export_kwh=exported_kwh,
        gaps=tuple(sorted(gaps, key=lambda gap: gap.start)),
        notes=tuple(dict.fromkeys(said)),
        format=format_name,
    )


def _settle(channel: Channel, zone: ZoneInfo, notes: list[str]) -> Channel:
    """The channel in UTC, checked, sorted, without blanks and duplicates."""
    _check_times(channel)
    placed, said = place_on_real_time(channel, zone)
    notes += said
    filled = check_energy(placed, channel.flow.value)
    _check_steps(filled, notes)
    ordered = filled.take(np.argsort(filled.start_s, kind="stable"))
    single = _drop_duplicates(ordered, notes)
    ends_s = single.start_s + single.duration_s  # (M,)
    overlap = single.start_s[1:] < ends_s[:-1]  # (M-1,)
    if overlap.any():
        row = int(np.argmax(overlap)) + 1
        raise UsageError(
            f"{single.where(row)}: the reading at {local_time(zone, int(single.start_s[row]))} "
            f"begins before that of {single.where(row - 1)} ends; readings may not overlap"
        )
    return single


def _check_times(channel: Channel) -> None:
    """Refuse a reading before 1990 or after 2099, and a file longer than ten years."""
    wrong = (channel.start_s < _FIRST_S) | (channel.start_s >= _LAST_S)  # (M,)
    if wrong.any():
        row = int(np.argmax(wrong))
        when = datetime(1970, 1, 1) + timedelta(
            seconds=int(np.clip(channel.start_s[row], -(10**10), 10**11))
        )
        raise UsageError(f"{channel.where(row)}: starts on {when}; allowed are 1990 to 2099")
    if len(channel) and int(np.ptp(channel.start_s)) > _LONGEST_S:
        raise UsageError("the readings span more than ten years; give at most ten at a time")


def _check_steps(channel: Channel, notes: list[str]) -> None:
    """Refuse odd durations and starts off the grid; say what will be split or summed."""
    wrong = ~np.isin(channel.duration_s, _ALLOWED_S)  # (M,)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise UsageError(
            f"{channel.where(row)}: covers {channel.duration_s[row] / 60:g} minutes; "
            "allowed are 5, 15, 30 and 60. Ask the utility for interval data"
        )
    wrong = channel.start_s % np.minimum(channel.duration_s, QUARTER_S) != 0  # (M,)
    if wrong.any():
        row = int(np.argmax(wrong))
        when = datetime.fromtimestamp(int(channel.start_s[row]), tz=UTC)
        raise UsageError(
            f"{channel.where(row)}: starts at {when:%H:%M:%S} UTC; a reading must begin on a "
            "quarter hour, or on five minutes if it covers five"
        )
    seconds = np.unique(channel.duration_s).tolist()
    words = {300: "5-minute readings were summed", 1800: "30-minute readings were split evenly"}
    words[3600] = "hourly readings were split evenly"
    notes += [f"{words[length]} into quarter hours" for length in seconds if length in words]


def _drop_duplicates(channel: Channel, notes: list[str]) -> Channel:
    """The sorted channel with one reading a start; differing twins are an error."""
    again = np.zeros(len(channel), dtype=np.bool_)  # (M,)
    again[1:] = np.diff(channel.start_s) == 0
    if not again.any():
        return channel
    change_kwh = np.abs(np.diff(channel.energy_kwh, prepend=0.0))
    change_s = np.diff(channel.duration_s, prepend=0)
    wrong = again & ((change_kwh > _SAME_KWH) | (change_s != 0))  # (M,)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise UsageError(
            f"{channel.where(row)}: {channel.energy_kwh[row]:g} kWh for a time that "
            f"{channel.where(row - 1)} gives as {channel.energy_kwh[row - 1]:g} kWh; "
            "allowed is one reading a time. Remove one of them"
        )
    notes.append(f"{int(again.sum())} duplicate readings with the same value were dropped")
    return channel.take(~again)


def _split_net(channel: Channel) -> list[Channel]:
    """A net channel cut at zero into import and export; others as they are."""
    if channel.flow is not Flow.NET:
        return [channel]
    import_kwh = np.maximum(channel.energy_kwh, 0.0)  # (M,)
    export_kwh = np.maximum(-channel.energy_kwh, 0.0)  # (M,)
    halves = [replace(channel, flow=Flow.IMPORT, energy_kwh=import_kwh)]
    if export_kwh.any():
        halves.append(replace(channel, flow=Flow.EXPORT, energy_kwh=export_kwh))
    return halves


def _find_window(flows: Sequence[Channel], zone: ZoneInfo) -> Window:
    """The whole local days between the first and the last reading; the rest is named."""
    begin_s = min(int(channel.start_s[0]) for channel in flows)
    end_s = max(int(channel.start_s[-1] + channel.duration_s[-1]) for channel in flows)
    day = timedelta(days=1)
    first_day = local_time(zone, begin_s).date()
    last_day = local_time(zone, end_s).date()
    edges = []
    if midnight_s(zone, first_day) < begin_s:
        edges.append(_day_gap(zone, first_day, first_day + day))
        first_day += day
    if midnight_s(zone, last_day) < end_s and last_day >= first_day:
        edges.append(_day_gap(zone, last_day, last_day + day))
    first_s, last_s = midnight_s(zone, first_day), midnight_s(zone, last_day)
    if last_s <= first_s or end_s - begin_s > _LONGEST_S:
        raise UsageError(
            f"the readings run from {local_time(zone, begin_s)} to {local_time(zone, end_s)}; "
            "needed is one whole local day, midnight to midnight, and at most ten years"
        )
    return Window(first_s=first_s, last_s=last_s, edges=tuple(edges))


def _day_gap(zone: ZoneInfo, day: date, after: date) -> Gap:
    """A trimmed local day as a gap."""
    start, end = (local_time(zone, midnight_s(zone, each)) for each in (day, after))
    return Gap(start=start, end=end, reason="partial day")


def _on_grid(flows: Sequence[Channel], flow: Flow, window: Window) -> Series | None:
    """The readings of one flow laid on the quarter hours of the window; None if it has none."""
    mine = [channel for channel in flows if channel.flow is flow]
    if not mine:
        return None
    if len(mine) > 1:
        raise UsageError(f"{len(mine)} columns of {flow.value}; allowed is one. Give one meter")
    channel = mine[0]
    parts = np.maximum(channel.duration_s // QUARTER_S, 1)  # (M,)
    whole = np.repeat(np.arange(len(channel)), parts)  # (P,)
    step = np.arange(len(whole)) - np.repeat(np.cumsum(parts) - parts, parts)  # (P,)
    index = (channel.start_s[whole] - window.first_s) // QUARTER_S + step  # (P,)
    inside = (index >= 0) & (index < window.quarters_count)  # (P,)
    whole, index = whole[inside], index[inside]
    count = window.quarters_count
    share_kwh = (channel.energy_kwh / parts)[whole]  # (P,)
    covered_s = np.bincount(
        index, np.minimum(channel.duration_s, QUARTER_S)[whole].astype(np.float64), count
    )  # (N,)
    energy_kwh = np.bincount(index, share_kwh, count).astype(np.float64)  # (N,)
    estimated = np.bincount(index[channel.is_estimated[whole]], minlength=count) > 0  # (N,)
    energy_kwh[covered_s < QUARTER_S] = np.nan
    return Series(energy_kwh=energy_kwh, is_estimated=estimated)


def _find_gaps(
    imports: Series, exports: Series | None, window: Window, zone: ZoneInfo
) -> tuple[Gap, ...]:
    """Runs of missing and of estimated quarter hours, in order."""
    reasons = ("", "estimated", "missing export", "missing")
    code = np.where(imports.is_estimated, 1, 0)  # (N,)
    if exports is not None:
        code = np.where(exports.is_estimated, 1, code)
        code = np.where(np.isnan(exports.energy_kwh), 2, code)
    code = np.where(np.isnan(imports.energy_kwh), 3, code)
    edges = np.flatnonzero(np.diff(code)) + 1
    starts = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [len(code)]])
    return tuple(
        Gap(
            start=local_time(zone, window.first_s + start * QUARTER_S),
            end=local_time(zone, window.first_s + end * QUARTER_S),
            reason=reasons[code[start]],
        )
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        if code[start]
    )


def _weekly_slot(zone: ZoneInfo, window: Window) -> Ints:
    """Local weekday and quarter hour of each step as one number, 0 to 671."""
    utc_s = np.arange(window.first_s, window.last_s, QUARTER_S, dtype=np.int64)  # (N,)
    wall_s = utc_s + offsets_s(zone, utc_s)  # (N,)
    slot: Ints = wall_s // QUARTER_S % (7 * 96)  # (N,) 1970 began on a Thursday
    return slot
