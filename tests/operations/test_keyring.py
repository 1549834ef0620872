"""Secrets: their form refuses typing errors, their hash is keyed, and nothing shows them."""

import logging
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwhen.errors import SettingError
from kwhen.operations.credentials import Issued
from kwhen.operations.keyring import (
    BASE62,
    Keyring,
    is_well_formed,
    new_id,
    new_secret,
    read_keyring,
    shown_prefix,
)
from kwhen.records import Credential, CredentialKind, Environment, Tenant
from tests.storage.rows import NOW, all_at_once

KINDS = st.sampled_from(CredentialKind)
BODIES = st.builds(new_secret, KINDS)
ONE, TWO = Keyring("1" * 32), Keyring("2" * 32)


@given(secret=BODIES)
def test_a_new_secret_is_well_formed(secret: str) -> None:
    assert is_well_formed(secret)
    kind, rest = secret.split("_")[1:]
    assert CredentialKind(kind) and len(rest) == 38 and set(rest) <= set(BASE62)


@given(secret=BODIES, data=st.data())
def test_any_one_character_that_changes_is_seen(secret: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(secret) - 1))
    written = data.draw(st.characters(min_codepoint=32, max_codepoint=0x17F))
    changed = secret[:at] + written + secret[at + 1 :]
    assert is_well_formed(changed) == (changed == secret)


@given(secret=BODIES, data=st.data())
def test_two_characters_that_change_places_are_seen(secret: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(secret) - 2))
    changed = secret[:at] + secret[at + 1] + secret[at] + secret[at + 2 :]
    assert is_well_formed(changed) == (changed == secret)


@given(secret=BODIES, data=st.data())
def test_a_character_more_or_less_is_seen(secret: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(secret) - 1))
    more = data.draw(st.sampled_from(BASE62 + "_ -"))
    assert not is_well_formed(secret[:at] + secret[at + 1 :])
    assert not is_well_formed(secret[:at] + more + secret[at:])


@given(text=st.text())
def test_any_text_is_looked_at_without_an_error(text: str) -> None:
    assert not is_well_formed(text)


def test_secrets_and_ids_do_not_come_twice() -> None:
    assert len({new_secret(CredentialKind.LIVE) for _ in range(1000)}) == 1000
    assert len({new_id("ws_home") for _ in range(1000)}) == 1000


@given(text=st.text())
def test_the_hash_depends_on_the_key_and_the_text(text: str) -> None:
    assert ONE.hash_of(text) == Keyring("1" * 32).hash_of(text) != TWO.hash_of(text)
    assert ONE.hash_of(text) != ONE.hash_of(text + "x")
    assert len(ONE.hash_of(text)) == 64


def test_the_proof_tells_secrets_apart() -> None:
    assert ONE.proof == Keyring("1" * 32).proof != TWO.proof


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(SettingError, match=f"{len(secret)} characters") as told:
        Keyring(secret)
    assert not secret or secret not in str(told.value)


def test_nothing_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    secret = new_secret(CredentialKind.LIVE)
    credential = Credential(
        id="ws_cred_1",
        tenant=Tenant("org_1", Environment.PRODUCTION),
        kind=CredentialKind.LIVE,
        name="backend",
        prefix=shown_prefix(secret),
        scopes=frozenset(),
        created_at=NOW,
    )
    issued = Issued(credential=credential, secret=secret)
    logging.getLogger().warning("%s %r %s %r", issued, issued, ONE, vars(ONE).keys())
    for shown in (repr(issued), str(issued), repr(ONE), f"{issued}", caplog.text):
        assert secret not in shown and "1" * 32 not in shown
    assert credential.prefix == secret[:13] and credential.prefix in repr(issued)


def test_a_secret_is_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    first = read_keyring(None, folder)
    assert read_keyring(None, folder).proof == first.proof
    assert [file.name for file in folder.iterdir()] == ["secret"]
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert read_keyring("given" * 10, folder).proof != first.proof


def test_those_who_start_together_have_one_secret(tmp_path: Path) -> None:
    for turn in range(50):
        folder = tmp_path / str(turn)
        proofs = all_at_once([lambda folder=folder: read_keyring(None, folder).proof] * 4)
        assert len(set(proofs)) == 1
