"""One run of Schemathesis over a document: every check, every phase, and what was answered."""

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from tests.proof.positive import DAYS, Filler

Json = dict[str, Any]

KEY_SCHEME = "x-ws-api-key"
NDJSON = "application/x-ndjson"
ACCEPTED = [200, 201, 400, 401, 403, 404, 409]  # of well-formed requests: rules may refuse them
REFUSED = [400, 401, 403, 404, 405, 409, 413, 414, 415, 431]
LINES_ANSWER_EACH = "calculateImpacts"  # 200, whatever is wrong with its lines
RULES = (  # what a schema cannot say, but a well-formed request can still be against
    "there is no home",
    "there is no run",
    "there is no delivery",
    "give everyMinutes, or dailyAt with timezone",
    "no plan …",
    "belongs to utility",
    "is no EIA id",
    "is not a ZIP code that is known",
    "default usage needs the ZIP",
    "give the ZIP of the home",
    "is no .npy file",
    "IANA zone, such as",
    "is no scope",
    "exportRule: ",
    "channelPartnerId: ",
    "must lie ",
    "is exclusive and must lie after",
    "go together; give both or neither",
    "goes together with",
    "is not between … and …",
    "If-Match: ",
    "has … days; ",
    "usage: is required",
    "days are not held",
    "Give homeId or home",
    "pageNumber needs a pageSize",
    "give a zipcode, lat and long, or a utilityId",
    "has no rate plan",
    "utilityId: the home has none",
    "hours are in fromHours or in toHours",
    "The body says nothing",
    "as a NUL character",
    "organization_name: is blank",
    "zipcode: … is not a ZIP code; ",
    "zipcode: the home has none",
    "lat and long go together",
    "opens to closes must be at least",
    "give the same days",
    "half of a surrogate pair",
)
DAY = {"type": "array", "minItems": len(DAYS[0]), "maxItems": len(DAYS[0])}


def lighter(document: Json) -> Json:
    """The document as the generator takes it.

    Each day of interval energy is drawn from a few, since 96 numbers take too long, and what is
    sent and answered as lines is a list.
    """

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(item) for item in part]
        if not isinstance(part, dict):
            return part
        if DAY.items() <= part.items():
            return {"enum": list(DAYS)}
        if part.get("contentMediaType") == NDJSON:
            return {"type": "array", "minItems": 1, "items": walk(part["contentSchema"])}
        return {key: walk(value) for key, value in part.items() if not _is_lines(key, part)}

    return dict(walk(document))


def _is_lines(key: str, part: Json) -> bool:
    """Whether a member is an example of lines, which are text in the document."""
    return key == "example" and part.get("schema", {}).get("contentMediaType") == NDJSON


@schemathesis.serializer(NDJSON)
def write_lines(context: Any, value: Any) -> bytes:
    """A list as lines."""
    lines = value if isinstance(value, list) else [value]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@schemathesis.deserializer(NDJSON)
def read_lines(context: Any, response: Response) -> list[Any]:
    """Lines as a list."""
    return [json.loads(line) for line in response.content.splitlines()]


@dataclass(kw_only=True)
class Findings:
    """What a run found."""

    failures: dict[str, str] = field(default_factory=dict)  # title → message and how to see it
    answers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    refusals: Counter[str] = field(default_factory=Counter)  # of well-formed requests, by reason

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return sum(counter.total() for counter in self.answers.values())

    def shares(self) -> dict[str, float]:
        """By operation: the share of well-formed requests with a key that were answered 2xx."""
        return {
            name: counter["well-formed 2xx"]
            / max(sum(n for kind, n in counter.items() if kind.startswith("well-formed")), 1)
            for name, counter in self.answers.items()
        }

    def counts(self, name: str) -> list[str]:
        """The answers of an operation, in words."""
        return [f"{count} {kind}" for kind, count in sorted(self.answers[name].items())]

    def unexplained(self) -> list[str]:
        """Reasons for which well-formed requests were refused, though no rule says so."""
        return [told for told in self.refusals if not any(rule in told for rule in RULES)]

    def take(self, recorder: ScenarioRecorder) -> None:
        """Count the answers of a scenario and keep its failures."""
        for case_id, interaction in recorder.interactions.items():
            node, response = recorder.cases.get(case_id), interaction.response
            if node is not None and response is not None:
                self._count(node.value, response)
        for checks in recorder.checks.values():
            for check in checks:
                info = check.failure_info
                if info is not None:
                    name = f"{recorder.label}: {check.name}: {info.failure.title}"
                    self.failures.setdefault(name, f"{info.failure.message}\n{info.code_sample}")

    def _count(self, case: Case, response: Response) -> None:
        label = case.operation.label
        if response.status_code == 401:
            mode = "without a key"  # a check of its own sends these
        elif case.meta and case.meta.generation.mode.is_positive:
            mode = "well-formed"
            if response.status_code == 400:
                self.refusals.update(f"{label}: {reason}" for reason in reasons(response))
        else:
            mode = "malformed"
        self.answers[label][f"{mode} {response.status_code // 100}xx"] += 1


def reasons(response: Response) -> list[str]:
    """Why a request was refused, without the values that it had."""
    body = response.json()
    told = [f"{f['field']}: {f['message']}" for f in body.get("field_errors", [])]
    return [re.sub(r"'[^']*'|\d[\d.e-]*", "…", words)[:120] for words in told or [body["message"]]]


def examine(
    document: Json,
    url: str,
    *,
    key: str,
    examples: int,
    walks: int,
    phases: tuple[str, ...] = ("examples", "coverage", "fuzzing", "stateful"),
    filler: Filler | None = None,
) -> Findings:
    """Run phases over a document whose operations are served at a URL."""
    config = _config(url, key, examples, walks)
    schema = schemathesis.openapi.from_dict(lighter(document), config=config)
    schema.config.phases.update(phases=list(phases))
    if filler is not None:
        schema.hook("map_case")(lambda context, case: filler.fill(case))
        schema.hook("before_add_examples")(lambda context, examples: filler.fill_examples(examples))
        schema.hook("after_call")(lambda context, case, response: filler.restore(case, response))
    findings = Findings()
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished(recorder=recorder):
                findings.take(recorder)
            case events.NonFatalError(info=info, label=label):
                findings.failures[f"{label}: {info.title}"] = info.format()
            case events.FatalError(exception=exception):
                raise exception
            case _:
                pass
    return findings


def _config(url: str, key: str, examples: int, walks: int) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": 20260701,
            "base-url": url,
            "continue-on-failure": True,
            "auth": {"openapi": {KEY_SCHEME: {"api_key": key}}},
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
            "phases": {"stateful": {"generation": {"max-examples": walks}}},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ACCEPTED},
                "negative_data_rejection": {"expected-statuses": REFUSED},
                "missing_required_header": {"expected-statuses": REFUSED},
            },
            "operations": [
                {
                    "include-operation-id": LINES_ANSWER_EACH,
                    "checks": {"negative_data_rejection": {"enabled": False}},
                }
            ],
        }
    )
