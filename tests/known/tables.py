"""The tables of known answers and their arrays."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    """A TOML table of this folder."""
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def array(name: str, key: str) -> NDArray[np.float64]:
    """One array of a set."""
    with np.load(HERE / f"{name}.npz") as members:
        return np.asarray(members[key], dtype=np.float64)
