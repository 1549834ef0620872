"""`kill -9` amid writes: what was acknowledged is there, nothing is there by half."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from random import Random
from typing import Any

from sqlalchemy import text

from kwhen.storage.database import Database
from tests.proof.amounts import KILLS, WORKERS
from tests.proof.load import Client, Create, Home, Op, Put, Remove, Update, days_of, energy_kwh
from tests.proof.served import DEADLINE_S, HOST, Server, Site, send, start, wait_for

CLIENTS = 4
ANSWERS = (15, 60)  # acknowledged before a kill: from, to

Listed = dict[str, Mapping[str, Any]]


class Load:
    """All clients, and how many answers they have had."""

    def __init__(self, site: Site) -> None:
        self.answered = 0
        self.changed = threading.Condition()
        self.clients = [Client(site, number, self._count) for number in range(CLIENTS)]

    def _count(self) -> None:
        with self.changed:
            self.answered += 1
            self.changed.notify()

    @contextmanager
    def until(self, port: int, more: int) -> Iterator[None]:
        """The body runs amid the load, right after `more` answers; it must end the server."""
        wanted = self.answered + more
        threads = [client.begin(port) for client in self.clients]
        with self.changed:
            came = self.changed.wait_for(lambda: self.answered >= wanted, DEADLINE_S)
        yield
        for thread in threads:
            thread.join(DEADLINE_S)
        assert not any(thread.is_alive() for thread in threads)
        wrong = [words for client in self.clients for words in client.wrong]
        assert came and not wrong, wrong


def test_what_was_acknowledged_outlives_kills(site: Site, tell: Callable[[str], None]) -> None:
    load, random, fates = Load(site), Random(0), Counter[str]()
    server = start(site, workers=WORKERS)
    for _ in range(KILLS):
        with load.until(server.port, random.randint(*ANSWERS)):
            server.kill()
        settle(site)
        server = start(site, workers=WORKERS)
        fates += check(server, load.clients)
        check_rows(site)
    server.kill()
    tell(
        f"{site.name}: {KILLS} kills amid {load.answered} acknowledged writes; of those without "
        f"an answer {fates['done']} were done and {fates['undone']} were not"
    )
    assert fates.total() > 0, "no kill met a write"


def settle(site: Site) -> None:
    """Wait until the database has ended what the dead server had begun."""
    if site.name == "SQLite":
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with opened(site) as database, database.engine.connect() as connection:
        wait_for(
            "the end of the connections",
            lambda: connection.execute(others).scalar_one() == 0 or connection.rollback(),
        )


@contextmanager
def opened(site: Site) -> Iterator[Database]:
    database = Database(site.database_url)
    yield database
    database.dispose()


def check(server: Server, clients: list[Client]) -> Counter[str]:
    """Compare the server's homes with what each client knows; the fates of pending writes."""
    fates = Counter[str]()
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=DEADLINE_S)) as connection:
        listed = all_homes(connection, clients[0].headers)
        for client in clients:
            for home in list(client.homes.values()):
                check_home(connection, client, home, listed.pop(home.id, None), fates)
            check_creates(connection, client, listed, fates)
            client.pending = None
        assert not listed, f"homes that nobody made: {list(listed)}"
        known = {home_id for client in clients for home_id in client.homes}
        assert all_homes(connection, clients[0].headers).keys() == known
    return fates


def all_homes(connection: http.client.HTTPConnection, headers: Mapping[str, str]) -> Listed:
    status, homes = send(connection, "POST", "/v1/homes/list", {}, headers)
    assert status == 200, homes
    return {home["id"]: home for home in homes}


def check_home(
    connection: http.client.HTTPConnection,
    client: Client,
    home: Home,
    found: Mapping[str, Any] | None,
    fates: Counter[str],
) -> None:
    """A home is exactly as acknowledged, or as after the write that waited for its answer."""
    op = client.pending
    mine = op if not isinstance(op, Create) and op and op.home_id == home.id else None
    days = stored_days(connection, client, home.id)
    if found is None:
        assert isinstance(mine, Remove), f"{home.id} is lost; pending was {op}"
        assert days is None, f"the history of {home.id} outlived it"
        del client.homes[home.id]
        fates["done"] += 1
        return
    after = Home(answer=found, days=days or {})
    if after == home:
        fates["undone"] += mine is not None
        return
    assert mine is not None, f"{home.id} is not as acknowledged: {found}, was {home.answer}"
    assert is_after(home, mine, after), f"{mine} was done by half: {after}"
    client.homes[home.id] = after
    fates["done"] += 1


def stored_days(
    connection: http.client.HTTPConnection, client: Client, home_id: str
) -> dict[str, int] | None:
    """The stamp of every day of a home, whose 96 values are all of it; None: no home."""
    path = f"/v1/homes/{home_id}/usage/get"
    status, answer = send(connection, "POST", path, {}, client.headers)
    if status == 404:
        return None
    assert status == 200, answer
    rows = zip(answer["dates"], answer["usage"], answer["export"] or [], strict=True)
    found = {}
    for day, imported, exported in rows:
        found[day] = int(imported[0])
        assert (imported, exported) == energy_kwh(found[day], day), f"{day} of {home_id} is mixed"
    return found


def is_after(home: Home, op: Op, found: Home) -> bool:
    """Whether a home is as one write leaves it, all of it."""
    match op:
        case Update(facts=facts):
            new = {name: found.answer[name] for name in (*facts, "updatedAt")}
            rest_is_same = {**home.answer, **new} == found.answer and home.days == found.days
            return rest_is_same and has_facts(found.answer, facts)
        case Put():
            return home.answer == found.answer and found.days == {**home.days, **days_of(op)}
        case _:
            return False


def has_facts(answer: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether an answer shows what was sent; solar is answered with more than was sent."""
    solar = facts["solarInfo"].items() <= answer["solarInfo"].items()
    return solar and all(answer[name] == facts[name] for name in facts if name != "solarInfo")


def check_creates(
    connection: http.client.HTTPConnection, client: Client, listed: Listed, fates: Counter[str]
) -> None:
    """A create that is sent again under its key gives the home that there is, or makes it."""
    if client.created is not None:
        op, home_id = client.created
        status, answer = client.ask(connection, op)
        assert (status, answer["id"]) == (200, home_id)
    op = client.pending
    if not isinstance(op, Create):
        return
    status, answer = client.ask(connection, op)
    assert status == 200, answer
    assert has_facts(answer, op.facts), answer
    before = listed.pop(answer["id"], None)
    assert before in (None, answer)
    fates["undone" if before is None else "done"] += 1
    client.homes[answer["id"]] = Home(answer=answer)
    client.created = (op, answer["id"])


def check_rows(site: Site) -> None:
    """No row is without what it belongs to, and no answer was kept before it was given."""
    with opened(site) as database, database.reading() as session:
        pending = text("SELECT count(*) FROM kept_answer WHERE status = 0")
        orphans = text(
            "SELECT count(*) FROM usage_day WHERE home_number NOT IN (SELECT number FROM home)"
        )
        assert session.execute(pending).scalar_one() == 0
        assert session.execute(orphans).scalar_one() == 0
        if database.is_sqlite:
            assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
