"""Reading a request: bounded, decompressed, as exact JSON."""

import zlib
from collections.abc import Callable
from typing import Any

import zstandard
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

from kwhen.errors import InvalidFields, KwhenError
from kwhen.wire.strict_json import read_json

JSON_TYPE = "application/json"
LARGEST_PLAIN_BYTES = 2 * 1024 * 1024  # of bodies without interval arrays
ZSTD_WINDOW_BYTES = 8 * 1024 * 1024  # what every decoder must grant, by RFC 8878
ZSTD_STEP_BYTES = 256  # four of them can stand for 128 KiB, and there is no other bound


def header_of(scope: Scope, name: str) -> str | None:
    """A header by its name in small letters, of several the first; no mapping is made for it."""
    wanted = name.encode()
    for key, value in scope["headers"]:
        if key == wanted:
            return str(value, "latin-1")
    return None


class TooLarge(KwhenError):
    """The body is over the limit."""


class UnsupportedMedia(KwhenError):
    """The body is of a type or an encoding that is not read here."""


class BoundedRequest(Request):
    """A request whose body is read once, whole and within its limit."""

    limit_bytes: int = LARGEST_PLAIN_BYTES
    media_types: tuple[str, ...] = (JSON_TYPE,)

    async def body(self) -> bytes:
        """The body, decompressed.

        Raises
        ------
        TooLarge, UnsupportedMedia, InvalidFields
        """
        if not hasattr(self, "_body"):
            self._body = await self._whole()
        return self._body

    async def json(self) -> Any:
        """The body as exact JSON; None where it is empty.

        Raises
        ------
        InvalidFields, and those of `body`
        """
        if not hasattr(self, "_json"):
            body = await self.body()
            self._json = read_json(body) if body.strip() else None
        return self._json

    @property
    def media_type(self) -> str:
        """The type of the body without parameters, in small letters."""
        return (header_of(self.scope, "content-type") or "").split(";")[0].strip().lower()

    async def _whole(self) -> bytes:
        said = header_of(self.scope, "content-length") or ""
        if said.isdecimal() and int(said[:20]) > self.limit_bytes:
            raise self._too_large()
        chunks: list[bytes] = []
        size, is_more = 0, True
        while is_more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self.limit_bytes:
                raise self._too_large()
            chunks.append(chunk)
            is_more = message.get("more_body", False)
        if size == 0:
            return b""
        self._check_type()
        return await self._decoded(b"".join(chunks))

    def _check_type(self) -> None:
        given = self.media_type
        is_json = given == "" or given.endswith("+json")
        if given not in self.media_types and not (is_json and JSON_TYPE in self.media_types):
            raise UnsupportedMedia(
                f"The body is {given[:80]!r}; send {' or '.join(self.media_types)}."
            )

    async def _decoded(self, body: bytes) -> bytes:
        encoding = (header_of(self.scope, "content-encoding") or "identity").strip().lower()
        if encoding in ("", "identity"):
            return body
        decode = _DECODERS.get(encoding)
        if decode is None:
            raise UnsupportedMedia(
                f"The body is encoded as {encoding[:80]!r}; send it plain, or as gzip or zstd."
            )
        decoded = await run_in_threadpool(decode, body, self.limit_bytes)
        if len(decoded) > self.limit_bytes:
            raise self._too_large()
        return decoded

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The body is larger than {self.limit_bytes} bytes.")


def _from_gzip(body: bytes, limit_bytes: int) -> bytes:
    """Decompress; at most one byte more than the limit."""
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        decoded = reader.decompress(body, limit_bytes + 1)
    except zlib.error as error:
        raise InvalidFields.one("", f"the body is no gzip: {error}") from error
    if len(decoded) <= limit_bytes and (not reader.eof or reader.unused_data):
        raise InvalidFields.one("", "the gzip body is cut off, or has more than one part")
    return decoded


def _from_zstd(body: bytes, limit_bytes: int) -> bytes:
    """Decompress; little more than the limit, whatever the body would become."""
    reader = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES).decompressobj()
    parts, size, at = [], 0, 0
    try:
        while at < len(body) and size <= limit_bytes and not reader.eof:
            parts.append(reader.decompress(body[at : at + ZSTD_STEP_BYTES]))
            size += len(parts[-1])
            at += ZSTD_STEP_BYTES
    except zstandard.ZstdError as error:
        raise InvalidFields.one("", f"the body is no zstd: {error}") from error
    is_whole = reader.eof and not reader.unused_data and at >= len(body)
    if size <= limit_bytes and not is_whole:
        raise InvalidFields.one("", "the zstd body is cut off, or has more than one part")
    return b"".join(parts)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": _from_gzip, "zstd": _from_zstd}
