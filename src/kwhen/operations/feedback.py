"""What people write about the API."""

from collections.abc import Mapping
from typing import Any

from kwhen.errors import InvalidFields
from kwhen.operations.deployment import Deployment
from kwhen.operations.keyring import new_id
from kwhen.records import Feedback
from kwhen.storage import feedback as stored


def give_feedback(deployment: Deployment, content: Mapping[str, Any]) -> Feedback:
    """Keep a message for the operator.

    Raises
    ------
    InvalidFields
        It says nothing.
    """
    said = {name: value for name, value in content.items() if value not in (None, "", [], {})}
    if not said:
        raise InvalidFields.one("", "the body says nothing; send at least a message")
    found = Feedback(id=new_id("ws_feedback"), created_at=deployment.clock(), content=said)
    with deployment.database.writing() as session:
        stored.add_feedback(session, found)
    return found


def every_feedback(deployment: Deployment, limit_count: int = 100) -> list[Feedback]:
    """The newest messages, for the operator."""
    with deployment.database.reading() as session:
        return stored.every_feedback(session, limit_count)
