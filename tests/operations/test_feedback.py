"""Who reads what people wrote: the sender's tenant, and the operator; on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kwhen.errors import UnknownId
from kwhen.operations.deployment import Deployment
from kwhen.operations.feedback import (
    PAGE_COUNT,
    give_feedback,
    inbox,
    is_operator,
    mark_read,
    read_feedback,
)
from kwhen.operations.gate import known_key
from kwhen.records import EVERY_SCOPE, Credential, Feedback, Scope
from tests.deployments import PRODUCTION, SANDBOX, Clock, Parties, other


def reader(orgs: Parties, party: str, scopes: frozenset[Scope] = EVERY_SCOPE) -> Credential:
    return orgs.key(party, SANDBOX, scopes).credential


def operated(orgs: Parties, party: str = "south") -> Deployment:
    return other(
        orgs.deployment, operator_org=orgs.organisations[party].id, clock=orgs.deployment.clock
    )


def seen(deployment: Deployment, who: Credential) -> list[str]:
    with deployment.reading(who.tenant) as work:
        return [message.id for message in inbox(work, who).messages]


def test_a_tenant_reads_what_came_with_its_own_keys(orgs: Parties) -> None:
    own = give_feedback(orgs.deployment, {"message": "hi"}, orgs.tenant("north", SANDBOX))
    live = give_feedback(orgs.deployment, {"message": "hi"}, orgs.tenant("north", PRODUCTION))
    nobodys = give_feedback(orgs.deployment, {"message": "hi"})
    north, south = reader(orgs, "north"), reader(orgs, "south")
    assert own.id in seen(orgs.deployment, north)
    assert not {live.id, nobodys.id} & set(seen(orgs.deployment, north))
    assert seen(orgs.deployment, south) == []
    with orgs.deployment.writing(south.tenant) as work:
        for message in (own, live, nobodys):
            with pytest.raises(UnknownId):
                read_feedback(work, south, message.id)
            with pytest.raises(UnknownId):
                mark_read(work, south, message.id)


def test_the_operator_reads_everything(orgs: Parties) -> None:
    given = [
        give_feedback(orgs.deployment, {"message": "hi"}, tenant)
        for tenant in (orgs.tenant("north"), None)
    ]
    deployment = operated(orgs)
    south = reader(orgs, "south")
    assert is_operator(deployment, south) and not is_operator(orgs.deployment, south)
    assert {message.id for message in given} <= set(seen(deployment, south))
    assert not is_operator(deployment, reader(orgs, "north"))


def test_only_administrators_are_the_operator(orgs: Parties) -> None:
    plain = reader(orgs, "south", EVERY_SCOPE - {Scope.KEYS_ADMIN})
    give_feedback(orgs.deployment, {"message": "hi"})
    assert not is_operator(operated(orgs), plain)
    assert seen(operated(orgs), plain) == []


def test_what_one_has_read_is_unread_for_the_other(orgs: Parties) -> None:
    deployment, north, south = operated(orgs), reader(orgs, "north"), reader(orgs, "south")
    message = give_feedback(deployment, {"message": "hi"}, north.tenant)
    for _ in range(2):  # again changes nothing
        with deployment.writing(south.tenant) as work:
            before = inbox(work, south).unread_count
            mark_read(work, south, message.id)
            assert inbox(work, south).unread_count == before - (_ == 0)
            assert read_feedback(work, south, message.id).is_read
    with deployment.reading(north.tenant) as work:
        assert read_feedback(work, north, message.id) == replace(message, is_read=False)


def test_pages_go_on_from_the_last_message(orgs: Parties) -> None:
    tenant = orgs.tenant("shed", SANDBOX)
    given: list[Feedback] = [
        give_feedback(orgs.deployment, {"message": str(number)}, tenant)
        for number in range(PAGE_COUNT + 2)
    ][::-1]
    who = reader(orgs, "shed")
    with orgs.deployment.reading(tenant) as work:
        first = inbox(work, who)
        assert list(first.messages) == given[:PAGE_COUNT]
        assert first.unread_count == PAGE_COUNT + 2
        second = inbox(work, who, first.after)
        assert list(second.messages) == given[PAGE_COUNT:] and second.after is None
        assert inbox(work, who, "ws_feedback_gone").messages == first.messages


def test_a_key_that_is_good_for_feedback_says_who_sends_it(orgs: Parties, clock: Clock) -> None:
    deployment = orgs.deployment
    good, lacking = orgs.key("north", SANDBOX), orgs.key("north", SANDBOX, {Scope.HOMES_READ})
    told = known_key(deployment, good.secret, Scope.FEEDBACK_WRITE)
    assert told is not None and told.tenant == orgs.tenant("north", SANDBOX)
    ended = orgs.new_agent_key("north", expires_at=deployment.clock() + timedelta(hours=1))
    assert known_key(deployment, ended.secret, Scope.FEEDBACK_WRITE) is not None
    clock.move(hours=1)
    for secret in (None, "", "wsk_live_x", lacking.secret, ended.secret, good.secret[:-1] + "?"):
        assert known_key(deployment, secret, Scope.FEEDBACK_WRITE) is None
