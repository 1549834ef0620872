"""Month and hour of UTC seconds on a zone's clock, against the standard library's one by one."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kwhen.engine.grid import month_hour
from kwhen.errors import UsageError

ZONES = [
    "America/Los_Angeles", "America/Phoenix", "America/New_York", "Pacific/Honolulu",
    "America/Puerto_Rico", "Pacific/Guam", "America/Indiana/Indianapolis", "Asia/Kolkata",
]  # fmt: skip


def one_by_one(epoch_s: np.ndarray, zone: str, *, standard: bool) -> list[tuple[int, int]]:
    found = []
    for moment in epoch_s.tolist():
        local = datetime.fromtimestamp(moment, ZoneInfo(zone))
        if standard:
            offset = (local.utcoffset() or timedelta()) - (local.dst() or timedelta())
            local = datetime.fromtimestamp(moment, timezone(offset))
        found.append((local.month, local.hour))
    return found


@pytest.mark.parametrize("standard", [False, True], ids=["wall clock", "standard time"])
@pytest.mark.parametrize("zone", ZONES)
def test_every_moment_has_the_month_and_hour_of_the_standard_library(zone, standard):
    moments = np.random.default_rng(7).integers(1_546_300_800, 1_893_456_000, 500)  # 2019 to 2029
    month, hour = month_hour(moments, zone, standard=standard)
    pairs = list(zip(month.tolist(), hour.tolist(), strict=True))
    assert pairs == one_by_one(moments, zone, standard=standard)


def test_around_every_change_of_a_year():
    quarters = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) + np.arange(365 * 96) * 900
    for standard in (False, True):
        month, hour = month_hour(quarters, "America/Los_Angeles", standard=standard)
        pairs = list(zip(month.tolist(), hour.tolist(), strict=True))
        assert pairs == one_by_one(quarters, "America/Los_Angeles", standard=standard)


def test_no_moments_and_no_zone():
    assert [len(part) for part in month_hour(np.zeros(0, dtype=np.int64), "UTC")] == [0, 0]
    with pytest.raises(UsageError, match="is no IANA time zone"):
        month_hour(np.array([0]), "America/Atlantis")
