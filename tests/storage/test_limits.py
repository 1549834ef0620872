"""Rate limits let exactly the limit through, in any number of threads and processes."""

import pytest
from sqlalchemy import text

from kwhen.storage import limits
from kwhen.storage.database import Database
from kwhen.storage.limits import Allowance
from tests.processes import at_once
from tests.storage.rows import NOW, all_at_once

NOW_S = NOW.timestamp()
MINUTE_S = 60.0


def take(database: Database, at_s: float, limit_count: int, key: str = "key:1") -> Allowance:
    with database.gate() as gate:
        return limits.take(
            gate, key, limit_count=limit_count, window_s=MINUTE_S, now_s=NOW_S + at_s
        )


def allowed_count(database: Database, at_s: float, limit_count: int, tries: int) -> int:
    """How many of some requests at one moment are let through."""
    with database.gate() as gate:
        return sum(
            limits.take(
                gate, "key:1", limit_count=limit_count, window_s=MINUTE_S, now_s=NOW_S + at_s
            ).is_allowed
            for _ in range(tries)
        )


@pytest.mark.parametrize("limit_count", [1, 2, 7, 599, 601])
def test_a_full_bucket_holds_exactly_the_limit(database: Database, limit_count: int) -> None:
    assert allowed_count(database, 0, limit_count, limit_count + 5) == limit_count


@pytest.mark.parametrize("limit_count", [60, 600])
def test_it_fills_again_as_time_goes(database: Database, limit_count: int) -> None:
    assert allowed_count(database, 0, limit_count, limit_count) == limit_count
    assert allowed_count(database, 0, limit_count, 1) == 0
    worth_s = MINUTE_S / limit_count
    assert allowed_count(database, 0.5 * worth_s, limit_count, 1) == 0
    assert allowed_count(database, 3.01 * worth_s, limit_count, 5) == 3
    assert allowed_count(database, 3 * MINUTE_S, limit_count, limit_count + 5) == limit_count


def test_what_is_told(database: Database) -> None:
    first = take(database, 0, 3)
    assert (first.is_allowed, first.remaining_count, first.retry_after_s) == (True, 2, 0)
    assert first.full_in_s == pytest.approx(20, abs=1e-3)
    assert [take(database, 0, 3).remaining_count for _ in range(2)] == [1, 0]
    refused = take(database, 5, 3)
    assert (refused.is_allowed, refused.remaining_count) == (False, 0)
    assert refused.retry_after_s == pytest.approx(15, abs=1e-3)
    assert take(database, 5 + refused.retry_after_s, 3).is_allowed


def test_a_refused_request_does_not_make_the_wait_longer(database: Database) -> None:
    take(database, 0, 1)
    waits_s = [take(database, 0, 1).retry_after_s for _ in range(5)]
    assert waits_s == [waits_s[0]] * 5


def test_buckets_do_not_know_each_other(database: Database) -> None:
    assert take(database, 0, 1, "key:1").is_allowed
    assert take(database, 0, 1, "key:2").is_allowed
    assert not take(database, 0, 1, "key:1").is_allowed


def test_a_lower_limit_holds_at_once(database: Database) -> None:
    assert allowed_count(database, 0, 600, 30) == 30
    assert allowed_count(database, 0, 2, 1) == 1  # 3 s of 60 are taken
    assert allowed_count(database, 0, 2, 2) == 0


def test_threads_share_one_bucket(database: Database) -> None:
    found = all_at_once(
        [lambda: [take(database, 0, 50).is_allowed for _ in range(20)]] * 8  # 160 tries
    )
    assert sum(map(sum, found)) == 50


def test_processes_share_one_bucket(database: Database) -> None:
    printed = at_once(
        "import sys\nfrom kwhen.storage.database import Database\n"
        "from kwhen.storage import limits\nfrom concurrent.futures import ThreadPoolExecutor",
        "db = Database(sys.argv[1])\n"
        "def tries(_):\n"
        "    count = 0\n"
        "    for _ in range(25):\n"
        "        with db.gate() as c:\n"
        "            count += limits.take(c, 'key:1', limit_count=100, window_s=60.0,\n"
        "                                 now_s=float(sys.argv[2])).is_allowed\n"
        "    return count\n"
        "with ThreadPoolExecutor(4) as pool: print(sum(pool.map(tries, range(4))))",
        database.url.render_as_string(hide_password=False),
        repr(NOW_S),
    )
    assert sum(map(int, printed)) == 100, printed


def test_full_buckets_are_forgotten(database: Database) -> None:
    take(database, 0, 600, "key:old")
    take(database, 59, 1, "key:new")
    with database.gate() as gate:
        limits.sweep(gate, NOW_S + 60)
    with database.engine.begin() as connection:
        assert connection.execute(text("SELECT key FROM rate_bucket")).scalars().all() == [
            "key:new"
        ]
