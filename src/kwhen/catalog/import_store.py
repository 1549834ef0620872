"""The files of imports: `imported/<name>.jsonl.gz`, each whole or not there.

A first line with the report of the import and the checksum of the other lines, which are items
as they came.
"""

import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kwhen.errors import SourceError, TariffError

FOLDER = "imported"
REPORT = "report.json"
_FORMAT = 1
_SUFFIX = ".jsonl.gz"
_UNFINISHED = ".importing-"

Mark = tuple[tuple[str, int, int, int], ...]  # of each file: name, time, size and place


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line of an import. A higher `number` is a newer import."""

    path: Path
    number: int
    sha256: str


def mark_of(folder: Path) -> Mark:
    """What tells one state of a folder's imports from another; empty where there are none."""
    stats = [(path.name, path.stat()) for path in _files(folder)]
    return tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats)


@contextmanager
def sole_import(folder: Path) -> Iterator[Path]:
    """A folder to work in, while no other import runs; what a killed one left is removed.

    Raises
    ------
    SourceError
        Another import into the folder is running.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        _lock(lock.fileno(), folder)
        for left in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder) as work:
            yield Path(work)


def publish(work: Path, name: str, lines: Iterator[str], report: Mapping[str, Any]) -> None:
    """Write the lines of an import in its work folder, then put them in place by one rename.

    The report goes beside them as `report.json`, always that of the last import.
    """
    folder, body, new = work.parent, work / "body.gz", work / "new.gz"
    checksum = hashlib.sha256()
    with gzip.GzipFile(body, "wb", mtime=0) as packed:
        for line in lines:
            checksum.update(line.encode())
            packed.write(line.encode())
    header = {
        "format": _FORMAT,
        "number": 1 + max((header.number for header in _readable(folder)), default=0),
        "sha256": checksum.hexdigest(),
        "report": report,
    }
    with new.open("wb") as file:
        file.write(gzip.compress(json.dumps(header).encode() + b"\n", mtime=0))
        with body.open("rb") as packed_body:
            shutil.copyfileobj(packed_body, file)
        file.flush()
        os.fsync(file.fileno())
    (work / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    before_publishing()
    os.replace(new, folder / f"{name}{_SUFFIX}")
    os.replace(work / REPORT, folder / REPORT)
    _sync(folder)


def before_publishing() -> None:
    """Nothing. Tests stop an import here, at its last moment."""


def newest_first(folder: Path) -> list[Header]:
    """The imports of a folder.

    Raises
    ------
    SourceError
        The first line of one cannot be read.
    """
    return sorted(map(_header, _files(folder)), key=lambda header: -header.number)


def read_items(header: Header) -> Iterator[dict[str, Any]]:
    """The items of an import, once its checksum is seen to hold.

    Raises
    ------
    SourceError
        The file is damaged.
    """
    checksum = hashlib.sha256()
    for line in _lines(header.path):
        checksum.update(line)
    if checksum.hexdigest() != header.sha256:
        raise SourceError(f"{header.path}: its checksum does not hold; import it again")
    for line in _lines(header.path):
        with damage_named(header.path):
            item = json.loads(line)
        yield item


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn what a damaged file leads to into an error that names it."""
    try:
        yield
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, TariffError) as error:
        raise SourceError(f"{path}: is damaged ({error}); import it again") from error


def _lines(path: Path) -> Iterator[bytes]:
    """All lines but the first."""
    with damage_named(path), gzip.open(path, "rb") as lines:
        lines.readline()
        yield from lines


def _header(path: Path) -> Header:
    with damage_named(path), gzip.open(path, "rb") as lines:
        said = json.loads(lines.readline())
        if said["format"] != _FORMAT:
            raise ValueError(f"format {said['format']}, this version reads {_FORMAT}")
        return Header(path=path, number=int(said["number"]), sha256=str(said["sha256"]))


def _readable(folder: Path) -> Iterator[Header]:
    """The imports that are not damaged: a damaged one must not stop the import that mends it."""
    for path in _files(folder):
        try:
            yield _header(path)
        except SourceError:
            continue


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{_SUFFIX}") if not path.name.startswith("."))


def _sync(folder: Path) -> None:
    """Make the rename last through a power cut, where a folder can be opened (not on Windows)."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    """Hold the folder until the file is closed; the system lets go when a process dies."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SourceError(f"another import into {folder} is running; wait for it") from None
