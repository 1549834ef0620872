"""A typed client of the HTTP API. See README.md beside this file."""

try:
    import httpx  # noqa: F401
except ImportError as error:
    raise ImportError('kwhen.client needs httpx: pip install "kwhen[client]"') from error

from kwhen.client.calls import Patience
from kwhen.client.client import Client
from kwhen.client.problems import ApiError

__all__ = ["ApiError", "Client", "Patience"]
