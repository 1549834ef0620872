"""The corridor runs one way: each room imports only from the rooms listed for it."""

import ast
import sys

import pytest

from tests.reading import SRC, dotted, label, modules, parsed, tree

BASE = {"errors", "units", "haste"}
FRONT = BASE | {"engine", "usage", "catalog", "api"}
LEFT_OF_OPERATIONS = FRONT | {"records", "config", "settings", "wire", "storage"}
LEFT_OF_DOORS = LEFT_OF_OPERATIONS | {"operations"}
MAY_IMPORT = {
    "errors": set(),
    "units": set(),
    "haste": set(),
    "records": {"errors"},
    "config": {"errors"},
    "settings": {"errors", "config"},
    "engine": BASE,
    "usage": BASE | {"engine"},
    "catalog": BASE | {"engine"},
    "api": FRONT,  # the front door, with __init__
    "__init__": FRONT,
    "wire": FRONT | {"records"},
    "storage": {"errors", "haste", "records"},
    "operations": LEFT_OF_OPERATIONS,
    "service": LEFT_OF_DOORS | {"__init__", "delivery"},  # which asks URLs before they are kept
    "delivery": LEFT_OF_DOORS | {"__init__"},
    "client": {"errors"},
    "cli": LEFT_OF_DOORS | {"__init__", "service", "delivery"},
    "__main__": {"cli"},
}
ROOMS = sorted({entry.stem for entry in SRC.iterdir() if entry.stem in MAY_IMPORT})

