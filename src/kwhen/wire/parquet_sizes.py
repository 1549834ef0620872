"""What a Parquet file will need in memory, read from its footer and from its pages' headers.

A reader of Parquet allocates what each page's header declares, whatever the footer says, so a
small file can ask for gigabytes; and pyarrow ends the whole process over some damaged footers.
Both are written in Thrift's compact form, of which this reads what Parquet uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_FOOTER_BYTES = 1 << 18
MOST_SCHEMA_ITEMS = 1_000  # readers descend into them
MAGIC = b"PAR1"

_TRUE, _FALSE, _I32, _I64, _LIST, _STRUCT = 1, 2, 5, 6, 9, 12
_MOST_VARINT_BYTES = 10
_MOST_DEPTH = 12

# Places in the structs of parquet.thrift: number of the field and its kind.
_SCHEMA, _GROUPS, _GROUP_COLUMNS, _GROUP_ROWS = (2, _LIST), (4, _LIST), (1, _LIST), (3, _I64)
_CHUNK = (3, _STRUCT)
_VALUES, _COMPRESSED = (5, _I64), (7, _I64)
_DATA_OFFSET, _DICTIONARY_OFFSET = (9, _I64), (11, _I64)
_PAGE_KIND, _PAGE_UNCOMPRESSED, _PAGE_COMPRESSED = (1, _I32), (2, _I32), (3, _I32)
_DICTIONARY = 2
_PAGES = {0: (5, _STRUCT), _DICTIONARY: (7, _STRUCT), 3: (8, _STRUCT)}  # where each kind counts
_PAGE_VALUES = (1, _I32)

Fields = dict[tuple[int, int], Any]  # the last of a number and kind counts, as for other readers


@dataclass(frozen=True, slots=True)
class Size:
    """What one row group or page declares: values (or rows), and bytes once uncompressed."""

    values_count: int
    uncompressed_bytes: int


def declared_sizes(data: bytes) -> Iterator[Size]:
    """Rows of every row group, then values and bytes of every page of all columns.

    Raises
    ------
    ValueError
        The file is no Parquet, or it contradicts itself.
    """
    footer = _footer(data)
    if len(_listed(footer, _SCHEMA)) > MOST_SCHEMA_ITEMS:
        raise ValueError("too many columns, or nested too deep")
    groups = _listed(footer, _GROUPS)
    for group in groups:
        yield Size(_count(group, _GROUP_ROWS), 0)
    for group in groups:
        for column in _listed(group, _GROUP_COLUMNS):
            yield from _pages(data, column.get(_CHUNK, {}))


def _footer(data: bytes) -> Fields:
    """The summary at the end of the file."""
    length = int.from_bytes(data[-8:-4], "little")
    if data[-4:] != MAGIC or not 0 < length <= min(MOST_FOOTER_BYTES, len(data) - 12):
        raise ValueError("no footer of Parquet")
    return _Reader(data, len(data) - 8 - length, len(data) - 8).struct(_MOST_DEPTH)


def _pages(data: bytes, chunk: Fields) -> Iterator[Size]:
    """What one column chunk declares, then its pages: that of its dictionary and those of data."""
    start, dictionary = _count(chunk, _DATA_OFFSET), chunk.get(_DICTIONARY_OFFSET, 0)
    if 0 < dictionary < start:
        start = dictionary
    end = start + _count(chunk, _COMPRESSED)
    missing = _count(chunk, _VALUES)
    yield Size(missing, 0)
    reader = _Reader(data, start, end)
    while missing > 0:  # readers go no further
        header = reader.struct(_MOST_DEPTH)
        reader.skip(_count(header, _PAGE_COMPRESSED))
        kind = header.get(_PAGE_KIND)
        values = _count(header.get(_PAGES[kind], {}), _PAGE_VALUES) if kind in _PAGES else 0
        missing -= 0 if kind == _DICTIONARY else values
        yield Size(values, _count(header, _PAGE_UNCOMPRESSED))
    if missing:
        raise ValueError("a column's pages hold other values than the footer says")


def _listed(fields: Fields, place: tuple[int, int]) -> list[Fields]:
    """A list of structs."""
    found = fields.get(place, [])
    if not all(isinstance(item, dict) for item in found):
        raise ValueError("a list of the footer is damaged")
    return list(found)


def _count(fields: Fields, place: tuple[int, int]) -> int:
    """A number that has to be there and counts something."""
    found = fields.get(place, -1)
    if found < 0:
        raise ValueError("a count is missing or negative")
    return int(found)


class _Reader:
    """Reads one struct after another between two places."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        if not 0 <= start <= end <= len(data):
            raise ValueError("a part lies outside of the file")
        self.data, self.at, self.end = data, start, end

    def skip(self, length: int) -> bytes:
        """The next bytes."""
        start, self.at = self.at, self.at + length
        if self.at > self.end:
            raise ValueError("a part is cut off")
        return self.data[start : self.at]

    def struct(self, depth: int) -> Fields:
        """The fields up to the struct's end."""
        if depth == 0:
            raise ValueError("nested too deep")
        fields: Fields = {}
        number = 0
        while head := self.skip(1)[0]:
            kind = head & 0x0F
            number = number + (head >> 4) if head >> 4 else self._signed()
            # A field that is true or false has its value in its kind.
            fields[number, kind] = None if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        match kind:
            case 1 | 2 | 3:  # _TRUE, _FALSE in a list; _BYTE
                return self.skip(1)
            case 4 | 5 | 6:  # integers of 16, 32 and 64 bits
                return self._signed()
            case 7:
                return self.skip(8)  # a double
            case 8:
                return self.skip(self._varint())  # bytes or text
            case 9 | 10:
                head = self.skip(1)[0]
                count = self._varint() if head >> 4 == 15 else head >> 4
                return [self._value(head & 0x0F, depth - 1) for _ in range(count)]
            case 12:
                return self.struct(depth - 1)
        raise ValueError("a field of an unknown kind")

    def _signed(self) -> int:
        zigzag = self._varint()
        return (zigzag >> 1) ^ -(zigzag & 1)

    def _varint(self) -> int:
        total = 0
        for place in range(_MOST_VARINT_BYTES):
            byte = self.skip(1)[0]
            total |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return total
        raise ValueError("a number without an end")
