"""Every deliberate error of kwhen. A message says: got this, this is allowed, do this next."""

from collections.abc import Sequence
from dataclasses import dataclass


class KwhenError(Exception):
    """The root: anything kwhen refuses on purpose."""


class TariffError(KwhenError):
    """A tariff, or rate data that should become one, that cannot be billed as it stands."""


class UsageError(KwhenError):
    """Interval data, or a window of time, of the wrong shape, step or value."""


class CoverageError(KwhenError):
    """No version or figure is in force for the time or place asked about."""


class NotFound(KwhenError):
    """Nothing goes by that key, id, ZIP or name."""


class ChoiceError(KwhenError):
    """A family of plans where one is needed, or a customer that contradicts the plan."""


class SourceError(KwhenError):
    """A file or a remote source could not be read, or its content is not what it should be."""


class SettingError(KwhenError):
    """A setting of the service is not what it should be."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request, named as a client would write its path."""

    field: str  # such as zipcode, usage[3][17], home.ratePlanId; blank: the body as a whole
    message: str


class InvalidFields(KwhenError):
    """Fields of a request are not what they should be; `fields` says which, at most 100."""

    def __init__(self, fields: Sequence[FieldError]) -> None:
        self.fields = tuple(fields)
        super().__init__("; ".join(f"{f.field}: {f.message}".lstrip(": ") for f in self.fields[:3]))

    @classmethod
    def one(cls, field: str, message: str) -> "InvalidFields":
        """The error of a single field."""
        return cls((FieldError(field, message),))


class UnknownId(NotFound):
    """Nothing that belongs to the caller goes by that id."""


class Conflict(KwhenError):
    """The thing changed meanwhile, or a key that stands for one request came with another."""


class Forbidden(KwhenError):
    """The verb is never allowed on this object."""


class ProductionDenied(KwhenError):
    """A credential or organisation of the sandbox asks for production."""


class CredentialError(KwhenError):
    """The caller is not known: the root of what can be wrong with a credential."""


class MissingCredential(CredentialError):
    """No credential came with the request."""


class InvalidCredential(CredentialError):
    """The credential is not one of ours."""


class ExpiredCredential(CredentialError):
    """The credential is past its time."""


class RevokedCredential(CredentialError):
    """The credential was revoked."""


class InsufficientScope(KwhenError):
    """The credential does not carry the scope that the verb needs."""


class RateLimited(KwhenError):
    """Too many requests; the next one is accepted after `retry_after_s` seconds."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