NOT_FOR_ENGINE = {  # the engine is given the world: no clock, chance, file or network
    "asyncio", "ctypes", "ftplib", "glob", "http", "importlib", "io", "logging", "multiprocessing",
    "os", "pathlib", "random", "secrets", "shutil", "signal", "smtplib", "socket", "sqlite3",
    "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
ENGINE_LIBRARIES = (set(sys.stdlib_module_names) - NOT_FOR_ENGINE) | {"numpy"}
SOLVER = {"scipy"}  # of an extra, for engine/devices alone
LOCK = {"threading"}  # for engine/kept.py, whose results threads share
NOT_CALLED_BY_ENGINE = {"open", "input", "print", "eval", "exec", "__import__"}
NO_RANDOM = "numpy.random"

CLOCKS = {
    "date.today", "datetime.now", "datetime.today", "datetime.utcnow", "time.localtime",
    "time.monotonic", "time.perf_counter", "time.time", "time.time_ns",
}  # fmt: skip
CLOCKLESS = ("engine", "usage", "catalog")


def imported(module: ast.Module) -> list[tuple[int, str]]:
    """Line and full name of everything a module imports, at its top or inside a function."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            found += [(node.lineno, f"{dots}{node.module or ''}.{a.name}") for a in node.names]
        elif isinstance(node, ast.Import):
            found += [(node.lineno, a.name) for a in node.names]
    return found


def uses(module: ast.Module) -> list[tuple[int, str]]:
    """Line and full name of every `a.b` in a module, whatever name it imported `a` by."""
    aliases = {
        alias.asname or alias.name.split(".")[0]: (
            f"{getattr(node, 'module', '')}.{alias.name}"
            if isinstance(node, ast.ImportFrom)
            else alias.name
            if alias.asname
            else alias.name.split(".")[0]
        )
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and (name := dotted(node)):
            first, rest = name.split(".", 1)
            found.append((node.lineno, f"{aliases.get(first, first)}.{rest}"))
    return found


def room_of(name: str) -> str:
    """The room an imported name lies in, "" when it is not of kwhen."""
    first, *rest = name.split(".")
    if first == "":
        return "relative import"
    if first != "kwhen":
        return ""
    inside = rest[0] if rest else "__init__"
    known = inside in MAY_IMPORT or (SRC / inside).is_dir() or (SRC / f"{inside}.py").is_file()
    return inside if known else "__init__"


def wrong_rooms(room: str, module: ast.Module) -> list[tuple[int, str]]:
    """Imports of rooms that are not listed for this one."""
    allowed = MAY_IMPORT[room] | {room, ""}
    return [(line, name) for line, name in imported(module) if room_of(name) not in allowed]


def wrong_in_engine(
    module: ast.Module, more: frozenset[str] = frozenset()
) -> list[tuple[int, str]]:
    """What reaches outside: other libraries than these and `more`, files, chance."""
    allowed = ENGINE_LIBRARIES | {"kwhen"} | more
    found = [
        (line, name)
        for line, name in imported(module)
        if name.split(".")[0] not in allowed or name.startswith(NO_RANDOM)
    ]
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and dotted(node.func) in NOT_CALLED_BY_ENGINE:
            found.append((node.lineno, dotted(node.func)))
    found += [(line, name) for line, name in uses(module) if name == NO_RANDOM]
    return found


def libraries_of(file) -> frozenset[str]:
    """Libraries that one file of the engine may import beside numpy."""
    if file == SRC / "engine" / "kept.py":
        return frozenset(LOCK)
    return frozenset(SOLVER if file.parent == SRC / "engine" / "devices" else ())


def clock_readings(module: ast.Module) -> list[tuple[int, str]]:
    """Uses of a clock, called or handed on, by module or by imported name."""
    found = [(line, name) for line, name in imported(module) if name in CLOCKS]
    found += [
        (line, name) for line, name in uses(module) if ".".join(name.split(".")[-2:]) in CLOCKS
    ]
    return found


def message(file, wrong: list[tuple[int, str]]) -> list[str]:
    return [f"{label(file)}:{line} {name}" for line, name in wrong]


def test_every_room_is_listed() -> None:
    present = {
        entry.stem
        for entry in SRC.iterdir()
        if entry.suffix == ".py" or (entry.is_dir() and any(entry.rglob("*.py")))
    }
    assert present <= set(MAY_IMPORT), (
        f"give them a place in MAY_IMPORT: {present - set(MAY_IMPORT)}"
    )


@pytest.mark.parametrize("room", ROOMS)
def test_room_imports_only_what_lies_before_it(room: str) -> None:
    wrong = [
        line for file in modules(room) for line in message(file, wrong_rooms(room, tree(file)))
    ]
    assert not wrong, "\n".join(wrong)


def test_engine_is_numpy_and_the_standard_library_without_the_world() -> None:
    files = modules("engine")
    assert files
    wrong = [
        line
        for file in files
        for line in message(file, wrong_in_engine(tree(file), libraries_of(file)))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", CLOCKLESS)
def test_no_clock_is_read(room: str) -> None:
    """The network half of an importer (`fetch…`) may: it backs off and dates what it got."""
    files = [file for file in modules(room) if not file.stem.startswith("fetch")]
    wrong = [line for file in files for line in message(file, clock_readings(tree(file)))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("room", "text"),
    [
        ("engine", "from kwhen.catalog.plans import plan"),
        ("engine", "from kwhen import bill"),
        ("engine", "def f():\n    import kwhen.usage"),
        ("usage", "from kwhen import catalog"),
        ("catalog", "from ..cli import main"),
        ("delivery", "import kwhen.service.app"),
        ("storage", "import kwhen"),
    ],
)
def test_a_planted_import_is_found(room: str, text: str) -> None:
    assert wrong_rooms(room, parsed(text))


@pytest.mark.parametrize(
    ("room", "text"),
    [
        ("usage", "from kwhen.engine.grid import Grid"),
        ("cli", "import kwhen\nfrom kwhen import bill"),
    ],
)
def test_a_listed_import_passes(room: str, text: str) -> None:
    assert not wrong_rooms(room, parsed(text))


@pytest.mark.parametrize(
    "text",
    [
        "import os.path",
        "from pathlib import Path",
        "import pandas",
        "from scipy import optimize",
        "from numpy.random import default_rng",
        "import numpy as n\nn.random.default_rng(1)",
        "def f():\n    return open('x')",
    ],
)
def test_a_reach_outside_the_engine_is_found(text: str) -> None:
    assert wrong_in_engine(parsed(text))


def test_only_the_devices_may_import_a_solver() -> None:
    solver = parsed("from scipy import optimize")
    devices = SRC / "engine" / "devices"
    assert not wrong_in_engine(solver, libraries_of(devices / "battery.py"))
    assert wrong_in_engine(solver, libraries_of(SRC / "engine" / "bill.py"))
    assert wrong_in_engine(parsed("import pandas"), libraries_of(devices / "battery.py"))


@pytest.mark.parametrize(
    "text",
    [
        "datetime.now(UTC)",
        "from datetime import datetime as d\nd.now()",
        "dt.datetime.now()",
        "f(clock=date.today)",
        "from time import time",
    ],
)
def test_a_planted_clock_is_found(text: str) -> None:
    assert clock_readings(parsed(text))
