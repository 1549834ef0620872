"""Work begun where nobody may wait: what would take long says so, and is begun elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_HASTE: ContextVar[bool] = ContextVar("kwhen_haste", default=False)


class NotNow(Exception):
    """Something would wait or take long; begin again where there is time."""


@contextmanager
def in_haste() -> Iterator[None]:
    """What is done within may not wait: it raises NotNow instead."""
    token = _HASTE.set(True)
    try:
        yield
    finally:
        _HASTE.reset(token)


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
