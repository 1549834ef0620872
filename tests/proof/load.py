"""Clients that write as fast as they can, and know exactly what was acknowledged to them."""

import http.client
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.proof.served import DEADLINE_S, HOST, Site, send

MOST_HOMES = 6  # of a client; then it removes one before it makes another
FIRST_DAY = date(2025, 1, 1)
LAST_START = 30
DAYS = (1, 3, 14, 60, 366)
CELLS = 96
STAMPS = 900  # below the largest kWh of a cell

Days = Mapping[str, int]  # day → the stamp of the put that wrote it


@dataclass(frozen=True, kw_only=True)
class Home:
    """What a client knows of one of its homes: the last answer, and each day's stamp."""

    answer: Mapping[str, Any]
    days: Days = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.answer["id"])


@dataclass(frozen=True, kw_only=True)
class Create:
    key: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Update:
    home_id: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Put:
    home_id: str
    first: date
    count: int
    stamp: int


@dataclass(frozen=True, kw_only=True)
class Remove:
    home_id: str


Op = Create | Update | Put | Remove


def energy_kwh(stamp: int, day: str) -> tuple[list[float], list[float]]:
    """Import and export of a day: 96 values that no other stamp has; the first starts with it."""
    base = stamp + date.fromisoformat(day).toordinal() % 1000 / 1e4
    return (
        [round(base + cell / 1e6, 6) for cell in range(CELLS)],
        [round(base / 2 + cell / 1e6, 6) for cell in range(CELLS)],
    )


def days_of(op: Put) -> Days:
    """What a put writes."""
    return {(op.first + timedelta(n)).isoformat(): op.stamp for n in range(op.count)}


class Client:
    """One client with homes of its own: between two answers it waits for at most one."""

    def __init__(self, site: Site, number: int, on_answer: Callable[[], None]) -> None:
        self.headers = {"x-ws-api-key": site.key}
        self.random = Random(number)
        self.number = number
        self.homes: dict[str, Home] = {}
        self.created: tuple[Create, str] | None = None  # the last create and the id it gave
        self.pending: Op | None = None
        self.wrong: list[str] = []
        self.stamp = 0
        self._on_answer = on_answer

    def begin(self, port: int) -> threading.Thread:
        """Work against a server until it is gone."""
        thread = threading.Thread(target=self._work, args=(port,))
        thread.start()
        return thread

    def _work(self, port: int) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=DEADLINE_S)
        while not self.wrong:
            self.pending = self._next()
            try:
                status, answer = self.ask(connection, self.pending)
            except (OSError, http.client.HTTPException):
                break  # the server is gone; what was asked is answered by the next one
            if status != 200:
                self.wrong.append(f"{self.pending} was answered {status}: {answer}")
                break
            self._take(self.pending, answer)
            self.pending = None
            self._on_answer()
        connection.close()

    def _next(self) -> Op:
        self.stamp += 1
        if not self.homes or (len(self.homes) < MOST_HOMES and self.random.random() < 0.3):
            name = f"home {self.number} {self.stamp}"
            key = f"key {self.number} {self.stamp}"
            return Create(key=key, facts={**self._facts(), "name": name, "zipcode": "94107"})
        home_id = self.random.choice(list(self.homes))
        if len(self.homes) == MOST_HOMES or self.random.random() < 0.1:
            return Remove(home_id=home_id)
        if self.random.random() < 0.4:
            return Update(home_id=home_id, facts=self._facts())
        first = FIRST_DAY + timedelta(days=self.random.randrange(LAST_START))
        count = self.random.choice(DAYS)
        return Put(home_id=home_id, first=first, count=count, stamp=self.stamp % STAMPS)

    def _facts(self) -> dict[str, Any]:
        text = f"{self.number}-{self.stamp}"
        return {
            "userId": f"user {text}",
            "streetAddress": f"{text} Long Street " + "x" * self.random.randrange(1000),
            "meterId": f"meter {text}",
            "solarInfo": {"systemSizeKw": 1 + self.stamp % 50, "isNonNetMetered": True},
        }

    def ask(self, connection: http.client.HTTPConnection, op: Op) -> tuple[int, Any]:
        """Status and answer of one operation."""
        headers = dict(self.headers)
        path, body = f"/v1/homes/{getattr(op, 'home_id', '')}", None
        match op:
            case Create():
                headers["idempotency-key"] = op.key
                path, body = "/v1/homes/create", op.facts
            case Update():
                path, body = f"{path}/update", op.facts
            case Put():
                path, body = f"{path}/usage/put", _put_body(op)
            case Remove():
                path = f"{path}/remove"
        return send(connection, "POST", path, body, headers)

    def _take(self, op: Op, answer: Mapping[str, Any]) -> None:
        """Remember what was acknowledged."""
        match op:
            case Create():
                self.homes[answer["id"]] = Home(answer=answer)
                self.created = (op, answer["id"])
            case Update():
                self.homes[op.home_id] = replace(self.homes[op.home_id], answer=answer)
            case Put():
                home = self.homes[op.home_id]
                self.homes[op.home_id] = replace(home, days={**home.days, **days_of(op)})
            case Remove():
                del self.homes[op.home_id]


def _put_body(op: Put) -> dict[str, Any]:
    rows = [energy_kwh(op.stamp, day) for day in days_of(op)]
    return {
        "startDate": op.first.isoformat(),
        "endDate": (op.first + timedelta(days=op.count)).isoformat(),
        "usage": [imported for imported, _ in rows],
        "export": [exported for _, exported in rows],
    }
