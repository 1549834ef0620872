"""Bytes that no honest client sends: written by hand, and made of honest ones by chance."""

from dataclasses import dataclass

from hypothesis import strategies as st

CLOSED = 0  # nothing was answered, the connection was closed
OK, BAD, TOO_LARGE, URL_LONG, HEAD_LONG = 200, 400, 413, 414, 431
HOST = b"host: x\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What is sent on one connection, and which statuses may come back; CLOSED: none."""

    name: str
    data: bytes
    statuses: frozenset[int]


def _packet(name: str, data: bytes, *statuses: int) -> Packet:
    return Packet(name=name, data=data, statuses=frozenset(statuses))


def _post(headers: bytes, body: bytes = b"", path: bytes = b"/v1/feedback") -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n" + body


def _get(head: bytes = HOST, path: bytes = b"/healthz") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + head + b"\r\n"


CHUNKED = b"transfer-encoding: chunked\r\n"
FEEDBACK = b'{"message":"Proof"}'
SIZED = b"content-length: %d\r\n" % len(FEEDBACK)
GOOD = (
    _get(),
    _get(path=b"/v1/homes/ws_home_0/get?a=b"),
    _get(HOST + b"connection: close\r\n"),
    _post(b"content-type: application/json\r\n" + SIZED, FEEDBACK),
    _post(CHUNKED, b"13\r\n" + FEEDBACK + b"\r\n0\r\n\r\n"),
    _post(CHUNKED + b"trailer: t\r\n", b"13;x=y\r\n" + FEEDBACK + b"\r\n0\r\nt: 1\r\n\r\n"),
    _post(SIZED + b"expect: 100-continue\r\n", FEEDBACK),
    _post(b"content-encoding: gzip\r\ncontent-length: 4\r\n", b"\x1f\x8b\x08\x00"),
    _post(
        b"content-type: multipart/form-data; boundary=b\r\ncontent-length: 59\r\n",
        b'--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n',
        path=b"/v1/calculate/impact",
    ),
    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    b"HEAD /readyz HTTP/1.0\r\n\r\n",
    _get(HOST + b"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)
HELLO = bytes.fromhex("160301020001000 1fc0303".replace(" ", "")) + bytes(range(64))
MEGABYTE = 1 << 20

BROKEN = (
    _packet("nothing", b"", CLOSED),
    _packet("blank lines", b"\r\n" * 100, CLOSED, BAD),
    _packet("no method", b" / HTTP/1.1\r\n\r\n", BAD),
    _packet("no version", b"GET /healthz\r\n\r\n", BAD, OK),
    _packet("wrong version", b"GET / HTTP/9.9\r\n\r\n", BAD),
    _packet("unknown method", b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    _packet("a second protocol", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", CLOSED, BAD),
    _packet("a cut TLS hello", HELLO, CLOSED, BAD),
    _packet("zero bytes", bytes(1000), CLOSED, BAD),
    _packet("NUL in the path", _get(path=b"/v1/\0"), BAD),
    _packet("NUL in a header", _get(HOST + b"x: a\0b\r\n"), BAD),
    _packet("line feed in a name", _get(HOST + b"x\ny: 1\r\n"), BAD, OK),
    _packet("bytes beyond ASCII in the path", _get(path=b"/\xff\xfe"), BAD, 404),
    _packet("percent without digits", _get(path=b"/%zz%"), BAD, 404),
    _packet("NUL by percent", _get(path=b"/v1/homes/%00/price_signal/open_adr"), BAD, 401, 404),
    _packet("a head that does not end", b"GET / HTTP/1.1\r\n" + HOST, CLOSED),
    _packet(
        "a header that does not end", b"GET / HTTP/1.1\r\nx: " + b"a" * MEGABYTE, CLOSED, HEAD_LONG
    ),
    _packet("a path that does not end", b"GET /" + b"a" * MEGABYTE, CLOSED, HEAD_LONG),
    _packet("a long path", _get(path=b"/" + b"a" * 20_000), URL_LONG),
    _packet("long headers", _get(HOST + b"x: " + b"a" * 40_000 + b"\r\n"), HEAD_LONG),
    _packet("many headers", _get(HOST + b"x: 1\r\n" * 20_000), HEAD_LONG),
    _packet("a length below zero", _post(b"content-length: -1\r\n"), BAD),
    _packet("a length that is no number", _post(b"content-length: 1e3\r\n"), BAD),
    _packet("a length of many digits", _post(b"content-length: %d\r\n" % 10**40), BAD),
    _packet("a length no memory has", _post(b"content-length: %d\r\n" % 10**18), TOO_LARGE),
    _packet("a plus in the length", _post(b"content-length: +19\r\n", FEEDBACK), BAD),
    _packet("two lengths", _post(SIZED + b"content-length: 1\r\n", FEEDBACK), BAD),
    _packet("the same length twice", _post(SIZED + SIZED, FEEDBACK), BAD),
    _packet("length and chunks", _post(SIZED + CHUNKED, b"0\r\n\r\n"), BAD),
    _packet("chunks, then gzip", _post(b"transfer-encoding: chunked, gzip\r\n", b"0\r\n\r\n"), BAD),
    _packet("unknown coding", _post(b"transfer-encoding: x\r\n", b"0\r\n\r\n"), BAD, CLOSED, 501),
    _packet("a chunk of no size", _post(CHUNKED, b"\r\n\r\n"), CLOSED, BAD),
    _packet("a chunk below zero", _post(CHUNKED, b"-1\r\n\r\n"), CLOSED, BAD),
    _packet("a chunk too large", _post(CHUNKED, b"f" * 40 + b"\r\n"), CLOSED, BAD),
    _packet("a chunk longer than told", _post(CHUNKED, b"1\r\nabc\r\n0\r\n\r\n"), CLOSED, BAD),
    _packet("chunk words without end", _post(CHUNKED, b"1;" + b"a" * MEGABYTE), CLOSED, BAD, 431),
    _packet("trailers without end", _post(CHUNKED, b"0\r\n" + b"t: 1\r\n" * 50_000), CLOSED, 431),
    _packet("a body that stops", _post(SIZED, FEEDBACK[:5]), CLOSED),
    _packet("chunks that stop", _post(CHUNKED, b"13\r\n" + FEEDBACK[:5]), CLOSED),
    _packet("a body that says less", _post(b"content-length: 5\r\n", FEEDBACK), BAD),
    _packet("a body of one chunk a byte", _post(CHUNKED, b"1\r\n{\r\n" * 5000 + b"0\r\n\r\n"), BAD),
    _packet("a folded header", _get(HOST + b"x: 1\r\n y: 2\r\n"), BAD, OK),
    _packet("blanks before the colon", _get(HOST + b"x : 1\r\n"), BAD),
    _packet("a request in a body", _post(SIZED, FEEDBACK) + b"GET\r\n\r\n", 201),
    _packet("words after the end", _get(HOST + b"connection: close\r\n") + b"more", OK),
)
PIPELINED = 50


def mutated() -> st.SearchStrategy[bytes]:
    """Honest requests, cut and put together anew, and bytes of chance."""
    piece = st.one_of(
        st.binary(max_size=8),
        st.sampled_from([b"\r\n", b"\n", b"\0", b": ", b"\r\n\r\n", b"0\r\n\r\n", b"%00", b" "]),
        st.sampled_from([CHUNKED, b"content-length: 0\r\n", b"content-length: 99\r\n", HOST]),
    )
    edit = st.tuples(st.floats(0, 1), st.integers(0, 40), piece)
    return st.one_of(
        st.binary(max_size=300),
        st.builds(_edited, st.sampled_from(GOOD), st.lists(edit, min_size=1, max_size=4)),
        st.builds(
            _edited,
            st.builds(bytes.__add__, *[st.sampled_from(GOOD)] * 2),
            st.lists(edit, max_size=4),
        ),
    )


def _edited(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Each edit takes some bytes out at a place and puts others in."""
    for place, taken_count, piece in edits:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + taken_count :]
    return data
