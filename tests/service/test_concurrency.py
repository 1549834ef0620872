"""Many clients at once: none is refused for it, and what was acknowledged is there."""

from collections.abc import Callable
from random import Random

import httpx

from tests.deployments import PRODUCTION, SANDBOX
from tests.service.described import DAYS, TIMES, WINDOW
from tests.service.world import World
from tests.storage.rows import all_at_once

THREADS, TURNS = 8, 12


def test_mixed_requests_of_eight_threads(world: World) -> None:
    scene = world.scene(environment=SANDBOX)
    headers = world.headers(environment=SANDBOX)

    def post(path: str, body: object) -> httpx.Response:
        return world.client.post(path, json=body, headers=headers)

    def turns(number: int) -> list[str]:
        chance = Random(number)
        made: list[str] = []
        works: list[Callable[[int], httpx.Response]] = [
            lambda n: post("/v1/homes/create", {"name": f"Home {number}.{n}", "zipcode": "94107"}),
            lambda n: post("/v1/homes/create", {"name": f"Home {number}.{n}"}),
            lambda n: post(f"/v1/homes/{scene.home}/update", {"city": f"{number}.{n}"}),
            lambda n: post(f"/v1/homes/{scene.home}/usage/put", {"usage": DAYS, **WINDOW}),
            lambda n: post(f"/v1/homes/{scene.home}/price_signal", TIMES),
            lambda n: post("/v1/homes/list", {"pageSize": 5}),
            lambda n: post("/v1/onboarding/session-token/generate", {}),
        ]
        for turn in range(TURNS):
            work = chance.choice(works)
            answer = work(turn)
            assert answer.status_code == 200, answer.text
            if answer.json() and "name" in answer.json() and "Home" in answer.json()["name"]:
                made.append(answer.json()["id"])
        return made

    found = all_at_once([lambda number=number: turns(number) for number in range(THREADS)])
    made = {home for homes in found for home in homes} - {scene.home}
    listed = [home["id"] for home in post("/v1/homes/list", {}).json()]
    assert len(made) > THREADS and made <= set(listed) and len(listed) == len(set(listed))


def test_pages_are_exact_while_others_write(world: World) -> None:
    before = [world.scene("south").home for _ in range(10)]
    headers = world.headers("south", PRODUCTION)

    def write() -> list[str]:
        for number in range(10):
            path = f"/v1/homes/{before[number]}/update"
            world.client.post(path, json={"city": "changed"}, headers=headers)
            world.client.post("/v1/homes/create", json={"name": "new"}, headers=headers)
        return []

    def read() -> list[str]:
        seen: list[str] = []
        while page := world.client.post(
            "/v1/homes/list",
            json={"pageSize": 3} | ({"after": seen[-1]} if seen else {}),
            headers=headers,
        ).json():
            seen += [home["id"] for home in page]
        return seen

    for seen in all_at_once([write, write, read, read])[2:]:
        assert len(seen) == len(set(seen))
        assert [home for home in seen if home in before] == before
