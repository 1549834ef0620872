"""Answers packed for clients that can unpack them."""

import gzip

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

LEAST_PACKED_BYTES = 1024
GZIP_LEVEL = 5


async def packed(request: Request, response: Response) -> Response:
    """The answer, as gzip where it is long and the client takes that."""
    response.headers["Vary"] = "Accept-Encoding"
    if len(response.body) < LEAST_PACKED_BYTES or not takes_gzip(request):
        return response
    response.body = await run_in_threadpool(gzip.compress, response.body, GZIP_LEVEL)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))
    return response


def takes_gzip(request: Request) -> bool:
    """Whether a client says that it can unpack gzip."""
    words = request.headers.get("accept-encoding", "").replace(" ", "").lower().split(",")
    return "gzip" in words or any(
        word.startswith("gzip;q=") and word[7:].strip("0.") for word in words
    )
