"""What all HTML pages share: their frame and their headers."""

from collections.abc import Mapping, Sequence
from html import escape

from kwhen.service.pages.assets import ICON, PAGE_STYLE, SHARED_STYLE
from kwhen.service.pages.library import Page, Section
from kwhen.service.pages.markdown import Heading

STRICT = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# Swagger UI writes style attributes and shows icons from data: addresses.
FOR_SWAGGER = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LINKS = {"/docs": "Docs", "/api-reference": "API reference", "/portal": "Portal"}


def headers_of(policy: str) -> Mapping[str, str]:
    """The headers of a page under a content security policy."""
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def docs_body(sections: Sequence[Section], page: Page | None, html: str) -> str:
    """A page between the list of all pages and its own contents; None: the first page."""
    headings = page.rendered.headings if page else ()
    around = _around(sections, page) if page else ""
    return f"""<div class="docs">
{_contents(sections, page)}
<main class="prose" id="main">
{_folded(headings)}{html}{around}</main>
{_beside(headings)}</div>
"""


def _contents(sections: Sequence[Section], here: Page | None) -> str:
    parts = ['<nav class="contents" id="contents" aria-label="All pages">']
    for section in sections:
        parts.append(f"<h2>{escape(section.title)}</h2>\n<ul>")
        for page in section.pages:
            current = ' aria-current="page"' if page is here else ""
            title = escape(page.rendered.title)
            parts.append(f'<li><a href="{escape(page.url)}"{current}>{title}</a></li>')
        parts.append("</ul>")
    return "\n".join([*parts, "</nav>"])


def _headings(headings: Sequence[Heading]) -> str:
    items = (
        f'<li class="level-{heading.level}"><a href="#{escape(heading.anchor)}">'
        f"{escape(heading.words)}</a></li>"
        for heading in headings
    )
    return "<ul>\n" + "\n".join(items) + "\n</ul>"


def _beside(headings: Sequence[Heading]) -> str:
    if len(headings) < 2:
        return ""
    return (
        '<nav class="on-this-page" aria-label="On this page">\n<h2>On this page</h2>\n'
        f"{_headings(headings)}\n</nav>\n"
    )


def _folded(headings: Sequence[Heading]) -> str:
    """The same for narrow screens, closed at first."""
    if len(headings) < 2:
        return ""
    return (
        '<details class="on-this-page-folded">\n<summary>On this page</summary>\n'
        f"{_headings(headings)}\n</details>\n"
    )


def _around(sections: Sequence[Section], here: Page) -> str:
    """Links to the pages before and after."""
    pages = [page for section in sections for page in section.pages]
    at = pages.index(here)
    links = [
        f'<a class="{kind}" href="{escape(page.url)}"><span>{words}</span> '
        f"{escape(page.rendered.title)}</a>"
        for kind, words, beside in (
            ("before", "Before", pages[at - 1 : at] if at else []),
            ("after", "Next", pages[at + 1 : at + 2]),
        )
        for page in beside
    ]
    return f'<nav class="around" aria-label="Before and next">\n{"".join(links)}\n</nav>\n'


def html_page(title: str, body: str, *, head: str = "", twin: str = "", here: str = "") -> str:
    """A whole page; `twin` is its address as Markdown, `here` that of the part it is in."""
    links = "".join(
        f'<a href="{url}"{" aria-current=true" if url == here else ""}>{words}</a>'
        for url, words in LINKS.items()
    )
    end = '<a class="to-contents" href="#contents">Contents</a>' if here == "/docs" else ""
    if twin:
        head += f'<link rel="alternate" type="text/markdown" href="{escape(twin)}">\n'
        end += f'<a class="twin" href="{escape(twin)}">Markdown</a>'
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" type="image/svg+xml" href="{ICON.url}">
<link rel="stylesheet" href="{SHARED_STYLE.url}">
<link rel="stylesheet" href="{PAGE_STYLE.url}">
{head}</head>
<body class="reading">
<a class="skip" href="#main">To the text</a>
<header class="bar">
<a class="brand" href="/"><img src="{ICON.url}" width="24" height="24" alt="">kwhen</a>
<nav class="pages" aria-label="Parts">{links}</nav>
<div class="bar-end">{end}</div>
</header>
{body}</body>
</html>
"""
