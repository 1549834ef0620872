"""Work begun where nobody may wait: what would take long says so, and is begun elsewhere."""

from contextvars import ContextVar

_HASTE: ContextVar[bool] = ContextVar("kwhen_haste", default=False)


class NotNow(Exception):
    """Something would wait or take long; begin again where there is time."""


class InHaste:
    """What is done within may not wait: it raises NotNow instead."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = _HASTE.set(True)

    def __exit__(self, *error: object) -> None:
        _HASTE.reset(self._token)


def is_in_haste() -> bool:
    """Whether nobody may wait here."""
    return _HASTE.get()


def take_time() -> None:
    """Stands before what waits or takes more than a millisecond or two.

    Raises
    ------
    NotNow
    """
    if _HASTE.get():
        raise NotNow
