"""The API: pages, cache and patience, against a server in the test or on this machine."""

import json
import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from kwhen.catalog import http
from kwhen.catalog.urdb.fetch import UrdbApi
from kwhen.errors import SourceError

KEY = "SECRET+KEY"


class Server:
    """Answers in order, each a status with headers, or the page that was asked for."""

    def __init__(self, items: int = 0, *trouble: httpx.Response | Exception) -> None:
        self.items = [{"label": str(number)} for number in range(items)]
        self.trouble = list(trouble)
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        self.asked.append(query)
        if self.trouble:
            answer = self.trouble.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        first = int(query["offset"])
        return httpx.Response(200, json={"items": self.items[first : first + int(query["limit"])]})


def api(server: Callable[[httpx.Request], httpx.Response], **changes) -> tuple[UrdbApi, list]:
    """An API on a test server, and the list of its pauses."""
    pauses: list[float] = []
    settings = {
        "key": KEY,
        "clock": lambda: 1_000_000.0,
        "sleep": pauses.append,
        "chance": lambda: 0.5,
        "transport": httpx.MockTransport(server),
    }
    return UrdbApi(**(settings | changes)), pauses


def test_pages_follow_each_other_to_the_last_short_one():
    server = Server(1203)
    found = list(api(server)[0].items({"eia": 195, "sector": "Residential"}))
    assert [item["label"] for item in found] == [str(number) for number in range(1203)]
    assert [query["offset"] for query in server.asked] == ["0", "500", "1000"]
    assert server.asked[0] == {
        "version": "8",
        "format": "json",
        "detail": "full",
        "eia": "195",
        "sector": "Residential",
        "limit": "500",
        "offset": "0",
        "api_key": KEY,
    }


def test_a_full_last_page_is_followed_by_an_empty_one():
    server = Server(10)
    assert len(list(api(server, page_items=5)[0].items())) == 10
    assert len(server.asked) == 3


def test_a_server_that_ignores_the_offset_is_found_out():
    page = {"items": [{"label": str(n)} for n in range(5)]}
    with pytest.raises(SourceError, match="gives the same page again at 5"):
        list(api(lambda request: httpx.Response(200, json=page), page_items=5)[0].items())


def test_trouble_is_met_with_growing_pauses():
    server = Server(
        2, httpx.Response(429), httpx.Response(503), httpx.ConnectTimeout("x"), httpx.Response(500)
    )
    asked, pauses = api(server)
    assert len(list(asked.items())) == 2
    assert pauses == [1.0, 2.0, 4.0, 8.0]


def test_chance_spreads_the_pauses():
    for chance, expected in ((0.0, 0.5), (1.0, 1.5)):
        asked, pauses = api(Server(1, httpx.Response(503)), chance=lambda chance=chance: chance)
        list(asked.items())
        assert pauses == [expected]


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        ("17", 17.0),
        ("Mon, 12 Jan 1970 13:47:10 GMT", 30.0),
        ("Mon, 12 Jan 1970 13:00:00 GMT", 1.0),  # already past
        ("soon", 1.0),
    ],
)
def test_retry_after_is_honoured(said, pause):
    asked, pauses = api(Server(1, httpx.Response(429, headers={"Retry-After": said})))
    list(asked.items())
    assert pauses == [pause]


def test_a_pause_of_an_hour_is_not_waited_for():
    asked, pauses = api(Server(1, httpx.Response(429, headers={"Retry-After": "3600"})))
    with pytest.raises(SourceError, match="asks to wait 3,600 s"):
        list(asked.items())
    assert pauses == []


def test_patience_ends():
    asked, pauses = api(Server(0, *[httpx.Response(503)] * 9), attempts=3)
    with pytest.raises(SourceError, match="status 503 in 3 attempts"):
        list(asked.items())
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(403), "refuses the key"),
        (httpx.Response(404), "status 404"),
        (httpx.Response(200, text="<html>"), "not JSON"),
        (httpx.Response(200, json={"error": {"code": "OVER"}}), "OVER"),
        (httpx.Response(200, json=[1]), "no list of items"),
        (httpx.Response(200, json={"items": {}}), "no list of items"),
        (httpx.Response(200, json={"items": [1]}), "no list of items"),
    ],
)
def test_answers_that_no_patience_mends(answer, said):
    asked, pauses = api(Server(0, answer))
    with pytest.raises(SourceError, match=said):
        list(asked.items())
    assert pauses == []


def test_the_cache_answers_until_it_is_too_old(tmp_path):
    server, now = Server(3), [1_000_000.0]
    asked, _ = api(server, cache=tmp_path / "cache", clock=lambda: now[0], max_age_s=60.0)
    first = list(asked.items({"eia": 1}))
    assert list(asked.items({"eia": 1})) == first
    assert len(server.asked) == 1
    list(asked.items({"eia": 2}))
    assert len(server.asked) == 2
    now[0] += 61
    list(asked.items({"eia": 1}))
    assert len(server.asked) == 3


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"fetched_s": 1000000}', b'{"items": []}'])
def test_a_damaged_cache_is_asked_anew(tmp_path, content):
    server = Server(3)
    asked, _ = api(server, cache=tmp_path)
    list(asked.items())
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert len(list(asked.items())) == 3
    assert len(server.asked) == 2
    assert list(tmp_path.iterdir()) == [file]


def test_the_key_is_neither_kept_nor_shown(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    asked, _ = api(Server(2, httpx.ConnectError(f"api_key={KEY}")), cache=tmp_path)
    list(asked.items())
    assert not any(b"SECRET" in path.read_bytes() for path in tmp_path.iterdir())
    assert "SECRET" not in caplog.text
    asked, _ = api(Server(0, *[httpx.ConnectError(f"api_key={KEY}")] * 6))
    with pytest.raises(SourceError) as caught:
        list(asked.items())
    assert "SECRET" not in str(caught.value)


def test_without_httpx_the_error_says_what_to_install(monkeypatch):
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(http, "import_module", missing)
    with pytest.raises(SourceError, match=r"pip install 'kwhen\[import\]'"):
        list(api(Server(1))[0].items())


class Handler(BaseHTTPRequestHandler):
    """One page, after one refusal."""

    answered = 0

    def do_GET(self) -> None:
        Handler.answered += 1
        self.send_response(429 if Handler.answered == 1 else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"items": [{"path": self.path}]}).encode())

    def log_message(self, *args: object) -> None:
        """Keep the test's output quiet."""


def test_a_real_server_on_this_machine():
    Handler.answered = 0
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/utility_rates"
            asked, pauses = api(Server(), base_url=url, transport=None)
            (item,) = asked.items({"getpage": "abc"})
        finally:
            server.shutdown()
            thread.join()
    assert item["path"].startswith("/utility_rates?version=8&format=json&detail=full&getpage=abc")
    assert pauses == [1.0]
