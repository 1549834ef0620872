"""The house numbers: short functions and files, a docstring on every public name, no loose ends."""

import ast
import io
import re
import tokenize
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reading import ROOT, SRC, label, modules, tree

FUNCTION_LINES = 60  # the hard limit; 30 is the norm
FILE_LINES = 400
LOOSE_ENDS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef
NOT_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip


def code_lines(text: str) -> set[int]:
    """Numbers of the lines that hold code: no blank, comment or docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NOT_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def long_functions(text: str) -> list[str]:
    """Functions beyond the limit, what is nested in them included."""
    code = code_lines(text)
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Function):
            count = len(code & set(range(node.lineno, (node.end_lineno or 0) + 1)))
            if count > FUNCTION_LINES:
                found.append(f"{node.lineno} {node.name} has {count} code lines")
    return found


def undocumented(module: ast.Module) -> list[str]:
    """Public names without a docstring: the module, its classes, functions and methods."""
    found = [] if ast.get_docstring(module) else ["1 the module"]
    waiting: list[ast.AST] = [module]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node) and not is_overload(node):
                found.append(f"{node.lineno} {node.name}")
            if isinstance(node, ast.ClassDef):
                waiting.append(node)
    return found


def is_overload(node: ast.AST) -> bool:
    """Whether a definition is only a signature: the one that follows has the words."""
    return any(
        ast.unparse(mark) in {"overload", "typing.overload"}
        or ast.unparse(mark).endswith(".setter")
        for mark in getattr(node, "decorator_list", [])
    )


def swallowed(module: ast.Module) -> list[str]:
    """Handlers that catch everything and say nothing."""
    return [
        f"{node.lineno} swallows every error"
        for node in ast.walk(module)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and all(
            isinstance(line, ast.Pass | ast.Continue)
            or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            for line in node.body
        )
    ]


def told(find: Callable[[Path], list[str]]) -> str:
    """What is wrong in each file of the package, a line each that begins with the file."""
    return "\n".join(f"{label(file)}:{words}" for file in modules() for words in find(file))


def test_functions_are_short() -> None:
    wrong = told(lambda file: long_functions(file.read_text(encoding="utf-8")))
    assert not wrong, wrong


def test_files_are_short() -> None:
    counts = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in modules()}
    wrong = [
        f"{label(file)} has {count} lines" for file, count in counts.items() if count > FILE_LINES
    ]
    assert not wrong, "\n".join(["split them:", *wrong])


def test_public_names_are_documented() -> None:
    wrong = told(lambda file: undocumented(tree(file)))
    assert not wrong, wrong


def test_no_error_is_swallowed() -> None:
    wrong = told(lambda file: swallowed(tree(file)))
    assert not wrong, wrong


def test_no_loose_ends() -> None:
    files = [*SRC.rglob("*.py"), *SRC.rglob("*.md"), *(ROOT / "tools").rglob("*.py")]
    wrong = [
        f"{label(file)}:{number} {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if LOOSE_ENDS.search(line)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", [d for d in sorted(SRC.iterdir()) if (d / "__init__.py").exists()])
def test_every_room_has_a_readme_of_one_screen(room: Path) -> None:
    readme = room / "README.md"
    assert readme.exists(), f"{room.name} has no README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 50


def test_a_planted_long_function_is_found() -> None:
    body = "".join(f"    x{i} = {i}\n" for i in range(FUNCTION_LINES))
    assert long_functions(f"def f():\n{body}")
    padding = '    """Say.\n\n    More.\n    """\n    # why\n\n'
    assert not long_functions(f"def f():\n{padding}{body[: body.rindex('    x')]}")


def test_planted_bare_names_are_found() -> None:
    text = '"""M."""\nclass A:\n    """A."""\n    def f(self): ...\ndef _g(): ...\ndef h(): ...\n'
    assert [entry.split()[1] for entry in undocumented(ast.parse(text))] == ["h", "f"]


@pytest.mark.parametrize("head", ["except Exception:", "except:", "except Exception as e:"])
def test_a_planted_swallowed_error_is_found(head: str) -> None:
    assert swallowed(ast.parse(f"try:\n    f()\n{head}\n    pass\n"))
    assert not swallowed(ast.parse(f"try:\n    f()\n{head}\n    raise\n"))


def test_a_planted_loose_end_is_found() -> None:
    assert LOOSE_ENDS.search("# TO" + "DO: later")
