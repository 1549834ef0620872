"""What all HTML pages share: their frame and their headers."""

from collections.abc import Mapping
from html import escape

from kwhen.service.pages.assets import ICON, PAGE_STYLE

STRICT = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# Swagger UI writes style attributes and shows icons from data: addresses.
FOR_SWAGGER = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LINKS = {"/": "kwhen", "/docs/start": "Start", "/api-reference": "API reference"}


def headers_of(policy: str) -> Mapping[str, str]:
    """The headers of a page under a content security policy."""
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def prose(html: str) -> str:
    """The body of a page that is read."""
    return f'<main class="prose">\n{html}</main>\n'


def html_page(title: str, body: str, *, head: str = "", twin: str = "") -> str:
    """A whole page around what follows its links; `twin` is its address as Markdown."""
    links = "".join(f'<a href="{url}">{words}</a>' for url, words in LINKS.items())
    if twin:
        head += f'<link rel="alternate" type="text/markdown" href="{escape(twin)}">\n'
        links += f'<a class="twin" href="{escape(twin)}">Markdown</a>'
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" type="image/svg+xml" href="{ICON.url}">
<link rel="stylesheet" href="{PAGE_STYLE.url}">
{head}</head>
<body>
<nav>{links}</nav>
{body}
</body>
</html>
"""
