"""Markdown to HTML, with links between pages as the site has them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

Link = Callable[[str], str | None]  # an address as it is written → as it is served; None: nowhere

# No HTML of the source is passed on, so a page can hold no script.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page: its first heading, its first sentence, and the whole of it as HTML."""

    title: str
    summary: str
    html: str


def render(text: str, link: Link = lambda address: address) -> Rendered:
    """A Markdown text as HTML. A link that leads nowhere stays as its words."""
    tokens = _MARKDOWN.parse(text)
    for opening, inline in _pairs(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(_words(inline)))
        if inline.children:
            inline.children = list(_linked(inline.children, link))
    return Rendered(
        title=_first(tokens, "heading_open"),
        summary=_sentence(_first(tokens, "paragraph_open")),
        html=_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
    )


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub writes it."""
    return _NOT_IN_ANCHORS.sub("", heading.lower()).strip().replace(" ", "-")


def _pairs(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    """Each text with what opens it."""
    return ((a, b) for a, b in pairwise(tokens) if b.type == "inline")


def _first(tokens: Sequence[Token], kind: str) -> str:
    return next((_words(text) for opening, text in _pairs(tokens) if opening.type == kind), "")


def _words(inline: Token) -> str:
    kept = [t for t in inline.children or () if t.type in ("text", "code_inline", "softbreak")]
    return "".join(" " if token.type == "softbreak" else token.content for token in kept)


def _sentence(text: str) -> str:
    found = _SENTENCE.match(text)
    return found[1] if found else text


def _linked(tokens: Sequence[Token], link: Link) -> Iterator[Token]:
    is_kept = True
    for token in tokens:
        if token.type == "link_open":
            served = link(str(token.attrGet("href") or ""))
            is_kept = served is not None
            if served is not None:
                token.attrSet("href", served)
        if is_kept or token.type not in ("link_open", "link_close"):
            yield token
