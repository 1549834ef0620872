"""Bodies with interval arrays, written cell by cell."""

import json
from collections.abc import Mapping, Sequence

CELLS_COUNT = 96


def grid(
    days: int = 4, cells: Mapping[tuple[int, int], str] | None = None, filler: str = "0.25"
) -> str:
    """An array of days as JSON text; `cells` says what is written at (day, cell)."""
    rows = [[filler] * CELLS_COUNT for _ in range(days)]
    for (day, cell), text in (cells or {}).items():
        rows[day][cell] = text
    return written(rows)


def written(rows: Sequence[Sequence[str]], space: str = "") -> str:
    """Rows of texts as one JSON text, with `space` around every value."""
    inner = (f"[{','.join(f'{space}{text}{space}' for text in row)}]" for row in rows)
    return f"[{','.join(f'{space}{row}{space}' for row in inner)}]"


def body(**fields: str) -> bytes:
    """An object whose values are given as JSON text."""
    members = ",".join(f"{json.dumps(name)}:{text}" for name, text in fields.items())
    return f"{{{members}}}".encode()
