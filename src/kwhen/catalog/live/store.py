"""A folder of live series, one file each: what was fetched stays, newer values win.

A file is an npz without pickles: instants, values, when each was fetched and from where. It is
written beside and put in place, so a reader sees the old file or the new one, whole.
"""

import hashlib
import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from os.path import isdir
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.http import replace_file
from kwhen.catalog.live.packed import is_zip
from kwhen.catalog.live.series import Kind, Point, Series
from kwhen.errors import KwhenError, SourceError

_FORMAT = 1
_SUFFIX = ".npz"
_NAMES_KEPT_COUNT = 4_096

Mark = tuple[int, int, int]  # of a file: time, size and place


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where values came from: an id of the sources register, and the run or signal in it."""

    source: str
    market: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is held of a series: [first_s, end_s) with `step_count` steps and `missing_count` gaps.

    `fetched_s` is when the newest value was asked for.
    """

    kind: Kind
    point: Point
    step_s: int
    first_s: int
    end_s: int
    step_count: int
    missing_count: int
    fetched_s: float
    origins: tuple[Origin, ...]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class _Held:
    """One file, read."""

    kind: Kind
    point: Point
    step_s: int
    start_epoch_s: NDArray[np.int64]  # (N,) rising
    values: NDArray[np.float64]  # (N,)
    fetched_s: NDArray[np.float64]  # (N,)
    origin: NDArray[np.int64]  # (N,) position in `origins`
    origins: tuple[Origin, ...]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Held:
    """Values at asked instants, NaN where none is held, and what they came from."""

    values: NDArray[np.float64]  # (N,)
    fetched_s: NDArray[np.float64]  # (N,) NaN where no value is held
    origins: tuple[Origin, ...]  # of these values


class SeriesStore:
    """The series of one folder. Files are read when asked for and again when they change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._name = str(folder)
        self._read: dict[Path, tuple[Mark, _Held]] = {}

    def is_there(self) -> bool:
        """Whether anything was ever stored."""
        return isdir(self._name)

    def read(self, kind: Kind, point: Point, epoch_s: NDArray[np.int64]) -> NDArray[np.float64]:
        """Values of the steps that hold the instants, in the unit of the kind; NaN where none is.

        Raises
        ------
        SourceError
            The file of this series is damaged.
        """
        return self.told(kind, point, epoch_s).values

    def told(self, kind: Kind, point: Point, epoch_s: NDArray[np.int64]) -> Held:
        """The same with when and where each value came from.

        Raises
        ------
        SourceError
            The file of this series is damaged.
        """
        held = self._held(kind, point)
        if held is None or not len(held.start_epoch_s):
            nothing = np.full(epoch_s.shape, np.nan)
            return Held(values=nothing, fetched_s=nothing.copy(), origins=())
        at = np.searchsorted(held.start_epoch_s, epoch_s, side="right") - 1  # (N,)
        row = np.maximum(at, 0)
        inside = (at >= 0) & (epoch_s < held.start_epoch_s[row] + held.step_s)  # (N,)
        used = np.unique(held.origin[row[inside]])
        return Held(
            values=np.where(inside, held.values[row], np.nan),
            fetched_s=np.where(inside, held.fetched_s[row], np.nan),
            origins=tuple(held.origins[index] for index in used),
        )

    def coverage(self, kind: Kind, point: Point) -> Coverage | None:
        """What is held of a series, None where nothing is.

        Raises
        ------
        SourceError
            The file of this series is damaged.
        """
        held = self._held(kind, point)
        if held is None or not len(held.start_epoch_s):
            return None
        first_s, end_s = int(held.start_epoch_s[0]), int(held.start_epoch_s[-1]) + held.step_s
        count = len(held.start_epoch_s)
        return Coverage(
            kind=kind,
            point=point,
            step_s=held.step_s,
            first_s=first_s,
            end_s=end_s,
            step_count=count,
            missing_count=(end_s - first_s) // held.step_s - count,
            fetched_s=float(held.fetched_s.max()),
            origins=held.origins,
        )

    def mark(self, kind: Kind, point: Point) -> Mark | None:
        """What tells one state of a series from another; None where nothing is held.

        Raises
        ------
        SourceError
            The file of this series cannot be read.
        """
        return _mark(self._path(kind, point))

    def list(self) -> tuple[list[Coverage], list[SourceError]]:
        """Everything held, by kind and point, and what is wrong with the files that are damaged."""
        found: list[Coverage] = []
        damaged: list[SourceError] = []
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            if path.name.startswith("."):
                continue
            try:
                held = self._at(path)
                if held is not None and path != self._path(held.kind, held.point):
                    raise _damage(path, f"holds {held.kind} of {held.point}")
                covered = self.coverage(held.kind, held.point) if held is not None else None
            except SourceError as error:
                damaged.append(error)
                continue
            if covered is not None:
                found.append(covered)
        return sorted(found, key=lambda held: (held.kind, held.point)), damaged

    def merge(self, series: Series) -> int:
        """Add a series to what is held and say how many steps are new or changed.

        Where both have a step, the one fetched later counts.

        Raises
        ------
        SourceError
            The file of this series is damaged, or holds another length of step.
        """
        with self._alone():
            held = self._held(series.kind, series.point)
            merged = _merged(held, series)
            if held is not None and _same(held, merged):
                return 0
            replace_file(self._path(series.kind, series.point), _packed(merged))
            return _changed_count(held, merged)

    def _path(self, kind: Kind, point: Point) -> Path:
        return self.folder / _file_name(kind, point)

    def _held(self, kind: Kind, point: Point) -> _Held | None:
        path = self._path(kind, point)
        held = self._at(path)
        if held is not None and (held.kind, held.point) != (kind, point):
            raise _damage(path, f"holds {held.kind} of {held.point}")
        return held

    def _at(self, path: Path) -> _Held | None:
        mark = _mark(path)
        if mark is None:
            return None
        if path in self._read and self._read[path][0] == mark:
            return self._read[path][1]
        with _readable(path):
            held = _unpacked(path.read_bytes(), path)
        self._read[path] = (mark, held)
        return held

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder while a file is read, changed and written; others wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a") as lock:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
            else:
                import fcntl

                fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
            yield


@lru_cache(maxsize=_NAMES_KEPT_COUNT)
def _file_name(kind: Kind, point: Point) -> str:
    readable = re.sub(r"[^A-Za-z0-9]+", "_", str(point))[:60]
    own = hashlib.sha256(str(point).encode()).hexdigest()[:8]
    return f"{kind.value}-{readable}-{own}{_SUFFIX}"


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what the system refuses into an error that names the file."""
    try:
        yield
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}; let this user read it") from None


