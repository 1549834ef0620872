"""The installed package holds the pages and the files that they load."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.reading import ROOT

SOURCES = (
    "src",
    "web",
    "docs",
    "pyproject.toml",
    "setup.py",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "NOTICE",
)
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
SHOW = (
    "from kwhen.service.pages import library; from kwhen.service.pages.assets import ASSETS; "
    "[asset.url for asset in ASSETS]; print(library.INSTALLED.is_dir(), *library.pages())"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources and unpacked."""
    copy = tmp_path_factory.mktemp("copy")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, copy / name)
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-c", BUILD, str(out)], cwd=copy, check=True, capture_output=True
    )
    unpacked = tmp_path_factory.mktemp("unpacked")
    with ZipFile(next(out.glob("*.whl"))) as wheel:
        wheel.extractall(unpacked)
    return unpacked


def test_every_page_is_served_from_an_installed_copy(installed: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=installed,
        env=os.environ | {"PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    is_installed, *names = run.stdout.split()
    assert is_installed == "True"
    docs = ROOT / "docs"
    wanted = {file.relative_to(docs).with_suffix("").as_posix() for file in docs.rglob("*.md")}
    assert set(names) == wanted
