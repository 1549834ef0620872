"""What pages load: one folder whose address is a hash of all that is in it, so it stays cached."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kwhen.errors import KwhenError
from kwhen.service.packing import takes_gzip
from kwhen.service.pages.assets import Asset

OURS = "kwhen.service.portal"
HERE = Path(__file__).parent
PREFIX = "/portal/assets"
VENDORED = ("htmx.min.js", "uplot.min.js", "uplot.min.css")  # by npm at build time
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"


class ScriptsMissing(KwhenError):
    """Files that the build fetches are not there."""


@dataclass(frozen=True)
class Bundle:
    """Every file by its name, and the address of their folder."""

    url: str
    files: Mapping[str, Asset]
    packed: Mapping[str, bytes]


@cache
def bundle() -> Bundle:
    """The files, read once.

    Raises
    ------
    ScriptsMissing
    """
    lacking = [name for name in VENDORED if not (HERE / "vendor" / name).is_file()]
    if lacking:
        raise ScriptsMissing(
            f"The portal's scripts are not there ({', '.join(lacking)}); `make setup`, or "
            "installing kwhen anew, has npm fetch them."
        )
    ours = sorted(file.name for file in (HERE / "static").iterdir() if file.is_file())
    paths = [f"vendor/{name}" for name in VENDORED] + [f"static/{name}" for name in ours]
    files = {path.rpartition("/")[2]: _asset(path) for path in paths}
    hashed = hashlib.sha256()
    for name, asset in sorted(files.items()):
        hashed.update(f"{name} {len(asset.content)}\n".encode() + asset.content)
    packed = {name: gzip.compress(asset.content, mtime=0) for name, asset in files.items()}
    return Bundle(f"{PREFIX}/{hashed.hexdigest()[:12]}", files, packed)


def _asset(path: str) -> Asset:
    return Asset(OURS, path, TYPES[path.rpartition(".")[2]])


def asset_url(name: str) -> str:
    """Where a file is served, such as `asset_url("portal.css")`."""
    found = bundle()
    assert name in found.files, name
    return f"{found.url}/{name}"


def serve(request: Request) -> Response:
    """A file; of another version than ours it is not found."""
    found, name = bundle(), request.path_params["name"]
    if name not in found.files or not request.url.path.startswith(f"{found.url}/"):
        raise HTTPException(404)
    headers = {
        "Cache-Control": FOR_EVER,
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    content = found.files[name].content
    if takes_gzip(request):
        headers["Content-Encoding"] = "gzip"
        content = found.packed[name]
    return Response(content, media_type=found.files[name].media_type, headers=headers)


routes = [Route(PREFIX + "/{version}/{name}", serve, methods=["GET"])]
