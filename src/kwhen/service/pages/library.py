"""The Markdown pages of docs/: in the installed package, or beside the sources."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kwhen.service.pages.markdown import Rendered, render

HERE = Path(__file__).parent
INSTALLED = HERE / "docs"  # where the wheel has them
BESIDE_SOURCES = HERE.parents[3] / "docs"
PREFIX = "/docs/"
DECISIONS = "decisions/"
START = "start"
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|#", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its name, such as decisions/0001-rooms."""

    name: str
    text: str
    rendered: Rendered

    @property
    def url(self) -> str:
        """Where it is served as HTML; with .md as it is written."""
        return f"{PREFIX}{self.name}"


@cache
def pages() -> Mapping[str, Page]:
    """Every page: the start first, decisions last."""
    folder = INSTALLED if INSTALLED.is_dir() else BESIDE_SOURCES
    texts = {
        file.relative_to(folder).with_suffix("").as_posix(): file.read_text(encoding="utf-8")
        for file in folder.rglob("*.md")
    }
    names = sorted(texts, key=lambda name: (name.startswith(DECISIONS), name != START, name))
    return {name: _page(name, texts) for name in names}


def _page(name: str, texts: Mapping[str, str]) -> Page:
    def link(address: str) -> str | None:
        if _ELSEWHERE.match(address):
            return address
        path, hash_, part = address.partition("#")
        found = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        target = found.removesuffix(".md")
        return f"{PREFIX}{target}{hash_}{part}" if target in texts else None

    return Page(name=name, text=texts[name], rendered=render(texts[name], link))
