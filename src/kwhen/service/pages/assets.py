"""Files that pages load: their addresses hold a hash of their content, so they can stay cached."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

PREFIX = "/assets/"


@dataclass(frozen=True)
class Asset:
    """A file of a package."""

    package: str
    path: str
    media_type: str

    @cached_property
    def content(self) -> bytes:
        """Its bytes, read once."""
        return files(self.package).joinpath(self.path).read_bytes()

    @cached_property
    def url(self) -> str:
        """Where it is served."""
        name, _, ending = self.path.rpartition("/")[2].rpartition(".")
        return f"{PREFIX}{name}.{hashlib.sha256(self.content).hexdigest()[:12]}.{ending}"


OURS, SWAGGER = "kwhen.service.pages", "fastapi_swagger.resources"
# Colours, type and the bar are those of the portal.
SHARED_STYLE = Asset("kwhen.service.portal", "static/portal.css", "text/css; charset=utf-8")
PAGE_STYLE = Asset(OURS, "static/page.css", "text/css; charset=utf-8")
ICON = Asset(OURS, "static/icon.svg", "image/svg+xml")
REFERENCE_SCRIPT = Asset(OURS, "static/reference.js", "text/javascript; charset=utf-8")
SWAGGER_STYLE = Asset(SWAGGER, "swagger-ui.css", "text/css; charset=utf-8")
SWAGGER_SCRIPT = Asset(SWAGGER, "swagger-ui-bundle.js", "text/javascript; charset=utf-8")
ASSETS = (
    SHARED_STYLE,
    PAGE_STYLE,
    ICON,
    REFERENCE_SCRIPT,
    SWAGGER_STYLE,
    SWAGGER_SCRIPT,
)
