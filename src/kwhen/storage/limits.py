"""Rate limits that are exact over processes: one statement a request.

The bucket of a caller is kept as the moment at which it will be full again (GCRA). A request
moves that moment by the time one request is worth, and is refused where it would come to lie
further ahead than a whole bucket lasts. All times are whole ticks, so that no sum is rounded and
a bucket holds its limit exactly.
"""

from dataclasses import dataclass

from sqlalchemy import text

from kwhen.storage.prepared import Direct, Prepared

TICK_S = 2.0**-20  # about a microsecond; a double holds today's time in ticks with bits to spare
_TAKE = Prepared(
    text(
        """
    INSERT INTO rate_bucket (key, full_at_s) VALUES (:key, :now_s + :worth_s)
    ON CONFLICT (key) DO UPDATE SET full_at_s =
        CASE WHEN rate_bucket.full_at_s > :now_s THEN rate_bucket.full_at_s ELSE :now_s END
        + :worth_s
    WHERE rate_bucket.full_at_s <= :now_s + :window_s - :worth_s
    RETURNING full_at_s
    """
    )
)
_FULL_AT = Prepared(text("SELECT full_at_s FROM rate_bucket WHERE key = :key"))
_SWEEP = Prepared(text("DELETE FROM rate_bucket WHERE full_at_s < :now_s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a bucket says to one request."""

    is_allowed: bool
    limit_count: int
    window_s: float
    remaining_count: int
    full_in_s: float
    retry_after_s: float  # 0 where the request is allowed


def take(gate: Direct, key: str, *, limit_count: int, window_s: float, now_s: float) -> Allowance:
    """Take one request out of a bucket that holds `limit_count` and fills in `window_s`."""
    now_s = now_s // TICK_S * TICK_S
    worth_s = max(round(window_s / limit_count / TICK_S), 1) * TICK_S
    whole_s = worth_s * limit_count
    given = {"key": key, "now_s": now_s, "worth_s": worth_s, "window_s": whole_s}
    taken = _TAKE.row(gate, given)
    if taken is not None:
        ahead_s = taken[0] - now_s
        wait_s = 0.0
    else:
        held = _FULL_AT.row(gate, {"key": key})
        assert held is not None  # or the request would have been let in
        ahead_s = held[0] - now_s
        wait_s = ahead_s + worth_s - whole_s
    return Allowance(
        is_allowed=taken is not None,
        limit_count=limit_count,
        window_s=window_s,
        remaining_count=max(int((whole_s - ahead_s) // worth_s), 0),
        full_in_s=ahead_s,
        retry_after_s=wait_s,
    )


def sweep(gate: Direct, now_s: float) -> None:
    """Forget the buckets that are full."""
    _SWEEP.run(gate, {"now_s": now_s})
