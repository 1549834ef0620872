"""The official OpenAPI files, from the folder of a setting, and a run of Schemathesis over one."""

import json
import os
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

SETTING = "KWHEN_OPENADR_SCHEMAS"
METHODS = ("get", "post", "put", "delete")
REFUSALS = ("400", "401", "403", "404", "405", "409", "413", "415", "429")
NOT_OFFERED = "/mqtt/"  # a way of notifying that the server does not have
TIMEOUT_S = 120.0  # of an answer: what is examined is what it says, on machines that are busy too
PROBLEM = {"$ref": "#/components/schemas/problem"}
Json = dict[str, Any]


def official(version: str) -> Json:
    """The document of an edition; the test is skipped where no folder is named."""
    folder = os.environ.get(SETTING)
    if not folder:
        pytest.skip(f"{SETTING} names no folder with the official YAML files")
    return deepcopy(_loaded(Path(folder) / f"openadr-{version}.yaml"))


@cache
def _loaded(file: Path) -> Json:
    loaded = yaml.safe_load(file.read_text())
    # YAML makes moments of examples, which JSON has as text.
    found: Json = json.loads(json.dumps(loaded, default=lambda moment: moment.isoformat()))
    return found


def satisfiable(document: Json) -> Json:
    """The document with what cannot be met as it is written mended.

    In 3.1.0 the answers of vens and resources inherit the request's discriminator, which
    contradicts the answer's own. What is not offered is left out. The refusals that an operation
    does not list are problems too.
    """
    schemas = document["components"]["schemas"]
    for name, request in (("ven", "BlVenRequest"), ("resource", "BlResourceRequest")):
        if request in schemas:
            answered = deepcopy(schemas[request])
            del answered["properties"]["objectType"]
            answered["required"].remove("objectType")
            schemas[name]["allOf"][1] = answered
    document["paths"] = {
        path: told for path, told in document["paths"].items() if NOT_OFFERED not in path
    }
    for operations in document["paths"].values():
        for method in METHODS:
            if method in operations:
                _list_refusals(operations[method]["responses"])
    return document


def _list_refusals(responses: Json) -> None:
    told = {"description": "Refused.", "content": {"application/json": {"schema": PROBLEM}}}
    for status in REFUSALS:
        responses.setdefault(status, told)


@dataclass(kw_only=True)
class Findings:
    """What a run found."""

    failures: dict[str, str] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def successes(self) -> set[str]:
        """The operations that were answered with 2xx."""
        return {label for label, status in self.answers if status < 300}


def examine(document: Json, url: str, fill: Callable[[Case], Case], *, examples: int) -> Findings:
    """Run Schemathesis over a document; `fill` puts in what a schema cannot know."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 20260701,
            "base-url": url,
            "continue-on-failure": True,
            "request-timeout": TIMEOUT_S,
            "suppress-health-check": ["too_slow"],
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
            # Clients send nulls and more, so what a schema forbids is often taken.
            "checks": {
                name: {"enabled": False}
                for name in ("negative_data_rejection", "positive_data_acceptance",
                             "ignored_auth", "missing_required_header")
            },
        }
    )  # fmt: skip
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.config.phases.update(phases=["examples", "coverage", "fuzzing"])
    schema.hook("map_case")(lambda context, case: fill(case))
    findings = Findings()
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished(recorder=recorder):
                for case_id, interaction in recorder.interactions.items():
                    if interaction.response is not None and case_id in recorder.cases:
                        label = recorder.cases[case_id].value.operation.label
                        findings.answers[label, interaction.response.status_code] += 1
                for checks in recorder.checks.values():
                    for check in checks:
                        info = check.failure_info
                        if info is not None:
                            name = f"{recorder.label}: {check.name}: {info.failure.title}"
                            told = f"{info.failure.message}\n{info.code_sample}"
                            findings.failures.setdefault(name, told)
            case events.NonFatalError(info=info, label=label):
                findings.failures[f"{label}: {info.title}"] = info.format()
            case events.FatalError(exception=exception):
                raise exception
            case _:
                pass
    return findings
