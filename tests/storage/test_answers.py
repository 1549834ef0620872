"""Answers under an Idempotency-Key: one work for a key, whoever comes how often."""

import pytest

from kwhen.errors import Conflict
from kwhen.records import Environment, Tenant
from kwhen.storage import answers, homes
from kwhen.storage.answers import KeptAnswer
from kwhen.storage.database import Database
from tests.storage.rows import NOW, add_tenant, all_at_once, later, new_home

ROUTE, KEY = "/v1/homes/create", "a key of a client"


def ask(database: Database, tenant: Tenant, hashed: str = "h1", at: float = 0) -> KeptAnswer | None:
    """What was answered before; else the key is taken and answered."""
    with database.writing() as session:
        before = answers.claim(session, tenant, ROUTE, KEY, hashed, later(at))
        if before is None:
            answers.keep(session, tenant, ROUTE, KEY, 200, b'{"id":1}')
    return before


def test_the_same_request_again_gets_the_same_answer(database: Database) -> None:
    tenant = add_tenant(database)
    assert ask(database, tenant) is None
    assert ask(database, tenant) == KeptAnswer(status=200, body=b'{"id":1}')


def test_another_request_under_the_key_is_refused(database: Database) -> None:
    tenant = add_tenant(database)
    ask(database, tenant)
    with pytest.raises(Conflict, match="new key"):
        ask(database, tenant, "h2")
    assert ask(database, tenant, "h1") is not None


def test_a_request_that_fails_frees_the_key(database: Database) -> None:
    tenant = add_tenant(database)
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        assert answers.claim(session, tenant, ROUTE, KEY, "h1", NOW) is None
        raise ZeroDivisionError
    assert ask(database, tenant, "h2") is None


def test_tenants_and_routes_have_keys_of_their_own(database: Database) -> None:
    sandbox = add_tenant(database)
    others = (Tenant("org_1", Environment.PRODUCTION), add_tenant(database, "org_2"))
    assert [ask(database, tenant) for tenant in (sandbox, *others)] == [None] * 3
    with database.writing() as session:
        assert answers.claim(session, sandbox, "/v1/other", KEY, "h2", NOW) is None


def test_old_answers_are_forgotten(database: Database) -> None:
    tenant = add_tenant(database)
    ask(database, tenant, at=0)
    with database.writing() as session:
        answers.forget_before(session, later(0))
    assert ask(database, tenant) is not None
    with database.writing() as session:
        answers.forget_before(session, later(0.001))
    assert ask(database, tenant) is None


def test_creates_at_the_same_moment_make_one_home(database: Database) -> None:
    tenant = add_tenant(database)

    def create(number: int) -> bytes:
        with database.writing() as session:
            before = answers.claim(session, tenant, ROUTE, KEY, "h1", NOW)
            if before is not None:
                return before.body
            home = new_home(f"ws_home_{number}")
            homes.add_home(session, tenant, home)
            answers.keep(session, tenant, ROUTE, KEY, 200, home.id.encode())
            return home.id.encode()

    found = all_at_once([lambda number=number: create(number) for number in range(6)])
    with database.reading() as session:
        (home,) = homes.list_homes(session, tenant)
    assert found == [home.id.encode()] * 6


def test_the_next_one_works_where_the_first_fails_in_the_middle(database: Database) -> None:
    """Those who wait for a key whose request fails do the work themselves: one of them."""
    tenant = add_tenant(database)

    def create(fails: bool) -> str:
        try:
            with database.writing() as session:
                if answers.claim(session, tenant, ROUTE, KEY, "h1", NOW) is not None:
                    return "replayed"
                if fails:
                    raise ZeroDivisionError
                answers.keep(session, tenant, ROUTE, KEY, 200, b"")
                return "worked"
        except ZeroDivisionError:
            return "failed"

    found = all_at_once([lambda fails=fails: create(fails) for fails in [True, False] * 3])
    assert found.count("worked") == 1 and set(found[1::2]) <= {"worked", "replayed"}
