"""One door for every format: bytes or a path in, 15-minute usage out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from kwhen.errors import SourceError, UsageError
from kwhen.usage.assemble import assemble
from kwhen.usage.channel import Channel
from kwhen.usage.clock import find_zone
from kwhen.usage.green_button import read_green_button
from kwhen.usage.parquet import read_parquet
from kwhen.usage.pge import find_pge, read_pge
from kwhen.usage.plain import find_plain, read_plain
from kwhen.usage.sce import find_sce, read_sce
from kwhen.usage.sdge import find_sdge, read_sdge
from kwhen.usage.sources import decode, read_source
from kwhen.usage.table import Row, read_rows
from kwhen.usage.values import Fill, Usage

_Channels = tuple[list[Channel], tuple[str, ...]]
_WITH_METERS: Final = ("Green Button", "SDG&E CSV")
_FILLS: Final = ("error", "zero", "mean")


def read_usage(
    source: bytes | str | Path, *, zone: str, fill: Fill = "error", meter: str | None = None
) -> Usage:
    """15-minute usage of one home over whole local days, from a file of any known format.

    Parameters
    ----------
    source
        The content as bytes, or a path (a str is a path). The format is told by the content:
        Green Button XML, the CSV exports of PG&E, SCE and SDG&E, plain CSV or Parquet; a zip
        with one such file will do.
    zone
        IANA name of the home's time zone; times without an offset are its wall clock.
    fill
        What to do about missing intervals: "error" refuses and lists them, "zero" fills
        nothing in, "mean" the mean of the same local weekday and quarter hour.
    meter
        A piece of the meter's name or number, for a Green Button or SDG&E file that holds
        several.

    Raises
    ------
    SourceError
        The source cannot be read, or is none of the formats.
    UsageError
        The readings are not those of one home, in bounds and complete.
    """
    if fill not in _FILLS:
        raise UsageError(f"fill is {fill!r}; allowed are {', '.join(_FILLS)}")
    place = find_zone(zone)
    content, notes = read_source(source)
    name, (channels, more) = _read(content, place, meter)
    if meter is not None and name not in _WITH_METERS:
        raise UsageError(f"meter={meter!r}, but a {name} holds one meter; leave it out")
    return assemble(channels, zone=place, fill=fill, format_name=name, notes=(*notes, *more))


def _read(content: bytes, zone: ZoneInfo, meter: str | None) -> tuple[str, _Channels]:
    """The format's name and what its reader found."""
    if content.startswith(b"PAR1"):
        return "Parquet", read_parquet(content)
    text, notes = decode(content)
    head = text[:2000].lstrip("\ufeff \t\r\n").lower()
    if head.startswith("<!doctype html") or "<html" in head:
        raise SourceError("a web page, not a usage file; log in and download the export again")
    if head.startswith("<"):
        return "Green Button", read_green_button(content.lstrip(), zone=zone, meter=meter)
    name, (channels, more) = _read_csv(read_rows(text), meter)
    return name, (channels, (*notes, *more))


def _read_csv(rows: Sequence[Row], meter: str | None) -> tuple[str, _Channels]:
    """The channels of whichever CSV layout has its header in the rows."""
    if (header := find_plain(rows)) is not None:
        return "plain CSV", read_plain(rows, header)
    if (header := find_pge(rows)) is not None:
        return "PG&E CSV", read_pge(rows, header)
    if (header := find_sdge(rows)) is not None:
        return "SDG&E CSV", read_sdge(rows, header, meter=meter)
    if (header := find_sce(rows)) is not None:
        return "SCE CSV", read_sce(rows, header)
    shown = ",".join(rows[0].cells)[:60] if rows else ""
    raise SourceError(
        f"no usage format has this content (it begins {shown!r}); allowed are Green Button XML, "
        "the interval CSV exports of PG&E, SCE and SDG&E, and CSV or Parquet with the columns "
        "start,import_kwh[,export_kwh]"
    )
