"""Every command has a help that fits, with an example that runs."""

import gzip
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from kwhen.cli import operating
from kwhen.cli.app import app
from kwhen.operations import credentials, webhooks
from kwhen.operations.vtn import clients
from kwhen.operations.webhooks import WebhookWish
from tests.cli.conftest import Kwhen

MARK = "Example: "
HEX = "0123456789abcdef" * 2


def leaves(command: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command that does something, by the words that call it."""
    inside = getattr(command, "commands", None)
    if inside is None:
        return {path: command}
    return {
        words: leaf
        for name, sub in inside.items()
        for words, leaf in leaves(sub, (*path, name)).items()
    }


COMMANDS = leaves(typer.main.get_command(app))
ITEM = {
    "label": "0123456789abcdef01234567", "eiaid": 14328, "utility": "Pacific Gas & Electric Co",
    "name": "Imported flat", "sector": "Residential", "state": "CA", "startdate": 1767225600,
    "energyratestructure": [[{"rate": 0.31}]], "energyweekdayschedule": [[0] * 24] * 12,
    "energyweekendschedule": [[0] * 24] * 12,
}  # fmt: skip


def bulk_file(folder: Path) -> None:
    """A bulk file with one good rate and one that has no price."""
    items = [ITEM, {**ITEM, "label": "f" * 24, "name": "Broken", "energyratestructure": "x"}]
    (folder / "usurdb.json.gz").write_bytes(gzip.compress(json.dumps(items).encode()))


def test_the_commands_are_these() -> None:
    assert {" ".join(words) for words in COMMANDS} == {
        "plans", "plan show", "bill", "compare", "prices", "signal",
        "usage default", "impact",
        "catalog import", "catalog verify", "catalog sources",
        "markets refresh", "markets show", "carbon refresh", "carbon show",
        "serve", "demo", "doctor", "db upgrade", "db status",
        "orgs create", "orgs list", "keys create", "keys list", "keys revoke",
        "partners create", "partners list",
        "worker", "webhooks schedule",
        "portal link", "vtn client create", "vtn client list", "vtn client revoke",
    }  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_fits_and_shows_its_example(words: tuple[str, ...], kwhen: Kwhen) -> None:
    said = kwhen(*words, "--help")
    assert said.code == 0 and said.widest <= 80
    assert COMMANDS[words].epilog in " ".join(said.out.split())
    assert "--json" in said.out


def prepare(words: tuple[str, ...], kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an example needs to be there: an organisation, the key that it ends, a free port."""
    monkeypatch.setenv("KWHEN_PORT", "0")
    if words[0] in ("keys", "partners", "portal", "vtn", "webhooks"):
        kwhen("orgs", "create", "Example Solar")
    if words[0] == "portal":
        kwhen("keys", "create")
    if words[0] == "webhooks":
        with operating.opened(None, None) as deployment:
            tenant = operating.the_tenant(operating.an_organisation(deployment, None), "sandbox")
            with deployment.writing(tenant) as work:
                wish = WebhookWish(
                    url="https://example.com/prices",
                    security_key="a shared secret",
                    open_adr=False,
                    more={},
                )
                webhooks.set_webhook(work, wish)
    if words == ("keys", "revoke"):
        monkeypatch.setattr(credentials, "new_id", lambda kind: f"{kind}_{HEX}")
        kwhen("keys", "create")
    if words == ("vtn", "client", "revoke"):
        monkeypatch.setattr(clients, "new_id", lambda kind: f"{kind}_{HEX}")
        kwhen("vtn", "client", "create", "--role", "ven")


@pytest.mark.parametrize("words", sorted({*COMMANDS} - {("serve",), ("worker",)}), ids=" ".join)
def test_the_example_runs(
    words: tuple[str, ...], kwhen: Kwhen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk_file(tmp_path)
    prepare(words, kwhen, monkeypatch)
    example = shlex.split(COMMANDS[words].epilog.removeprefix(MARK))
    assert tuple(example[: len(words) + 1]) == ("kwhen", *words)
    said = kwhen(*example[1:])
    assert said.code == 0, said.err
    assert said.out.strip()
    assert kwhen(*example[1:], "--json").document


@pytest.mark.parametrize(
    "words",
    [
        (),
        *(
            (name,)
            for name in (
                "plan",
                "catalog",
                "usage",
                "markets",
                "carbon",
                "orgs",
                "keys",
                "partners",
                "db",
            )
        ),
    ],
)
def test_without_a_command_the_help_is_the_answer(words: tuple[str, ...], kwhen: Kwhen) -> None:
    said = kwhen(*words)
    assert said.code == 2 and "Usage: kwhen" in said.out and not said.err


def test_imported_plans_join_those_that_ship(kwhen: Kwhen, tmp_path: Path) -> None:
    bulk_file(tmp_path)
    said = kwhen("catalog", "import", "usurdb.json.gz", "--json").document
    assert (said["read_count"], said["accepted_count"]) == (2, 1)
    assert said["refused"][0]["reason"].startswith("energyratestructure")
    listed = kwhen("plans", "--zip", "94107", "--json").document["plans"]
    key = next(plan["key"] for plan in listed if plan["name"] == "Imported flat")
    billed = kwhen("bill", "--plan", key, "--usage", "demo", "--json").document
    assert billed["total_usd"] == pytest.approx(0.31 * billed["usage"]["import_kwh"], abs=0.1)
    ranked = kwhen("compare", "--zip", "94107", "--usage", "demo", "--json").document["ranked"]
    assert key in {row["key"] for row in ranked}
    assert "Refused" in kwhen("catalog", "import", "usurdb.json.gz").out


def test_an_import_is_shown_with_what_was_refused(kwhen: Kwhen, tmp_path: Path) -> None:
    bulk_file(tmp_path)
    said = kwhen("catalog", "import", "usurdb.json.gz", "--sector", "all")
    assert said.code == 0, said.err
    assert "Broken: energyratestructure" in " ".join(said.out.split())
