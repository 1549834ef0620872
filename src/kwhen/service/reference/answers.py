"""Answers that no type of a handler tells: streams of lines, and those of health."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from kwhen.service.bodies import NDJSON, REF
from kwhen.service.metrics import MEDIA_TYPE
from kwhen.service.problems import Problem
from kwhen.service.requests import JSON_TYPE
from kwhen.wire.impact import ImpactAnswer
from kwhen.wire.model import Answered

STATUSES = {"200": "The answer.", "201": "It was received."}


class HomeFailed(Answered):
    """A line of a home that could not be answered."""

    home_id: str
    error: Problem = Field(description="Why not.")


class ImpactOfLine(ImpactAnswer):
    """The impact of a line."""

    line: int = Field(description="Number of the line that was sent, from 1.")
    home_id: str | None = Field(None, description="Where the line named a stored home.")


class LineFailed(Answered):
    """A line that could not be answered."""

    line: int = Field(description="Number of the line that was sent, from 1.")
    error: Problem = Field(description="Why not.")


class Alive(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = Field(description="Always ok.")


class Ready(BaseModel):
    """Requests can be answered."""

    status: Literal["ready"] = Field(description="Always ready.")


class NotReady(BaseModel):
    """Requests cannot be answered yet."""

    status: Literal["not ready"] = Field(description="Always not ready.")
    reason: str = Field(description="What is in the way.")


LINES: tuple[type[BaseModel], ...] = (
    HomeFailed,
    ImpactOfLine,
    LineFailed,
    Alive,
    Ready,
    NotReady,
)


def _lines(*names: str) -> dict[str, Any]:
    kinds = [{"$ref": f"{REF}{name}"} for name in names]
    schema = {
        "type": "string",
        "description": "One object a line.",
        "contentMediaType": NDJSON,
        "contentSchema": {"anyOf": kinds},
    }
    return {"200": {"description": "", "content": {NDJSON: {"schema": schema}}}}


def _json(name: str, words: str = "") -> dict[str, Any]:
    return {"description": words, "content": {JSON_TYPE: {"schema": {"$ref": f"{REF}{name}"}}}}


ANSWERS: dict[str, dict[str, Any]] = {  # by operationId and status
    "getHomePriceSignals": _lines("SignalAnswer", "HomeFailed"),
    "calculateImpacts": _lines("ImpactOfLine", "LineFailed"),
    "getHealth": {"200": _json("Alive")},
    "getReadiness": {"200": _json("Ready"), "503": _json("NotReady", "Not ready yet.")},
    "getMetrics": {
        "200": {"description": "", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
    },
}
