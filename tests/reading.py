"""The project's own sources, for the tests that hold them to the house rules."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "kwhen"


@cache
def tree(file: Path) -> ast.Module:
    """Syntax tree of a file, each node knowing its parent as `node.parent`."""
    return parsed(file.read_text(encoding="utf-8"))


def parsed(text: str) -> ast.Module:
    """Syntax tree of a text, each node knowing its parent as `node.parent`."""
    module = ast.parse(text)
    for node in ast.walk(module):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    return module


def modules(room: str = "") -> list[Path]:
    """Python files of one room (a folder or a single file), or of the whole package."""
    if not room:
        return sorted(SRC.rglob("*.py"))
    return sorted([*SRC.glob(f"{room}.py"), *SRC.glob(f"{room}/**/*.py")])


def label(file: Path) -> str:
    """A file as a message names it."""
    return file.relative_to(ROOT).as_posix()


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of attributes, "" for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return ""
