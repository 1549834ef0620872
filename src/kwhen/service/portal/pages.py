"""Templates to answers: escaped, strict about what they name, with the headers of every page."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kwhen.service.portal import words
from kwhen.service.portal.assets import asset_url
from kwhen.service.portal.session import PortalCaller

TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


@cache
def environment() -> Environment:
    """The templates, compiled once."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["asset"] = asset_url
    made.filters.update(words.FILTERS)
    return made


def render(
    template: str, caller: PortalCaller | None, *, status: int = 200, **values: Any
) -> Response:
    """A page, or a part of one for htmx; `values` are what its template names.

    Templates name who is signed in `me`: within a call block, `caller` is a word of Jinja's own.
    """
    html = environment().get_template(template).render(caller=caller, me=caller, **values)
    return HTMLResponse(html, status, HEADERS)


def go_to(path: str) -> Response:
    """After a form: another page."""
    return RedirectResponse(path, 303, HEADERS)
