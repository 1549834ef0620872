"""Interval arrays as programs send them in NumPy's .npy, under the rules of JSON cells."""

import re
from math import prod
from typing import Any, Literal

import numpy as np

from kwhen.errors import InvalidFields
from kwhen.wire.interval_rules import CELLS_COUNT, Floats, checked, day_count_error, raise_all

_MAGIC = re.compile(rb"\x93NUMPY(?:\x01\x00(?P<short>..)|[\x02\x03]\x00(?P<long>....))", re.DOTALL)
_MOST_HEADER_BYTES = 4_096
_DTYPE = re.compile(rb"'descr':\s*'([<>|](?:f[48]|[iu][1248]))'")
_ORDER = re.compile(rb"'fortran_order':\s*(True|False)")
_SHAPE = re.compile(rb"'shape':\s*\((\d{1,9}),(?:\s*(\d{1,9}))?\s*\)")


def read_npy_part(data: bytes, name: str) -> Floats:
    """The (D, 96) array of a .npy file; (D*96,) is folded. [kWh]

    Raises
    ------
    InvalidFields
        The file is damaged, not of numbers, or not of that shape; or cells are not allowed.
    """
    dtype, order, shape, start = _header(data, name)
    count = prod(shape)
    if shape[1:] not in ((), (CELLS_COUNT,)) or count % CELLS_COUNT:
        allowed = f"(days, {CELLS_COUNT}) or (days * {CELLS_COUNT},)"
        raise InvalidFields.one(name, f"has the shape {shape}; allowed is {allowed}")
    raise_all([day_count_error(name, count // CELLS_COUNT)])
    held = max(len(data) - start, 0)
    if held != count * dtype.itemsize:
        needed = f"a shape of {shape} needs {count * dtype.itemsize:,}"
        raise InvalidFields.one(name, f"has {held:,} bytes of values; {needed}")
    stored = np.frombuffer(data, dtype, offset=start).reshape(shape, order=order)
    return checked(stored.reshape(-1, CELLS_COUNT), name)


def _header(
    data: bytes, name: str
) -> tuple[np.dtype[Any], Literal["C", "F"], tuple[int, ...], int]:
    """Type, order and shape of the values, and where they start.

    numpy's own reader evaluates the header as Python and allocates whatever it declares.
    """
    magic = _MAGIC.match(data)
    if not magic:
        raise InvalidFields.one(name, "is no .npy file; write it with numpy.save")
    start = magic.end() + int.from_bytes(magic["short"] or magic["long"], "little")
    header = data[magic.end() : start][:_MOST_HEADER_BYTES]
    dtype, order, shape = (form.search(header) for form in (_DTYPE, _ORDER, _SHAPE))
    if not (dtype and order and shape):
        shown = header[:120].decode("ascii", "replace").strip()
        raise InvalidFields.one(
            name,
            f"declares {shown!r}; allowed are float32, float64 and integers, of one or two axes",
        )
    sizes = tuple(int(size) for size in shape.groups() if size is not None)
    return np.dtype(dtype[1].decode()), "F" if order[1] == b"True" else "C", sizes, start
