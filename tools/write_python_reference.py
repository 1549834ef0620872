"""Writes docs/reference/python.md from the signatures and docstrings of the public names."""

import re
from collections.abc import Iterator
from pathlib import Path

import griffe

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "python.md"
MODULES = (
    ("kwhen", "The library. `import kwhen` is enough for all of these."),
    ("kwhen.engine.devices", "What batteries, moved use and charging do to import and export."),
    ("kwhen.catalog.carbon", "Marginal carbon by region, month and hour."),
    ("kwhen.catalog.places", "ZIP codes with their utilities, zones and regions."),
    ("kwhen.catalog.programmes", "Programmes for grid services."),
    ("kwhen.catalog.sources", "The sources register."),
    ("kwhen.engine.signal", "Coefficients of the signal and of its confidence."),
    ("kwhen.client", "The HTTP API from Python; `pip install 'kwhen[client]'`."),
)
SECTION = re.compile(r"\n*^(Parameters|Returns|Raises|Yields)\n-+\n", re.MULTILINE)
HEAD = """# Python reference

Every public name with its signature and what its docstring says; written from the sources by
`make docs`. A number's name ends in its unit; arrays name their axes by letter: N steps, H homes,
D days, M months. Operations over HTTP have a [reference of their own](/api-reference).
"""


def page() -> str:
    """The whole page."""
    package = griffe.load("kwhen", search_paths=[ROOT / "src"], docstring_parser="numpy")
    parts = [HEAD]
    for path, words in MODULES:
        module = package[path.partition(".")[2]] if "." in path else package
        parts += [f"## {path}\n", f"{words}\n"]
        for name, member in _public(module):
            parts += _entry(name, member)
    return "\n".join(parts)


def _public(module: griffe.Object) -> Iterator[tuple[str, griffe.Object]]:
    """The names that a module offers: those of its __all__, else what it defines itself."""
    names = module.exports
    for name in sorted(names, key=str.lower) if names else module.members:
        member = module.members[str(name)]
        if str(name).startswith("_") or (names is None and member.is_alias):
            continue
        found = member.final_target if member.is_alias else member
        if found.is_class or found.is_function:
            yield str(name), found


def _entry(name: str, member: griffe.Object) -> Iterator[str]:
    yield f"### {name}\n"
    if member.is_function:
        yield f"```text\n{_signature(name, member)}\n```\n"
    yield from _docstring(member)
    if member.is_class:
        yield from _fields(member)
        yield from _methods(member)


def _signature(name: str, function: griffe.Object, *, is_method: bool = False) -> str:
    """A call with one parameter a line where it is long."""
    told, is_named = [], False
    for parameter in function.parameters:
        if is_method and parameter.name in ("self", "cls"):
            continue
        kind = parameter.kind
        if kind == griffe.ParameterKind.keyword_only and not is_named:
            told.append("*")
            is_named = True
        mark = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}
        text = f"{mark.get(kind, '')}{parameter.name}"
        if parameter.annotation is not None:
            text += f": {parameter.annotation}"
        if parameter.default is not None and kind not in mark:
            text += f" = {parameter.default}"
        told.append(text)
    answer = f" -> {function.returns}" if function.returns is not None else ""
    line = f"{name}({', '.join(told)}){answer}"
    if len(line) <= 96:
        return line
    return f"{name}(\n" + "".join(f"    {one},\n" for one in told) + f"){answer}"


def _docstring(member: griffe.Object) -> Iterator[str]:
    """The words of a docstring, its sections as lists."""
    if member.docstring is None:
        return
    text, *sections = SECTION.split(member.docstring.value)
    yield f"{_plain(text)}\n"
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        yield f"{title}:\n"
        yield "\n".join(_rows(body)) + "\n"


def _rows(body: str) -> Iterator[str]:
    """The entries of a section: what is named, and its words, continued lines joined."""
    for entry in re.split(r"\n(?=\S)", body.strip("\n")):
        head, _, rest = entry.partition("\n")
        names, colon, words = head.partition(" : ")
        if not colon and not re.fullmatch(r"[\w.*, ()\[\]]+", head):
            names, words = "", head
        said = " ".join(f"{words} {rest}".split())
        yield f"- `{names}` {said}".rstrip() if names else f"- {said}"


def _plain(text: str) -> str:
    """A docstring's text as Markdown: indented formulas become blocks."""
    lines, is_block = [], False
    for line in text.splitlines():
        indented = line.startswith("    ")
        if indented and not is_block:
            lines += ["", "```text"]
        if is_block and line.strip() and not indented:
            lines += ["```", ""]
        is_block = indented or (is_block and not line.strip())
        lines.append(line[4:] if indented else line)
    if is_block:
        lines.append("```")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _fields(member: griffe.Object) -> Iterator[str]:
    """The fields of a value, or the members of an enumeration."""
    rows = [
        f"| `{name}` | {_cell(one.annotation)} | {_cell(one.value)} |"
        for name, one in member.members.items()
        if not one.is_alias and one.is_attribute and not name.startswith("_")
        and "property" not in one.labels
    ]  # fmt: skip
    if rows:
        yield "| field | type | default |\n|---|---|---|"
        yield "\n".join(rows) + "\n"


def _cell(told: object) -> str:
    text = "" if told is None else str(told).replace("|", "\\|")
    text = " ".join(text.split())
    if not text or len(text) > 80:
        return "" if not text else "…"
    return f"`{text}`"


def _methods(member: griffe.Object) -> Iterator[str]:
    """The public methods and properties of a class, inherited ones of its own package too."""
    rows = []
    for name, found in member.all_members.items():
        one = found.final_target if found.is_alias else found
        is_property = one.is_attribute and "property" in one.labels
        if name.startswith("_") or not (one.is_function or is_property) or not one.docstring:
            continue
        call = name if is_property else _signature(name, one, is_method=True)
        said = " ".join(one.docstring.value.split("\n\n")[0].split())
        rows.append(f"- `{' '.join(call.split())}`: {said}")
    if rows:
        yield "\n".join(rows) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
