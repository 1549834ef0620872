"""What people write about the API, and who may read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kwhen.errors import InvalidFields, UnknownId
from kwhen.operations.deployment import Deployment
from kwhen.operations.keyring import new_id
from kwhen.operations.work import Work
from kwhen.records import Credential, Feedback, Scope, Tenant
from kwhen.storage import feedback as stored

PAGE_COUNT = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A page of messages, newest first; `after` is the id to go on from."""

    messages: tuple[Feedback, ...]
    unread_count: int  # on all pages
    after: str | None


def give_feedback(
    deployment: Deployment, content: Mapping[str, Any], tenant: Tenant | None = None
) -> Feedback:
    """Keep a message for the operator, and for the tenant with whose key it came.

    Raises
    ------
    InvalidFields
        It says nothing.
    """
    said = {name: value for name, value in content.items() if value not in (None, "", [], {})}
    if not said:
        raise InvalidFields.one("", "the body says nothing; send at least a message")
    found = Feedback(
        id=new_id("ws_feedback"), created_at=deployment.clock(), content=said, tenant=tenant
    )
    with deployment.database.writing() as session:
        stored.add_feedback(session, found)
    return found


def is_operator(deployment: Deployment, reader: Credential) -> bool:
    """Whether somebody administers the deployment, and so reads what everybody wrote.

    That is who may give keys of the organisation that KWHEN_OPERATOR_ORG names.
    """
    named = deployment.settings.operator_org
    return bool(named) and reader.tenant.org_id == named and Scope.KEYS_ADMIN in reader.scopes


def inbox(work: Work, reader: Credential, before: str | None = None) -> Inbox:
    """The messages that a reader may see; `before`: older than that one.

    Where that one is gone, the newest.
    """
    operates = is_operator(work.deployment, reader)
    try:
        some = stored.list_feedback(
            work.session,
            work.tenant,
            is_operator=operates,
            limit_count=PAGE_COUNT + 1,
            before=before,
        )
    except UnknownId:
        return inbox(work, reader)
    return Inbox(
        messages=tuple(some[:PAGE_COUNT]),
        unread_count=stored.unread_count(work.session, work.tenant, is_operator=operates),
        after=some[PAGE_COUNT - 1].id if len(some) > PAGE_COUNT else None,
    )


def read_feedback(work: Work, reader: Credential, feedback_id: str) -> Feedback:
    """A message that a reader may see.

    Raises
    ------
    UnknownId
    """
    operates = is_operator(work.deployment, reader)
    return stored.find_feedback(work.session, work.tenant, feedback_id, is_operator=operates)


def mark_read(work: Work, reader: Credential, feedback_id: str) -> None:
    """The reader has read a message; for others it stays as it was.

    Raises
    ------
    UnknownId
    """
    operates = is_operator(work.deployment, reader)
    stored.mark_read(work.session, work.tenant, feedback_id, work.now, is_operator=operates)
