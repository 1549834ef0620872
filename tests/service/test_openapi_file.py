"""The committed openapi.json is what the service says, and clients of it are not broken."""

import json
from pathlib import Path

import pytest

from tools import write_openapi
from tools.api_changes import breaking
from tools.write_openapi import FILE, current, main, text_of


def test_nothing_breaks_clients_of_the_committed_file() -> None:
    found = breaking(json.loads(FILE.read_text(encoding="utf-8")), current())
    assert not found, "\n".join([*found, "If it is wanted: make openapi BREAKING=accept"])


def test_the_committed_file_is_what_the_service_says() -> None:
    is_same = FILE.read_text(encoding="utf-8") == text_of(current())
    assert is_same, "the API changed: run `make openapi` and commit openapi.json"


def test_a_breaking_change_is_refused_until_it_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = current()
    old["paths"]["/v1/homes/forget"] = {"post": {"operationId": "forget", "responses": {}}}
    file = tmp_path / "openapi.json"
    file.write_text(text_of(old))
    monkeypatch.setattr(write_openapi, "FILE", file)
    assert "POST /v1/homes/forget: removed" in str(main([]))
    assert file.read_text() == text_of(old)
    assert main(["--accept-breaking"]) is None
    assert file.read_text() == text_of(current())


def test_arrays_of_numbers_stay_on_one_line() -> None:
    text = text_of({"a": [1, -2.5, 3], "b": ["x", 1], "c": []})
    assert '"a": [1,-2.5,3],' in text
    assert json.loads(text) == {"a": [1, -2.5, 3], "b": ["x", 1], "c": []}
