"""A number's name ends in its unit: fields and parameters of the engine, read from its syntax."""

import ast
import re

import pytest

from kwhen import units
from tests.reading import label, modules, parsed, tree

ENDINGS = tuple(units.UNITS)
DIMENSIONLESS = getattr(units, "DIMENSIONLESS", frozenset())
# The annotations that are read. Arrays of bool, schedules and the like measure nothing.
NUMERIC = re.compile(
    r"float|int|Floats|Ints|NDArray\[np\.(float|int|uint)\d*\]|tuple\[float, \.\.\.\]"
)


def is_numeric(annotation: ast.expr | None) -> bool:
    """Whether an annotation is a number, an array of numbers, or either of them or None."""
    if annotation is None:
        return False
    parts = re.split(r" \| ", ast.unparse(annotation))
    return any(NUMERIC.fullmatch(part) for part in parts)


def has_unit(name: str) -> bool:
    """Whether a name ends in a unit, is one, or ends in a counting word or its plural."""
    bare = name.lstrip("_")
    return (
        f"_{bare}".endswith(ENDINGS)
        or bare.rsplit("_", 1)[-1].removesuffix("s") in units.COUNTS
        or bare in DIMENSIONLESS
    )


def numbers(module: ast.Module) -> list[tuple[int, str]]:
    """Line and name of every numeric field of a class and parameter of a function."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.arg) and is_numeric(node.annotation):
            found.append((node.lineno, node.arg))
        elif (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.parent, ast.ClassDef)
            and isinstance(node.target, ast.Name)
            and is_numeric(node.annotation)
        ):
            found.append((node.lineno, node.target.id))
    return found


def nameless(module: ast.Module) -> list[tuple[int, str]]:
    """The numbers whose names do not tell their unit."""
    return [(line, name) for line, name in numbers(module) if not has_unit(name)]


def test_every_number_of_the_engine_names_its_unit() -> None:
    assert modules("engine")
    wrong = [
        f"{label(f)}:{line} {name}" for f in modules("engine") for line, name in nameless(tree(f))
    ]
    assert not wrong, "these end in no suffix of kwhen.units:\n" + "\n".join(wrong)


def test_the_exceptions_are_used() -> None:
    used = {name for file in modules("engine") for _, name in numbers(tree(file))}
    assert used >= DIMENSIONLESS, f"drop from units.DIMENSIONLESS: {DIMENSIONLESS - used}"


@pytest.mark.parametrize("suffix", units.UNITS)
def test_a_suffix_reads_as_one(suffix: str) -> None:
    assert re.fullmatch(r"(_[a-z0-9]+)+", suffix)
    assert units.UNITS[suffix]


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    price: float",
        "class A:\n    price: float | None = None",
        "class A:\n    prices: tuple[float, ...] = ()",
        "def f(usage: Floats): ...",
        "def f(*, usage: NDArray[np.float64] | None = None): ...",
        "def f(n: int): ...",
        "class A:\n    def f(self, pumpkinkwh: float): ...",
    ],
)
def test_a_planted_name_without_unit_is_found(text: str) -> None:
    assert nameless(parsed(text))


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    usd_per_kwh: float",
        "def f(import_kwh: Floats, step_index: int, year: int): ...",
        "def f(is_peak: NDArray[np.bool_], flag: bool): ...",
        "def f():\n    x: float = 1.0",
    ],
)
def test_a_good_name_passes(text: str) -> None:
    assert not nameless(parsed(text))
