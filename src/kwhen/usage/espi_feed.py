"""The parts of a Green Button (ESPI) Atom feed that tell energy, as plain values.

Parsed as a stream, without building a tree: a year of quarter hours is 250,000 elements.
Names are compared without their namespace, because utilities disagree on it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, XMLParserType

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from kwhen.errors import SourceError, UsageError
from kwhen.usage.channel import MOST_ROWS

# Ten elements for each of the most readings.
_MOST_ELEMENTS = 10 * MOST_ROWS
_FORGET = frozenset(
    {"entry", "IntervalReading", "ReadingType", "ServiceCategory", "LocalTimeParameters"}
)


@dataclass(slots=True, kw_only=True)
class Block:
    """The readings of the IntervalBlocks of one entry, as texts. All lists are (M,)."""

    start: list[str] = field(default_factory=list)
    duration: list[str] = field(default_factory=list)
    value: list[str] = field(default_factory=list)
    quality: list[str] = field(default_factory=list)
    line: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Entry:
    """One Atom entry: its links, and whichever resource it carries."""

    own: str = ""  # href of rel="self"
    up: str = ""
    related: list[str] = field(default_factory=list)
    title: str = ""
    resource: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    block: Block = field(default_factory=Block)


class FeedTarget:
    """Receives the parser's events and collects entries in `entries`."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.is_espi = False
        self.expat: XMLParserType | None = None
        self._entry = Entry()
        self._fields: dict[str, str] = {}
        self._text: list[str] = []
        self._names: dict[str, str] = {}
        self._count = 0
        self._elements = 0
        self._ends: dict[str, Callable[[], None]] = {
            "entry": self._end_entry,
            "title": self._end_title,
            "IntervalReading": self._end_reading,
            "IntervalBlock": self._end_block,
            "ReadingType": self._end_described,
            "ServiceCategory": self._end_described,
            "LocalTimeParameters": self._end_described,
        }

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element; links are read here because they are all attributes."""
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise SourceError(f"more than {_MOST_ELEMENTS:,} elements; give at most ten years")
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = tag.rpartition("}")[2]
        self._text = []
        if name in _FORGET:
            self._fields = {}
        if name == "entry":
            self._entry = Entry()
        elif name == "link":
            self._link(attributes.get("rel", ""), attributes.get("href", ""))
        elif name in ("UsagePoint", "MeterReading", "ReadingType", "LocalTimeParameters"):
            self._entry.resource = name
            self.is_espi = True

    def end(self, tag: str) -> None:
        """End an element: hand over what a resource holds, or keep the text of a leaf."""
        name = self._names[tag]
        ended = self._ends.get(name)
        if ended is not None:
            ended()
        elif self._text:
            self._fields[name] = "".join(self._text).strip()
            self._text = []

    def data(self, text: str) -> None:
        """Text between tags."""
        self._text.append(text)

    def close(self) -> list[Entry]:
        """The entries; blocks outside any entry make a last one."""
        if self._entry.block.start:
            self._end_entry()
        return self.entries

    def _link(self, relation: str, href: str) -> None:
        href = href.rstrip("/")
        if relation == "self":
            self._entry.own = href
        elif relation == "up":
            self._entry.up = href
        elif relation == "related":
            self._entry.related.append(href)

    def _end_reading(self) -> None:
        self._count += 1
        if self._count > MOST_ROWS:
            raise SourceError(f"more than {MOST_ROWS:,} readings; give at most ten years")
        block, found = self._entry.block, self._fields.get
        block.start.append(found("start", ""))
        block.duration.append(found("duration", ""))
        block.value.append(found("value", ""))
        block.quality.append(found("quality", ""))
        block.line.append(self.expat.CurrentLineNumber if self.expat else 0)

    def _end_block(self) -> None:
        self._entry.resource = "IntervalBlock"
        self.is_espi = True

    def _end_described(self) -> None:
        self._entry.fields = self._fields

    def _end_title(self) -> None:
        self._entry.title = "".join(self._text).strip()

    def _end_entry(self) -> None:
        self.entries.append(self._entry)
        self._entry = Entry()


def read_feed(content: bytes) -> list[Entry]:
    """The entries of an ESPI document, in order.

    Raises
    ------
    SourceError
        The bytes are no XML, declare a DTD or entities, or are XML of another kind.
    """
    target = FeedTarget()
    try:
        parser = DefusedXMLParser(target=target, forbid_dtd=True)
        target.expat = parser.parser
        parser.feed(content)
        entries: list[Entry] = parser.close()
    except DefusedXmlException as error:
        raise SourceError(f"XML with a DTD or entities is refused: {error}") from error
    except (ParseError, ExpatError, LookupError, ValueError, AssertionError) as error:
        raise SourceError(f"not readable as XML: {error}; download the file again") from error
    if not target.is_espi:
        raise SourceError("XML, but not Green Button: no ESPI resource in it. Give a usage feed")
    if not any(entry.block.start for entry in entries):
        raise UsageError("the Green Button file has no interval readings; export interval data")
    return entries
