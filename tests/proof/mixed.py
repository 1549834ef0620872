"""Everything that a worker is asked for, in turn and at once, and how its memory grows."""

import http.client
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.proof.served import DEADLINE_S, HOST, Server, Site, running, send

LOOKS_COUNT = 4  # at the memory, on the way
WORKER = "kwhen.service.server:make_app"  # what each process of several is
CLIENTS = 4
HOMES = 40
ZIPCODES = (
    "94107",
    "92101",
    "90001",
    "95814",
    "93301",
    "94612",
    "92618",
    "93727",
    "10001",
    "77002",
)
YEAR_KWH = [[0.3 + cell % 7 / 10 for cell in range(96)] for _ in range(365)]
YEAR = {"startDate": "2025-01-01", "endDate": "2026-01-01"}

Asked = tuple[str, Any, tuple[int, ...]]  # path, body, statuses that are fine
WEIGHTS = {
    "signal": 40, "impact of a year": 20, "list": 8, "utility": 8, "history": 6,
    "compare plans": 4, "batch": 4, "error": 10,
}  # fmt: skip


class Asker:
    """One client that asks for this and that."""

    def __init__(self, site: Site, number: int) -> None:
        self.random = Random(number)
        self.headers = {"x-ws-api-key": site.key}
        self.homes: list[str] = []
        self.counts = Counter[str]()
        self.wrong: list[str] = []

    def work(self, port: int, count: int) -> None:
        """Ask as often as told."""
        with closing(http.client.HTTPConnection(HOST, port, timeout=DEADLINE_S)) as connection:
            for _ in range(count):
                kind = self.random.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
                path, body, fine = self.asked(kind)
                status, answer = send(connection, "POST", path, body, self.headers)
                self.counts[kind] += 1
                if status not in fine:
                    self.wrong.append(f"{path} {str(body)[:200]}: {status} {str(answer)[:500]}")

    def asked(self, kind: str) -> Asked:
        """One request of a kind."""
        home = f"/v1/homes/{self.random.choice(self.homes)}"
        zipcode = self.random.choice(ZIPCODES)
        match kind:
            case "signal":
                return f"{home}/price_signal", self.window(), (200,)
            case "impact of a year":
                body = {**YEAR, "usage": YEAR_KWH, "debug": self.random.random() < 0.1}
                return f"{home}/calculate/impact", body, (200,)
            case "list":
                return "/v1/homes/list", {}, (200,)
            case "utility":
                detail = self.random.choice(["full", "minimal"])
                return "/v1/utility/get", {"zipcode": zipcode, "detailLevel": detail}, (200,)
            case "history" if self.random.random() < 0.5:
                return f"{home}/usage/put", {**YEAR, "usage": YEAR_KWH}, (200,)
            case "history":
                return f"{home}/usage/get", {}, (200,)
            case "compare plans":
                body = {**YEAR, "usage": YEAR_KWH, "home": {"zipcode": zipcode}}
                return "/v1/compare/rateplans", body, (200, 400)
            case "batch":
                body = {**self.window(), "homeIds": self.homes}
                return "/v1/homes/price_signal/batch", body, (200,)
        return self.random.choice(
            [
                ("/v1/nothing", {}, (404,)),
                ("/v1/homes/ws_home_0/get", None, (404,)),
                ("/v1/homes/create", {"name": 1, "zipcode": "x" * 1000}, (400,)),
                (f"{home}/calculate/impact", {**YEAR, "usage": YEAR_KWH[:-1]}, (400,)),
                (f"{home}/usage/put", {**YEAR, "usage": [["x"] * 96] * 300}, (400,)),
            ]
        )

    def window(self) -> dict[str, str]:
        """A day to a month somewhere in a year."""
        month, length = self.random.randint(1, 11), self.random.randint(1, 28)
        minute = self.random.randint(0, 59)
        return {
            "startTime": f"2026-{month:02}-01T00:{minute:02}:00Z",
            "endTime": f"2026-{month:02}-{length:02}T12:{minute:02}:00Z",
        }


def make_homes(port: int, site: Site) -> list[str]:
    """Homes on every plan of a few places, every second one with solar."""
    headers = {"x-ws-api-key": site.key}
    found = []
    with closing(http.client.HTTPConnection(HOST, port, timeout=DEADLINE_S)) as connection:
        query = {"zipcode": "94107"}
        _, utilities = send(connection, "POST", "/v1/utility/get", query, headers)
        plans = [plan["id"] for utility in utilities for plan in utility["ratePlans"]]
        for number in range(HOMES):
            home = {"name": "H", "zipcode": "94107", "ratePlanId": plans[number % len(plans)]}
            solar = {"solarSystemSizeKw": 5, "isNonNetMetered": True} if number % 2 else {}
            status, made = send(connection, "POST", "/v1/homes/create", home | solar, headers)
            assert status == 200, made
            found.append(made["id"])
    return found


def ask_at_once(server: Server, askers: list[Asker], count: int) -> None:
    """Share a number of requests among clients that work at the same time."""
    threads = [
        threading.Thread(target=asker.work, args=(server.port, count // len(askers)))
        for asker in askers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [words for asker in askers for words in asker.wrong]
    assert not wrong, wrong[0]


@dataclass(frozen=True, kw_only=True)
class Grown:
    """What was asked of a worker, and its resident memory before and on the way."""

    counts: Counter[str]
    sizes_kb: list[int]
    complaints: list[str]


def grow(site: Site, requests_count: int) -> Grown:
    """Ask one worker for this and that, by several clients at once."""
    askers = [Asker(site, number) for number in range(CLIENTS)]
    with running(site, factory=WORKER) as server:
        sizes_kb = [server.resident_kb()]
        homes = make_homes(server.port, site)
        for asker in askers:
            asker.homes = homes
        for _ in range(LOOKS_COUNT):
            ask_at_once(server, askers, requests_count // LOOKS_COUNT)
            sizes_kb.append(server.resident_kb())
    counts = sum((asker.counts for asker in askers), Counter[str]())
    return Grown(counts=counts, sizes_kb=sizes_kb, complaints=server.complaints())
