"""The local server of the live sources, for what is built on them."""

from tests.live.conftest import server, web, world

__all__ = ["server", "web", "world"]
