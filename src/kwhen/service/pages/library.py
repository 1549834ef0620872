"""The pages and pictures of docs/: in the installed package, or beside the sources."""

import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kwhen.service.pages.markdown import Rendered, render

HERE = Path(__file__).parent
INSTALLED = HERE / "docs"  # where the wheel has them
BESIDE_SOURCES = HERE.parents[3] / "docs"
PREFIX = "/docs/"
CONTENTS = "contents.toml"
REST = "More"  # a section of the pages that none names
PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}
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


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that belong together, in the order in which they are read."""

    title: str
    pages: Sequence[Page]


@cache
def sections() -> Sequence[Section]:
    """Every page, in the sections and the order of docs/contents.toml."""
    texts = {
        file.relative_to(folder()).with_suffix("").as_posix(): file.read_text(encoding="utf-8")
        for file in folder().rglob("*.md")
    }
    told = tomllib.loads((folder() / CONTENTS).read_text(encoding="utf-8"))["section"]
    link = _links(texts)
    found = [
        Section(title, [_page(name, texts[name], link) for name in names])
        for title, names in _ordered(told, texts)
    ]
    return [section for section in found if section.pages]


@cache
def pages() -> Mapping[str, Page]:
    """Every page by its name, in the order of the sections."""
    return {page.name: page for section in sections() for page in section.pages}


@cache
def pictures() -> Mapping[str, tuple[bytes, str]]:
    """Pictures of the pages and their media types, by the path at which they are served."""
    return {
        f"{PREFIX}{file.relative_to(folder()).as_posix()}": (file.read_bytes(), kind)
        for ending, kind in PICTURES.items()
        for file in sorted(folder().rglob(f"*{ending}"))
    }


def folder() -> Path:
    """Where the pages are."""
    return INSTALLED if INSTALLED.is_dir() else BESIDE_SOURCES


def _ordered(
    told: Sequence[Mapping[str, object]], texts: Mapping[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """The title and the names of each section; what none names comes last."""
    named = {name for section in told for name in _names(section)}
    left = sorted(set(texts) - named)
    for section in told:
        start = f"{section.get('folder')}/"
        rest = [name for name in left if name.startswith(start)]
        left = [name for name in left if name not in rest]
        yield str(section["title"]), [name for name in _names(section) if name in texts] + rest
    yield REST, left


def _names(section: Mapping[str, object]) -> list[str]:
    names = section.get("pages", [])
    assert isinstance(names, list)
    return names


def _page(name: str, text: str, link: Callable[[str, str], str | None]) -> Page:
    return Page(name=name, text=text, rendered=render(text, lambda address: link(name, address)))


def _links(texts: Mapping[str, str]) -> Callable[[str, str], str | None]:
    """How addresses in a page are served: None for a file that is no page and no picture."""

    def link(name: str, address: str) -> str | None:
        if _ELSEWHERE.match(address):
            return address
        path, hash_, part = address.partition("#")
        found = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        if f"{PREFIX}{found}" in pictures():
            return f"{PREFIX}{found}"
        target = found.removesuffix(".md")
        return f"{PREFIX}{target}{hash_}{part}" if target in texts else None

    return link
