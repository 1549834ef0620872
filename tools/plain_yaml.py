"""The part of YAML that the raw files by month use: mappings, lists of mappings, plain scalars."""

from typing import Any

Line = tuple[int, str]  # indent, text


def read(text: str) -> dict[str, Any]:
    """A document of nested mappings; anything beyond the part is an error."""
    lines = [
        (len(line) - len(line.lstrip()), line.strip())
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    value, rest = _block(lines, 0)
    if rest or not isinstance(value, dict):
        raise ValueError(f"not a document of mappings: {rest[:1]}")
    return value


def _block(lines: list[Line], indent: int) -> tuple[Any, list[Line]]:
    if lines[0][1].startswith("- "):
        return _items(lines, indent)
    found: dict[str, Any] = {}
    while lines and lines[0][0] == indent and not lines[0][1].startswith("- "):
        key, colon, scalar = lines[0][1].partition(":")
        if not colon or key in found:
            raise ValueError(f"no key of its own: {lines[0][1]!r}")
        lines = lines[1:]
        if scalar.strip():
            found[key] = _scalar(scalar.strip())
        else:
            found[key], lines = _block(lines, lines[0][0])
    return found, lines


def _items(lines: list[Line], indent: int) -> tuple[list[Any], list[Line]]:
    found = []
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        inner = [(indent + 2, lines[0][1][2:]), *lines[1:]]
        item, lines = _block(inner, indent + 2)
        found.append(item)
    return found, lines


def _scalar(text: str) -> Any:
    if text in ("null", "~"):
        return None
    if text in ("true", "false"):
        return text == "true"
    bare = text.strip("'\"")
    try:
        return float(bare)
    except ValueError:
        return bare
