"""Organisations, keys, partners and tables: what an operator does before and beside serving."""

from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from kwhen.operations.deployment import open_deployment
from kwhen.operations.gate import pass_with_key
from kwhen.records import EVERY_SCOPE, Scope
from kwhen.settings import Settings
from tests.cli.conftest import Kwhen


def org(kwhen: Kwhen, name: str = "Example Solar", *more: str) -> str:
    return str(kwhen("orgs", "create", name, *more, "--json").document["id"])


def keys(kwhen: Kwhen, *more: str) -> list[dict[str, Any]]:
    return list(kwhen("keys", "list", *more, "--json").document["keys"])


def passes(tmp_path: Path, secret: str, scope: Scope = Scope.HOMES_READ) -> str:
    """What the gate of the service says to a key: the name of the error, or blank."""
    deployment = open_deployment(Settings(data=tmp_path / "data"))
    error = pass_with_key(deployment, secret, scope, is_session=False).error
    deployment.close()
    return type(error).__name__ if error else ""


def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(
    kwhen: Kwhen, tmp_path: Path
) -> None:
    org(kwhen)
    said = kwhen("keys", "create", "--name", "backend")
    assert said.code == 0, said.err
    secret = next(line for line in said.out.splitlines() if line.startswith("wsk_test_"))
    assert "it is not shown again" in said.out
    assert passes(tmp_path, secret) == ""
    listed = kwhen("keys", "list")
    assert "backend" in listed.out and secret not in listed.out and "good" in listed.out
    assert listed.widest <= 80
    (key,) = keys(kwhen)
    assert "secret" not in key and secret.startswith(key["prefix"]) and key["last_used_at"]
    assert kwhen("keys", "revoke", key["id"]).code == 0
    assert passes(tmp_path, secret) == "RevokedCredential"
    assert "revoked" in kwhen("keys", "list").out


def test_what_a_key_may_do_and_how_long(kwhen: Kwhen, tmp_path: Path) -> None:
    org(kwhen)
    made = kwhen(
        "keys", "create", "--environment", "production", "--scopes", "homes,utility:read",
        "--expires", "30d", "--json",
    ).document  # fmt: skip
    assert made["kind"] == "live" and made["environment"] == "production"
    assert made["scopes"] == ["homes:read", "homes:write", "utility:read"]
    left = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert left == timedelta(days=30)
    assert passes(tmp_path, made["secret"], Scope.KEYS_ADMIN) == "InsufficientScope"
    dated = kwhen("keys", "create", "--expires", "2999-01-01", "--json").document
    assert datetime.fromisoformat(dated["expires_at"]) == datetime(2999, 1, 1, tzinfo=UTC)
    assert dated["scopes"] == sorted(EVERY_SCOPE)
    assert "good until 2999-01-01" in kwhen("keys", "list").out


def test_with_several_organisations_one_is_named(kwhen: Kwhen) -> None:
    first, second = org(kwhen), org(kwhen, "Roofs", "--sandbox-only")
    assert "choose one with --org" in kwhen("keys", "create").err
    made = kwhen("keys", "create", "--org", second, "--json").document
    assert made["org_id"] == second
    assert keys(kwhen, "--org", first) == []
    assert [key["id"] for key in keys(kwhen)] == [made["id"]]
    assert kwhen("keys", "revoke", made["id"], "--org", first).code == 2
    assert kwhen("keys", "revoke", made["id"]).code == 0


def test_organisations_are_listed(kwhen: Kwhen) -> None:
    assert "none yet" in kwhen("orgs", "list").out
    org(kwhen), org(kwhen, "Roofs", "--sandbox-only")
    listed = kwhen("orgs", "list", "--json").document["organisations"]
    assert [(item["name"], item["production_allowed"]) for item in listed] == [
        ("Example Solar", True), ("Roofs", False),
    ]  # fmt: skip
    assert "sandbox, production" in kwhen("orgs", "list").out


def test_partners_belong_to_an_environment(kwhen: Kwhen) -> None:
    assert "none yet" in kwhen("partners", "list").out
    org_id = org(kwhen)
    kwhen("partners", "create", "A")
    made = kwhen("partners", "create", "B", "--environment", "production", "--json").document
    assert made["id"].startswith("ws_partner_") and made["org_id"] == org_id
    listed = kwhen("partners", "list", "--org", org_id, "--json").document["partners"]
    assert {(item["name"], item["environment"]) for item in listed} == {
        ("A", "sandbox"), ("B", "production"),
    }  # fmt: skip
    assert "Example Solar, production" in kwhen("partners", "list").out


