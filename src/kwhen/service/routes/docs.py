"""The docs: files made once, answered from memory. Plain routes: no gate, no body, no work."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kwhen.service.pages.site import File, site

GZIP = "gzip"


def serve(request: Request) -> Response:
    """The file at a path."""
    file = _files(request).get(request.url.path)
    if file is None:
        raise HTTPException(404)
    headers = {
        **file.headers,
        "Cache-Control": file.cached,
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    content = file.content
    if file.packed and GZIP in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = GZIP
        content = file.packed
    return Response(content, media_type=file.media_type, headers=headers)


def _files(request: Request) -> Mapping[str, File]:
    """The site of this application, made when its first page is asked for."""
    state = request.app.state
    if not hasattr(state, "site"):
        state.site = site(request.app.routes)
    found: Mapping[str, File] = state.site
    return found


PATHS = (
    "/",
    "/docs",
    "/docs/{name:path}",
    "/llms.txt",
    "/api-reference",
    "/api-reference.md",
    "/api-reference/{name}",
    "/assets/{name}",
)
routes = [Route(path, serve, methods=["GET"]) for path in PATHS]
