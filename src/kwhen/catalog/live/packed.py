"""Text files out of answers: plain, or inside a zip that is not trusted to be small or whole."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from kwhen.catalog.http import start_of
from kwhen.errors import SourceError

_MOST_FILES = 2_000
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MOST_BYTES = 512 * 1024 * 1024  # of all files of one zip


def is_zip(content: bytes) -> bool:
    """Whether an answer begins as a zip does."""
    return content.startswith(b"PK")


def unzipped(content: bytes, source: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of a zip.

    Raises
    ------
    SourceError
        It is no zip, is cut off or damaged, or unpacks to more than is believable.
    """
    if not is_zip(content):
        raise SourceError(f"{source}: the answer is not a zip but {start_of(content)!r}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_FILES or sum(e.file_size for e in entries) > _MOST_BYTES:
                raise SourceError(f"{source}: the zip unpacks to more than any that is due")
            for entry in entries:
                if entry.compress_type not in _PACKINGS:
                    raise SourceError(f"{source}: the zip is damaged, or packed in an odd way")
                yield entry.filename, packed.read(entry)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, OverflowError,
        NotImplementedError, RuntimeError, LookupError,
    ) as error:  # fmt: skip
        raise SourceError(
            f"{source}: the zip is damaged or cut off ({str(error)[:80]}); ask again"
        ) from None


def rows(content: bytes, needed: tuple[str, ...], source: str) -> Iterator[Mapping[str, str]]:
    """The rows of a CSV with a header, cells stripped.

    Raises
    ------
    SourceError
        A needed column is missing, a row is short, or it is no text.
    """
    try:
        text = content.decode("utf-8-sig")
        lines = csv.reader(io.StringIO(text))
        header = [name.strip() for name in next(lines, [])]
        if missing := [name for name in needed if name not in header]:
            raise SourceError(
                f"{source}: no column {', '.join(missing)}; the answer begins {start_of(content)!r}"
            )
        for cells in lines:
            if not any(cells):
                continue
            if len(cells) < len(header):
                raise SourceError(f"{source}: line {lines.line_num} is cut off")
            yield {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{source}: not a CSV ({str(error)[:80]})") from None
