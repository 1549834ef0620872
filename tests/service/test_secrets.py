"""No secret is logged, shown again or stored: keys, tokens, the deployment's own."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import select

from kwhen.storage.tables import Base
from tests.deployments import SECRET
from tests.service.described import ROUTES, with_key
from tests.service.test_problems import no_clock
from tests.service.world import Scene, World


@pytest.fixture(scope="module")
def kind() -> str:
    """One database is enough: logs do not come from it."""
    return "sqlite"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, down to the last local variable of a traceback."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root, level = logging.getLogger(), logging.getLogger().level
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(written),
    )
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)
    structlog.configure(**before)


def test_logs_tell_no_secret(world: World, log: io.StringIO) -> None:
    issued = world.orgs.new_key("north")
    scene = world.scene("north")
    with world.elsewhere() as own:
        secrets = {SECRET, *asked_everywhere(own, scene, issued.secret)}
    with world.elsewhere(clock=no_clock, is_broken=True) as broken:
        for route in ROUTES:
            route.ask(broken, scene, with_key(issued.secret))
    told = log.getvalue()  # whole: the servers have ended
    assert told.count('"event": "request"') > 9 * len(ROUTES) and "ZeroDivisionError" in told
    assert len(secrets) > 5
    for secret in secrets:
        assert secret not in told and secret.rsplit("_", 1)[-1] not in told
    assert issued.credential.id in told  # by which an operator finds it


def asked_everywhere(world: World, scene: Scene, secret: str) -> Iterator[str]:
    """Ask every route rightly and wrongly; gives each secret that was sent or answered."""
    minting = "/v1/onboarding/session-token/generate"
    token = world.client.post(minting, headers=with_key(secret)).json()["sessionToken"]
    mistyped = secret[:-1] + "?"
    yield from (secret, mistyped, token)
    for route in ROUTES:
        for headers in (
            with_key(secret),
            with_key(mistyped),
            {"authorization": f"Bearer {token}"},
            {"authorization": f"Basic {secret}"},
        ):
            answer = route.ask(world, scene, headers)
            route.send(world, b'{"x": "' + secret.encode(), headers, route.url(scene))
            yield from re.findall(r"wsk_[a-z]+_\w{38}", answer.text)


def test_a_line_of_the_log(world: World, log: io.StringIO) -> None:
    issued = world.orgs.key()
    with world.elsewhere() as own:
        answer = own.post("/v1/homes/list")
    lines = [json.loads(line) for line in log.getvalue().splitlines() if line.startswith("{")]
    (line,) = (line for line in lines if line["event"] == "request")
    assert line.pop("milliseconds") > 0
    assert line == {
        "event": "request",
        "request_id": answer.headers["x-request-id"],
        "method": "POST",
        "route": "/v1/homes/list",
        "status": 200,
        "org": issued.credential.tenant.org_id,
        "environment": "production",
        "credential": issued.credential.id,
    }


def test_the_database_holds_no_secret(world: World) -> None:
    issued = world.orgs.new_key()
    session = world.client.post(
        "/v1/onboarding/session-token/generate", headers=with_key(issued.secret)
    ).json()["sessionToken"]
    with world.deployment.database.reading() as opened:
        held = [
            str(value)
            for table in Base.metadata.sorted_tables
            for row in opened.execute(select(table))
            for value in row
        ]
    assert issued.credential.id in held
    for secret in (issued.secret, session, SECRET):
        assert not any(secret.rsplit("_", 1)[-1] in value for value in held)


def test_an_error_shows_no_key(world: World) -> None:
    secret = world.orgs.key().secret
    for wrong in (secret[:-1] + "?", secret + "x"):
        answer = world.client.post("/v1/homes/list", headers=with_key(wrong))
        assert answer.status_code == 401 and wrong not in answer.text
