"""The inbox of what was written about the API; decision 0014 says who sees which message."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.responses import Response

from kwhen.operations.feedback import inbox, is_operator, mark_read, read_feedback
from kwhen.records import Feedback, Scope
from kwhen.service.door import ReadWork, WriteWork
from kwhen.service.portal.pages import go_to, render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller

router = portal_router()
Reader = Annotated[PortalCaller, signed_in(Scope.FEEDBACK_WRITE)]
Id = Annotated[str | None, Query(max_length=64, pattern=r"^\w*$")]
TITLES = ("summary", "question", "message", "actual_behavior", "suggested_fix", "error")
LONGEST_TITLE_COUNT = 100


@router.get("/feedback")
def index(caller: Reader, work: ReadWork, before: Id = None) -> Response:
    """The newest messages that the reader may see."""
    found = inbox(work, caller.credential, before or None)
    return render(
        "feedback.html",
        caller,
        inbox=found,
        messages=[(message, title_of(message)) for message in found.messages],
        is_operator=is_operator(work.deployment, caller.credential),
        is_first=not before,
        now=work.now,
    )


@router.get("/feedback/{feedback_id}")
def show(feedback_id: str, caller: Reader, work: ReadWork) -> Response:
    """A message, in full."""
    found = read_feedback(work, caller.credential, feedback_id)
    return render(
        "feedback_message.html",
        caller,
        message=found,
        title=title_of(found),
        told=[(name.replace("_", " "), _words(value)) for name, value in found.content.items()],
        is_operator=is_operator(work.deployment, caller.credential),
    )


@router.post("/feedback/{feedback_id}/read")
def read(feedback_id: str, caller: Reader, work: WriteWork) -> Response:
    """The reader has read a message."""
    mark_read(work, caller.credential, feedback_id)
    return go_to("/portal/feedback")


def title_of(message: Feedback) -> str:
    """What a message is about, in a line."""
    content: Mapping[str, Any] = message.content
    told = next((content[name] for name in TITLES if content.get(name)), None)
    words = " ".join(_words(told).split()) if told is not None else "Without words"
    is_long = len(words) > LONGEST_TITLE_COUNT
    return words[:LONGEST_TITLE_COUNT] + "…" if is_long else words


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
