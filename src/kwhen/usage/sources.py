"""Bytes from a path, a zip or memory, bounded in size, and as text where they are text."""

import codecs
import io
import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from kwhen.errors import SourceError

# Ten years of quarter hours as indented Green Button XML come to about 100 MB.
MOST_BYTES: Final = 128 * 1024 * 1024
_SUFFIXES: Final = (".csv", ".xml", ".txt", ".parquet")
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_source(source: bytes | str | Path) -> tuple[bytes, tuple[str, ...]]:
    """The content of bytes or of the file at a path, taken out of its zip, with notes.

    Raises
    ------
    SourceError
        The file cannot be read, is empty, is larger than 128 MiB, or is a zip that does not
        hold exactly one usage file.
    """
    content = source if isinstance(source, bytes) else _read_file(Path(source))
    _check_size(len(content))
    if not content.strip():
        raise SourceError("the file is empty; export the usage again")
    if content.startswith(b"PK\x03\x04"):
        return _unzip(content)
    return content, ()


def _read_file(path: Path) -> bytes:
    """The bytes of a file that is not too large."""
    try:
        _check_size(path.stat().st_size)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(
            f"cannot read {str(path)[:200]}: {reason}; give the path of a usage file"
        ) from error


def _check_size(size: int) -> None:
    """Refuse content beyond the bound."""
    if size > MOST_BYTES:
        raise SourceError(
            f"{size:,} bytes; allowed are {MOST_BYTES:,}. Give at most ten years at a time"
        )


def _unzip(content: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The one usage file in a zip; files of gas and of bills beside it are passed over."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            member = _pick(archive.infolist())
            with archive.open(member) as stream:
                inner = stream.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise SourceError(f"the zip file is damaged: {error}; download it again") from error
    except (RuntimeError, NotImplementedError, ValueError, OverflowError) as error:
        raise SourceError(f"the zip file cannot be opened: {error}; unpack it first") from error
    _check_size(len(inner))
    name = member.filename[:60]
    if not inner.strip() or inner.startswith(b"PK\x03\x04"):
        raise SourceError(f"{name} in the zip is empty or itself a zip; unpack it first")
    return inner, (f"read {name} from the zip",)


def _pick(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The member that holds the usage."""
    names = [member.filename for member in members]
    if "[Content_Types].xml" in names:
        raise SourceError("an Excel workbook; save the sheet as CSV and give that")
    found = [
        member
        for member in members
        if PurePosixPath(member.filename).suffix.lower() in _SUFFIXES
        and not member.filename.startswith("__MACOSX/")
    ]
    if len(found) > 1:
        electric = [
            member
            for member in found
            if not any(word in member.filename.lower() for word in ("gas", "billing"))
        ]
        found = electric or found
    if len(found) != 1:
        listed = ", ".join(name[:60] for name in names[:5])
        raise SourceError(
            f"the zip holds {len(found)} usage files ({listed}); allowed is one CSV, XML or "
            "Parquet file. Unpack it and give one"
        )
    return found[0]


def decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Text of UTF-8, UTF-16 or, when it is neither, Latin-1, with a note on the last.

    Raises
    ------
    SourceError
        The bytes are no text.
    """
    notes: tuple[str, ...] = ()
    try:
        if content.startswith(_WIDE):
            text = content.decode("utf-16")
        elif b"\0" in content[:2]:
            text = content.decode("utf-16-be" if content[0] == 0 else "utf-16-le")
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.encoding != "utf-8":
            raise SourceError("neither UTF-8 nor UTF-16 text; save the file as UTF-8") from error
        text = content.decode("latin-1")
        notes = ("the file is not UTF-8 and was read as Latin-1",)
    if "\0" in text:
        raise SourceError("a binary file; give a CSV, Green Button XML or Parquet file")
    return text, notes
