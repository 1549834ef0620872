"""Markdown to HTML, with links between pages as the site has them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count, pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight as coloured
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

Link = Callable[[str], str | None]  # an address as it is written → as it is served; None: nowhere

_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)")
_COLOURS = HtmlFormatter(nowrap=True, classprefix="c-")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page, for its contents."""

    level: int
    anchor: str
    words: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page: its first heading, its first sentence, its other headings, and all as HTML."""

    title: str
    summary: str
    headings: Sequence[Heading]
    html: str


def _highlighted(code: str, language: str, _: str) -> str:
    """A block of code with its words in classes; `language` as the block names it."""
    try:
        html = coloured(code, get_lexer_by_name(language or "text"), _COLOURS)
    except ClassNotFound:
        html = escape(code)
    return f'<pre class="code" tabindex="0"><code>{html}</code></pre>'


# No HTML of the source is passed on, so a page can hold no script.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable("table")


def render(text: str, link: Link = lambda address: address) -> Rendered:
    """A Markdown text as HTML. A link that leads nowhere stays as its words."""
    tokens = _MARKDOWN.parse(text)
    headings: list[Heading] = []
    for opening, inline in _pairs(tokens):
        if opening.type == "heading_open":
            words, taken = _words(inline), [heading.anchor for heading in headings]
            found = Heading(int(opening.tag[1]), _free(anchor(words), taken), words)
            opening.attrSet("id", found.anchor)
            headings.append(found)
        if inline.children:
            inline.children = list(_linked(inline.children, link))
        if opening.type == "heading_open" and opening.tag != "h1":
            inline.children = [*(inline.children or ()), *_link_to(headings[-1])]
    return Rendered(
        title=_first(tokens, "heading_open"),
        summary=_sentence(_first(tokens, "paragraph_open")),
        headings=[heading for heading in headings if heading.level in (2, 3)],
        html=_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
    )


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub writes it."""
    return _NOT_IN_ANCHORS.sub("", heading.lower()).strip().replace(" ", "-")


def _free(wanted: str, taken: Sequence[str]) -> str:
    """An anchor that no heading above has, as GitHub numbers them."""
    numbered = (f"{wanted}-{number}" for number in count(1))
    return wanted if wanted not in taken else next(one for one in numbered if one not in taken)


def _pairs(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    """Each text with what opens it."""
    return ((a, b) for a, b in pairwise(tokens) if b.type == "inline")


def _first(tokens: Sequence[Token], kind: str) -> str:
    return next((_words(text) for opening, text in _pairs(tokens) if opening.type == kind), "")


def _words(inline: Token) -> str:
    kept = [
        token
        for token in inline.children or ()
        if token.type in ("text", "code_inline", "softbreak") and "anchor" not in token.meta
    ]
    return "".join(" " if token.type == "softbreak" else token.content for token in kept)


def _sentence(text: str) -> str:
    found = _SENTENCE.match(text)
    return found[1] if found else text


def _link_to(heading: Heading) -> Sequence[Token]:
    """A quiet link from a heading to itself."""
    opening = Token("link_open", "a", 1)
    opening.attrSet("href", f"#{heading.anchor}")
    opening.attrSet("class", "anchor")
    opening.attrSet("aria-label", f"Link to “{heading.words}”")
    sign = Token("text", "", 0, content="#", meta={"anchor": True})
    return opening, sign, Token("link_close", "a", -1)


def _linked(tokens: Sequence[Token], link: Link) -> Iterator[Token]:
    is_kept = True
    for token in tokens:
        if token.type == "image":
            token.attrSet("src", link(str(token.attrGet("src") or "")) or "")
        if token.type == "link_open":
            served = link(str(token.attrGet("href") or ""))
            is_kept = served is not None
            if served is not None:
                token.attrSet("href", served)
        if is_kept or token.type not in ("link_open", "link_close"):
            yield token
