"""Every deliberate error of kwhen. A message says: got this, this is allowed, do this next."""


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
