"""The one shape in which errors are told."""

from typing import Any

import httpx

KNOWN = {
    "request_id", "error_code", "message", "recovery_action", "field_errors", "retry_after_seconds",
}  # fmt: skip


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an answer that must be a certain error, in the shape of the contract."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:400]}"
    assert answer.headers["content-type"] == "application/json"
    told: dict[str, Any] = answer.json()
    check_shape(told, code)
    assert told["request_id"] == answer.headers["x-request-id"]
    assert ("retry_after_seconds" in told) == (status == 429) == ("retry-after" in answer.headers)
    return told


def check_shape(told: dict[str, Any], code: str) -> None:
    """Assert that an error is a certain one and has what every error has."""
    assert told["error_code"] == code, told
    assert told.keys() <= KNOWN
    assert told["request_id"].startswith("req_")
    assert told["message"] and told["recovery_action"]
    assert told["recovery_action"].endswith(".") and len(told["recovery_action"]) < 200
    for field in told.get("field_errors", []):
        assert field.keys() == {"field", "message"} and all(field.values())


def fields(told: dict[str, Any]) -> list[str]:
    """The fields that an error names, in order."""
    return [field["field"] for field in told.get("field_errors", [])]
