"""Feedback, from anybody."""

from typing import Annotated

from fastapi import Header
from starlette.responses import Response

from kwhen.operations.feedback import give_feedback
from kwhen.operations.gate import known_key
from kwhen.records import Scope
from kwhen.service.door import KEY_HEADER, TheDeployment, as_response, gated
from kwhen.wire.feedback import Contact, FeedbackAnswer, FeedbackSent, FollowUp

router = gated("/v1/feedback", "feedback")

SentKey = Annotated[str | None, Header(alias=KEY_HEADER, include_in_schema=False)]


@router.post(
    "",
    operation_id="submitFeedback",
    summary="Say something about the API.",
    status_code=201,
    response_model=FeedbackAnswer,
)
def submit(deployment: TheDeployment, body: FeedbackSent, key: SentKey = None) -> Response:
    """Without a key; at least one field. With a key, your portal lists it too."""
    sender = known_key(deployment, key, Scope.FEEDBACK_WRITE)
    tenant = sender.tenant if sender else None
    kept = give_feedback(deployment, body.model_dump(mode="json", exclude_none=True), tenant)
    answer = FeedbackAnswer(feedback_id=kept.id, received=True, follow_up=_follow_up(body.contact))
    return as_response(answer, status=201)


def _follow_up(contact: Contact | str | None) -> FollowUp:
    if isinstance(contact, Contact):
        wanted = contact.follow_up is not False and contact.email is not None
        return FollowUp(requested=wanted, contact_method="email" if wanted else None)
    return FollowUp(requested=contact is not None, contact_method=contact)
