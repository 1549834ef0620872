"""The log: one form for all, nothing of requests that is theirs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.running import environment, running

PROGRAM = """
import logging, warnings
from pathlib import Path
import structlog
from kwhen.service.logs import configure_logs
from kwhen.settings import Settings

configure_logs(Settings(data=Path("."), log_format={form!r}, log_level={level!r}))
log = structlog.get_logger("kwhen")
log.debug("one", number=1)
log.info("two", number=2)
logging.getLogger("uvicorn.error").debug("three")
logging.getLogger("uvicorn.error").warning("four %s", "4")
warnings.warn("five")
secret = "hidden"
try:
    raise ValueError("six")
except ValueError as error:
    log.error("failed", exc_info=error)
    logging.getLogger("uvicorn.error").error("failed too", exc_info=error)
"""


def said(form: str = "json", level: str = "info") -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(form=form, level=level)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stdout
    return done.stderr


def test_every_line_is_one_json_object() -> None:
    lines = [json.loads(line) for line in said().splitlines()]
    assert [line["level"] for line in lines] == ["info", "warning", "warning", "error", "error"]
    events = [line["event"] for line in lines]
    assert events[:2] == ["two", "four 4"] and events[3:] == ["failed", "failed too"]
    assert "UserWarning: five" in events[2]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert lines[0]["number"] == 2


def test_tracebacks_do_not_tell_the_values_of_variables() -> None:
    for form in ("json", "console"):
        text = said(form)
        assert text.count("ValueError: six") == 2 and "hidden" not in text.replace(
            'secret = "hidden"', ""
        )


@pytest.mark.parametrize(
    ("level", "there", "not_there"),
    [
        ("debug", ["one", "two", "four"], ["three"]),
        ("warning", ["four", "failed"], ["two"]),
        ("error", ["failed"], ["two", "four", "five"]),
    ],
)
def test_levels(level: str, there: list[str], not_there: list[str]) -> None:
    text = said("console", level)
    assert all(word in text for word in there)
    assert not any(word in text for word in not_there)


def test_a_request_leaves_one_line_without_what_it_carried(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        service.get("/healthz")
        answer = service.post(
            "/v1/homes/create?token=query-secret",
            {"name": "body-secret"},
            **{"x-ws-api-key": "header-secret", "cookie": "cookie-secret"},
        )
        service.end()
    (line,) = service.logged("request")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["route"], line["status"], line["method"]) == ("/v1/homes/create", 401, "POST")
    assert "-secret" not in service.log_file.read_text()
