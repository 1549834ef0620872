"""Every operation of the OpenAPI document, asked by a machine: well-formed, malformed, in turn."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.proof import planted
from tests.proof.amounts import EXAMPLES, IS_FULL, WALKS
from tests.proof.contract import examine
from tests.proof.positive import Filler
from tests.proof.served import Site, running
from tools.write_openapi import current

EVERY_PHASE = ("examples", "coverage", "fuzzing", "stateful")
QUICK_PHASES = ("examples", "fuzzing", "stateful")  # coverage is some 5,000 requests by itself
LEAST_SHARE = 0.3 if IS_FULL else 0.0  # of well-formed requests that an operation answers 2xx

FAULTS = {
    ("POST /divides-by-zero", "not_a_server_error"),
    ("GET /answers-another-shape", "response_schema_conformance"),
    ("GET /answers-another-type", "content_type_conformance"),
    ("GET /answers-an-unknown-status", "status_code_conformance"),
    ("POST /takes-what-is-wrong", "negative_data_rejection"),
    ("POST /refuses-what-is-right", "positive_data_acceptance"),
    ("GET /asks-for-no-key", "ignored_auth"),
}


def test_every_operation_keeps_its_contract(site: Site, tell: Callable[[str], None]) -> None:
    document = current()
    with running(site) as server, closing(Filler(server, site)) as filler:
        found = examine(
            document,
            server.url,
            key=site.key,
            examples=EXAMPLES,
            walks=WALKS,
            phases=EVERY_PHASE if IS_FULL else QUICK_PHASES,
            filler=filler,
        )
    shares = found.shares()
    tell(
        f"{site.name}: {found.requests} requests to {len(shares)} operations; share of "
        f"well-formed ones that were answered 2xx: {sum(shares.values()) / len(shares):.0%}"
    )
    for name, share in sorted(shares.items(), key=lambda one: one[1])[: None if IS_FULL else 3]:
        tell(f"  {share:4.0%} {name}: {', '.join(found.counts(name))}")
    told = "\n\n".join(f"{name}\n{words}" for name, words in found.failures.items())
    assert not told, told
    assert not found.unexplained(), "\n".join(found.unexplained())
    operations = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    unanswered = operations - {name for name, share in shares.items() if share > LEAST_SHARE}
    # Another operation deletes the webhook, and then there is none to get or to send again.
    missed = [name for name in unanswered if "/v1/webhook/" not in name]
    # In the short run another operation may have removed the home just before; never many.
    assert len(missed) <= (0 if IS_FULL else 2), missed
    assert not server.complaints(), "\n".join(server.complaints())


def test_planted_faults_are_found(tmp_path: Path) -> None:
    site = Site(name="planted", folder=tmp_path, database_url="", key="wsk", words={})
    with running(site, factory="tests.proof.planted:app") as server:
        found = examine(planted.document(), server.url, key=site.key, examples=100, walks=1)
    faults = {tuple(title.split(": ")[:2]) for title in found.failures}
    assert faults >= FAULTS
    assert not [fault for fault in faults if fault[0] == "GET /has-no-fault"]
