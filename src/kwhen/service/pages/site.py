"""The site: every file that is served, by its path, made once for each application."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from starlette.routing import BaseRoute

from kwhen.service.openapi import document
from kwhen.service.pages.assets import ASSETS, REFERENCE_SCRIPT, SWAGGER_SCRIPT, SWAGGER_STYLE
from kwhen.service.pages.library import Page, Section, pages, pictures, sections
from kwhen.service.pages.operations import line_of, operation_page, operations, reference_page
from kwhen.service.pages.shell import FOR_SWAGGER, STRICT, docs_body, headers_of, html_page

Json = dict[str, Any]

HTML = "text/html; charset=utf-8"
MARKDOWN = "text/markdown; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
FOR_A_WHILE = "public, max-age=300"
FOR_EVER = "public, max-age=31536000, immutable"
WORTH_PACKING_BYTES = 1024
DOCUMENT_URL = "/api-reference/openapi.json"


@dataclass(frozen=True)
class File:
    """What is served at a path."""

    content: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    cached: str = FOR_A_WHILE
    packed: bytes = b""  # the content as gzip, where that is worth it

    @classmethod
    def of(cls, content: str | bytes, media_type: str, **told: Any) -> "File":
        """A file with its packed form."""
        data = content.encode() if isinstance(content, str) else content
        packed = gzip.compress(data, mtime=0) if len(data) > WORTH_PACKING_BYTES else b""
        return cls(data, media_type, packed=packed, **told)


def site(routes: Sequence[BaseRoute]) -> dict[str, File]:
    """Every file by its path."""
    return dict(_files(document(routes)))


def _files(whole: Json) -> Iterator[tuple[str, File]]:
    yield DOCUMENT_URL, File.of(json.dumps(whole, ensure_ascii=False), "application/json")
    yield "/llms.txt", File.of(_llms(whole), PLAIN)
    for path in ("/", "/docs"):
        yield path, _read("kwhen", _index(whole), twin="/llms.txt")
    for page in pages().values():
        yield f"{page.url}.md", File.of(page.text, MARKDOWN)
        title = f"{page.rendered.title} · kwhen"
        yield page.url, _read(title, page.rendered.html, twin=f"{page.url}.md", page=page)
    for path, (content, kind) in pictures().items():
        yield path, File.of(content, kind)
    yield "/api-reference", _swagger()
    yield "/api-reference.md", File.of(reference_page(whole), MARKDOWN)
    for operation in operations(whole):
        yield operation.twin, File.of(operation_page(whole, operation), MARKDOWN)
    for asset in ASSETS:
        yield asset.url, File.of(asset.content, asset.media_type, cached=FOR_EVER)


def _read(title: str, html: str, *, twin: str, page: Page | None = None) -> File:
    body = docs_body(sections(), page, html)
    whole = html_page(title, body, twin=twin, here="/docs")
    return File.of(whole, HTML, headers=headers_of(STRICT))


def _swagger() -> File:
    head = (
        f'<link rel="stylesheet" href="{SWAGGER_STYLE.url}">\n'
        f'<script src="{SWAGGER_SCRIPT.url}" defer></script>\n'
        f'<script src="{REFERENCE_SCRIPT.url}" defer></script>\n'
    )
    body = (
        f'<main id="main"><div id="reference" data-url="{DOCUMENT_URL}"></div></main>\n'
        '<noscript><p>The same without scripts: <a href="/api-reference.md">as Markdown</a>.</p>'
        "</noscript>\n"
    )
    page = html_page(
        "API reference", body, head=head, twin="/api-reference.md", here="/api-reference"
    )
    return File.of(page, HTML, headers=headers_of(FOR_SWAGGER))


def _index(whole: Json) -> str:
    """The first page."""
    first, *others = sections()
    starts = "\n".join(map(_entry_of, first.pages))
    parts = "".join(map(_part, others))
    return f"""<h1>kwhen</h1>
<p class="lead">{escape(whole["info"]["summary"])}</p>
<p>Version {escape(whole["info"]["version"])}. Clients written for the WattShift API work here:
change the base URL and the key.</p>
<ul class="entries">
{starts}
{_entry("/api-reference", "API reference", "Every operation, to read and to try.")}
{_entry("/portal", "Portal", "Homes, plans, quotes, webhooks and keys in the browser.")}
{_entry("/llms.txt", "llms.txt", "The same for programs: a list of every page as Markdown.")}
{_entry(DOCUMENT_URL, "OpenAPI document", "For generators and tests.")}
</ul>
{parts}"""


def _part(section: Section) -> str:
    return f"<h2>{escape(section.title)}</h2>\n{_list(section.pages)}\n"


def _list(found: Sequence[Page]) -> str:
    return '<ul class="entries">\n' + "\n".join(map(_entry_of, found)) + "\n</ul>"


def _entry_of(page: Page) -> str:
    return _entry(page.url, page.rendered.title, page.rendered.summary)


def _entry(url: str, title: str, words: str) -> str:
    return f'<li><a href="{escape(url)}">{escape(title)}</a><br><span>{escape(words)}</span></li>'


def _llms(whole: Json) -> str:
    """The list of everything, for programs that read."""
    info = whole["info"]
    lines = [
        f"# {info['title']}",
        f"> {info['summary']} Compatible with clients written for the WattShift API.",
        "A program can open a sandbox by itself: POST /v1/agent-credentials, then send the key as "
        "the header x-ws-api-key.",
        *(part for section in sections() for part in (f"## {section.title}", _lines(section))),
        "## API reference",
        "\n".join(
            [
                "- [All operations](/api-reference.md): what holds for each of them.",
                f"- [OpenAPI document]({DOCUMENT_URL}): every operation, for generators.",
                *map(line_of, operations(whole)),
            ]
        ),
    ]
    return "\n\n".join(lines) + "\n"


def _lines(section: Section) -> str:
    return "\n".join(
        f"- [{page.rendered.title}]({page.url}.md): {page.rendered.summary}"
        for page in section.pages
    )