def _mark(path: Path) -> Mark | None:
    """Time, size and place of a file; None where there is none."""
    with _readable(path):
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _merged(held: _Held | None, series: Series) -> _Held:
    origin = Origin(source=series.source, market=series.market)
    origins = held.origins if held is not None else ()
    if origin not in origins:
        origins = (*origins, origin)
    count = len(series.values)
    start_epoch_s, values = series.start_epoch_s, series.values
    fetched_s = np.full(count, series.fetched_s)
    index = np.full(count, origins.index(origin), dtype=np.int64)
    if held is not None:
        if held.step_s != series.step_s:
            raise SourceError(
                f"{series.point}: {series.step_s} s a step, and {held.step_s} s are held; "
                "keep them in a store of their own"
            )
        start_epoch_s = np.concatenate((held.start_epoch_s, start_epoch_s))
        values = np.concatenate((held.values, values))
        fetched_s = np.concatenate((held.fetched_s, fetched_s))
        index = np.concatenate((held.origin, index))
    order = _newest(start_epoch_s, fetched_s)
    return _Held(
        kind=series.kind,
        point=series.point,
        step_s=series.step_s,
        start_epoch_s=start_epoch_s[order],
        values=values[order],
        fetched_s=fetched_s[order],
        origin=index[order],
        origins=origins,
    )


def _newest(start_epoch_s: NDArray[np.int64], fetched_s: NDArray[np.float64]) -> Any:
    """Rows in the order of time, of each step only the one fetched last."""
    order = np.lexsort((fetched_s, start_epoch_s))  # of one step the newest comes last
    last = np.append(np.diff(start_epoch_s[order]) != 0, True)[: len(order)]
    return order[last]


def _same(one: _Held, other: _Held) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("start_epoch_s", "values", "fetched_s", "origin")
    )


def _changed_count(held: _Held | None, merged: _Held) -> int:
    """How many steps of the merged series are new, or have another value than before."""
    if held is None or not len(held.start_epoch_s):
        return len(merged.start_epoch_s)
    at = np.searchsorted(merged.start_epoch_s, held.start_epoch_s)
    same = int(np.count_nonzero(merged.values[at] == held.values))
    return len(merged.start_epoch_s) - same


def _packed(held: _Held) -> bytes:
    about = {
        "format": _FORMAT,
        "kind": held.kind.value,
        "point": [held.point.group, held.point.name],
        "step_s": held.step_s,
        "origins": [[origin.source, origin.market] for origin in held.origins],
    }
    arrays: dict[str, Any] = {
        "start_epoch_s": held.start_epoch_s,
        "values": held.values,
        "fetched_s": held.fetched_s,
        "origin": held.origin,
    }
    check = hashlib.sha256(b"".join(array.tobytes() for array in arrays.values())).hexdigest()
    text = json.dumps({**about, "sha256": check}).encode()
    file = io.BytesIO()
    np.savez_compressed(file, about=np.frombuffer(text, dtype=np.uint8), **arrays)
    return file.getvalue()


def _unpacked(content: bytes, path: Path) -> _Held:
    try:
        if not is_zip(content):
            raise ValueError("it is no npz file")
        with np.load(io.BytesIO(content), allow_pickle=False) as packed:
            about = json.loads(packed["about"].tobytes())
            start = packed["start_epoch_s"]
            values, fetched_s, origin = packed["values"], packed["fetched_s"], packed["origin"]
        arrays = (start, values, fetched_s, origin)
        check = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
        if about["format"] != _FORMAT:
            raise ValueError(f"format {about['format']}, this version reads {_FORMAT}")
        if about["sha256"] != check:
            raise ValueError("its checksum does not hold")
        group, name = about["point"]
        return _Held(
            kind=Kind(about["kind"]),
            point=Point(group=group, name=name),
            step_s=int(about["step_s"]),
            start_epoch_s=start,
            values=values,
            fetched_s=fetched_s,
            origin=origin,
            origins=tuple(Origin(source=s, market=m) for s, m in about["origins"]),
        )
    except (
        OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError,
        MemoryError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, KwhenError,
    ) as error:  # fmt: skip
        raise _damage(path, str(error)) from None


def _damage(path: Path, why: str) -> SourceError:
    return SourceError(
        f"{path}: is damaged ({why[:120]}); remove the file and refresh, the other series are "
        "not affected"
    )
