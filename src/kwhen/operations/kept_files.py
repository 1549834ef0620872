"""Meter files that are dropped for a calculation: read at once, kept for a while."""

import zlib
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.places import Place
from kwhen.errors import FieldError, InvalidFields, SourceError, UsageError
from kwhen.operations import homes
from kwhen.operations.home_values import STEPS_PER_DAY
from kwhen.operations.impacts import LONGEST_DAYS_COUNT
from kwhen.operations.keyring import new_id
from kwhen.operations.usage_files import FILE, wall_days
from kwhen.operations.work import Work
from kwhen.storage import usage_files
from kwhen.storage.usage_files import UsageFile
from kwhen.usage import Usage, read_usage
from kwhen.usage.values import Fill

Floats = NDArray[np.float64]

KEPT = timedelta(days=30)
MOST_FILES_COUNT = 200  # of a tenant
MOST_WORDS_COUNT = 100  # of gaps and of notes
LONGEST_NAME_COUNT = 200


def keep_usage_file(
    work: Work, content: bytes, *, name: str, zipcode: str | None, fill: Fill = "error"
) -> UsageFile:
    """Read a meter's file, and keep what it says.

    Raises
    ------
    InvalidFields
        `zipcode`: the ZIP is not known; `file`: the content cannot be read.
    """
    where = homes.place_of(zipcode)
    wrong = [] if where else [FieldError("zipcode", "is needed to know the time zone of the file")]
    if not content:
        wrong.append(FieldError(FILE, "choose a file of your meter's readings"))
    if where is None or wrong:
        raise InvalidFields(wrong)
    try:
        found = read_usage(content, zone=where.timezone, fill=fill)
    except (SourceError, UsageError) as error:
        raise InvalidFields.one(FILE, str(error)) from error
    file = _file(work, found, name, where)
    usage_files.add_usage_file(work.session, work.tenant, file, MOST_FILES_COUNT)
    return file


def find_usage_file(work: Work, id: str) -> UsageFile:
    """A file of the tenant that is still kept.

    Raises
    ------
    UnknownId
    """
    return usage_files.find_usage_file(work.session, work.tenant, id, work.now)


def file_kwh(file: UsageFile) -> tuple[Floats, Floats | None]:
    """Import and export of a file's local wall-clock days. (D, 96) [kWh]"""
    exported = None if file.export_kwh is None else _unpacked(file.export_kwh)
    return _unpacked(file.import_kwh), exported


def _file(work: Work, found: Usage, name: str, where: Place) -> UsageFile:
    first, imported = wall_days(found.import_kwh, found, where.timezone)
    exported, notes = None, list(found.notes)
    if found.export_kwh is not None:
        _, exported = wall_days(found.export_kwh, found, where.timezone)
    if (beyond := len(imported) - LONGEST_DAYS_COUNT) > 0:
        imported = imported[beyond:]
        exported = None if exported is None else exported[beyond:]
        first += timedelta(days=beyond)
        notes.append(f"the last {LONGEST_DAYS_COUNT} days are used, {beyond} before them are not")
    return UsageFile(
        id=new_id("ws_usage"),
        created_at=work.now,
        expires_at=work.now + KEPT,
        name=_plain(name) or "usage",
        format=found.format,
        zipcode=where.zipcode,
        first_day=first,
        days_count=len(imported),
        import_kwh=_packed(imported),
        export_kwh=None if exported is None else _packed(exported),
        gaps=_first_of([str(gap) for gap in found.gaps]),
        notes=_first_of(notes),
    )


def _plain(name: str) -> str:
    """The end of a file's name, without what no database keeps."""
    return "".join(c for c in name if c.isprintable()).strip()[-LONGEST_NAME_COUNT:]


def _first_of(words: list[str]) -> tuple[str, ...]:
    """The first of many sentences, and how many more there are."""
    beyond = len(words) - MOST_WORDS_COUNT
    more = (f"and {beyond} more",) if beyond > 0 else ()
    return (*words[:MOST_WORDS_COUNT], *more)


def _packed(kwh: Floats) -> bytes:
    return zlib.compress(kwh.astype("<f8").tobytes())


def _unpacked(kept: bytes) -> Floats:
    return np.frombuffer(zlib.decompress(kept), dtype="<f8").reshape(-1, STEPS_PER_DAY)
