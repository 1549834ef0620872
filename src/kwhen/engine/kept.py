"""Results kept for the next call, up to a number of bytes; the one unused for longest goes first.

`functools.lru_cache` counts results, but one may be of a day and the next of three years.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import update_wrapper
from itertools import count
from threading import Lock
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from kwhen.haste import take_time

P = ParamSpec("P")
T = TypeVar("T")
Owner = TypeVar("Owner")

MIB_BYTES = 1 << 20
ENTRY_BYTES = 500  # of what is kept beside arrays: about the key and its place


class _Entry(Generic[T]):
    __slots__ = ("result", "size_bytes", "used_number")

    def __init__(self, result: T, size_bytes: int, used_number: int) -> None:
        self.result, self.size_bytes, self.used_number = result, size_bytes, used_number


class Kept(Generic[P, T]):
    """A function of hashable arguments that remembers what it gave. Threads may share it."""

    def __init__(
        self, make: Callable[P, T], most_bytes: int, own: Callable[[Any], object] | None
    ) -> None:
        self.most_bytes = most_bytes
        self.held_bytes = 0
        self._own = own
        self._make = make
        self._entries: dict[Any, _Entry[T]] = {}
        self._uses = count()
        self._lock = Lock()  # of changes; looking needs none
        update_wrapper(self, make)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """The result, kept or made."""
        key: Any = (args, tuple(kwargs.items())) if kwargs else args
        entry = self._entries.get(key)
        if entry is None:
            return self._made(key, *args, **kwargs)
        entry.used_number = next(self._uses)
        return entry.result

    def _made(self, key: Any, *args: P.args, **kwargs: P.kwargs) -> T:
        take_time()
        result = self._make(*args, **kwargs)
        own = self._own(result) if self._own else result
        size = ENTRY_BYTES + size_bytes(*args, *kwargs.values(), own)
        entry = _Entry(result, size, next(self._uses))
        if entry.size_bytes <= self.most_bytes:
            with self._lock:
                self._drop(key)
                self._entries[key] = entry
                self.held_bytes += entry.size_bytes
                self._make_room()
        return result

    def _make_room(self) -> None:
        """Give up what was not used for longest, an eighth more than needed: it is seldom done."""
        if self.held_bytes <= self.most_bytes:
            return
        for key in sorted(self._entries, key=lambda key: self._entries[key].used_number):
            self._drop(key)
            if self.held_bytes <= self.most_bytes * 7 // 8:
                return

    def _drop(self, key: Any) -> None:
        entry = self._entries.pop(key, None)
        self.held_bytes -= entry.size_bytes if entry else 0

    def cache_clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self.held_bytes = 0


def kept(
    most_mib: int, own: Callable[[Any], object] | None = None
) -> Callable[[Callable[P, T]], Kept[P, T]]:
    """Keep the results of a function, up to so many mebibytes of arrays and bytes.

    own : what of a result counts; all of it, where nothing is said
    """
    return lambda make: Kept(make, most_mib * MIB_BYTES, own)


def kept_with(make: Callable[[Owner], T]) -> Callable[[Owner], T]:
    """Keep what a function gives for a thing as long as that thing lives; it must not hold it."""
    results: WeakKeyDictionary[Any, T] = WeakKeyDictionary()

    def look(owner: Owner) -> T:
        found = results.get(owner)
        if found is None:
            found = results[owner] = make(owner)
        return found

    update_wrapper(look, make)
    return look


def size_bytes(*results: object) -> int:
    """Bytes of the arrays and byte strings in results.

    Values that compare by content are facts of a catalog, which others hold as well: they count
    nothing. What has arrays cannot compare so.
    """
    found: dict[int, int] = {}
    waiting = list(results)
    for one in waiting:  # it grows on the way
        kind = type(one)
        if kind is tuple or kind is list:
            waiting.extend(one)  # type: ignore[arg-type]
        elif isinstance(one, np.ndarray):
            whole = one if one.base is None else one.base
            found[id(whole)] = getattr(whole, "nbytes", one.nbytes)
        elif isinstance(one, bytes):
            found[id(one)] = len(one)
        elif kind is dict:
            waiting.extend(one.values())  # type: ignore[attr-defined]
        else:
            names = _PARTS[kind] if kind in _PARTS else _parts(kind)
            waiting.extend(getattr(one, name) for name in names)
    return sum(found.values())


_PARTS: dict[type[Any], tuple[str, ...]] = {}


def _parts(kind: type[Any]) -> tuple[str, ...]:
    """Names of the fields of a class that may hold arrays."""
    has_arrays = is_dataclass(kind) and kind.__eq__ is object.__eq__
    _PARTS[kind] = tuple(field.name for field in fields(kind)) if has_arrays else ()
    return _PARTS[kind]
