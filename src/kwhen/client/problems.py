"""An error that the API answered."""

from typing import Any

import httpx

from kwhen.errors import FieldError, KwhenError

UNKNOWN = "UNKNOWN"
SHOWN_COUNT = 200  # characters of an answer that is no JSON


class ApiError(KwhenError):
    """The API refused a request, or failed. `recovery_action` says what to do."""

    def __init__(
        self,
        status: int,
        error_code: str,
        message: str,
        *,
        recovery_action: str | None = None,
        field_errors: tuple[FieldError, ...] = (),
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.status = status
        self.error_code = error_code
        self.message = message
        self.recovery_action = recovery_action
        self.field_errors = field_errors
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        fields = "".join(f"\n  {error.field}: {error.message}" for error in field_errors)
        told = " ".join(filter(None, [message, recovery_action]))
        super().__init__(f"{status} {error_code}: {told}{fields}")


def error_of(response: httpx.Response) -> ApiError:
    """The error of an answer; of a proxy's answer, as far as it can be read."""
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    told = body if isinstance(body, dict) else {}
    return ApiError(
        response.status_code,
        told.get("error_code", UNKNOWN),
        told.get("message") or response.text[:SHOWN_COUNT] or response.reason_phrase,
        recovery_action=told.get("recovery_action"),
        field_errors=tuple(
            FieldError(one.get("field") or "", one["message"])
            for one in told.get("field_errors") or ()
        ),
        request_id=told.get("request_id") or response.headers.get("x-request-id"),
        retry_after_s=told.get("retry_after_seconds"),
    )