REFUSED = [
    (("keys", "create"), "kwhen orgs create"),
    (("keys", "create", "--scopes", "homes:fly"), "'homes:fly' is no scope; known: battery"),
    (("keys", "create", "--expires", "soon"), "'soon' is neither like 30d nor like 2027-01-01"),
    (("keys", "create", "--environment", "test"), "neither sandbox nor production"),
    (("keys", "create", "--org", "org_x"), "there is no organisation 'org_x'"),
    (("keys", "list", "--org", "org_x"), "there is no organisation 'org_x'"),
    (("keys", "revoke", "ws_cred_x"), "there is no key 'ws_cred_x'"),
    (("orgs", "create", " "), "name: give 1 to 255 characters"),
    (("orgs", "list", "--database", "nothing"), "the database URL cannot be read"),
    (("orgs", "list", "--data", "file"), "file"),
    (("db", "status", "--database", "mysql://x"), "kwhen runs on sqlite and postgresql"),
    (("db", "upgrade", "--database", "sqlite:///file"), "cannot be opened"),
    (("serve", "--port", "x"), "--port"),
    (("serve", "--port", "70000"), "KWHEN_PORT: "),
]


@pytest.mark.parametrize(("words", "reason"), REFUSED)
def test_what_is_refused_is_one_sentence(
    words: tuple[str, ...], reason: str, kwhen: Kwhen, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no database")
    said = kwhen(*words)
    assert said.code == 2 and not said.out
    assert said.err.count("\n") == 1 and reason in said.err


REFUSED_WITH_AN_ORGANISATION = [
    (("keys", "create", "--name", "x" * 256), "name: give 1 to 255 characters"),
    (("keys", "create", "--expires", "2020-01-01"), "has passed already"),
    (("keys", "create", "--environment", "production"), "has a sandbox only"),
    (("partners", "create", ""), "name: give 1 to 255 characters"),
]


@pytest.mark.parametrize(("words", "reason"), REFUSED_WITH_AN_ORGANISATION)
def test_what_an_organisation_cannot_have(
    words: tuple[str, ...], reason: str, kwhen: Kwhen
) -> None:
    org(kwhen, "Roofs", "--sandbox-only")
    said = kwhen(*words)
    assert said.code == 2 and reason in said.err
    assert keys(kwhen) == []


def test_the_tables_are_told_and_made(kwhen: Kwhen, tmp_path: Path) -> None:
    assert "not made yet" in kwhen("db", "status").out
    assert not (tmp_path / "data").exists()  # to look changes nothing
    assert "from nothing to revision" in kwhen("db", "upgrade").out
    assert kwhen("db", "status", "--json").document["is_up_to_date"] is True
    assert "was up to date" in kwhen("db", "upgrade").out
    (tmp_path / "empty.db").touch()
    assert "without tables" in kwhen("db", "status", "--database", "sqlite:///empty.db").out


def test_a_password_is_not_told(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KWHEN_DATABASE_URL", "postgresql://me:hush-hush@127.0.0.1:1/kwhen")
    for words in (("db", "status"), ("keys", "list"), ("doctor",), ("doctor", "--json")):
        said = kwhen(*words)
        assert said.code != 0 and "hush" not in said.out + said.err
        assert "127.0.0.1" in said.out + said.err


def test_without_the_extra_the_way_to_it_is_named(
    kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str, known: Any = metadata.version) -> str:
        if name == "uvicorn":
            raise metadata.PackageNotFoundError(name)
        return str(known(name))

    monkeypatch.setattr(metadata, "version", version)
    for words in (("serve",), ("keys", "list"), ("orgs", "list"), ("db", "status"), ("demo",)):
        said = kwhen(*words)
        assert said.code == 2 and not said.out
        assert said.err.startswith("kwhen: this needs uvicorn;")
        assert "pip install 'kwhen[service]'" in said.err
    said = kwhen("doctor")
    assert said.code == 1 and "not installed: " in said.out and "cannot start" in said.out
    assert kwhen("plans", "--zip", "94107").code == 0
