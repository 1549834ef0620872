"""What the scripts of the clients share: a receiver of notifications, and how they report."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "a token of the subscriber"
DEADLINE_S = 120.0


class Receiver:
    """Answers the question whether it wants to be notified, and keeps what comes."""

    def __init__(self):
        self.came = []
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(parse_qs(urlsplit(self.path).query).get("echo", [""])[0].encode())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.headers["authorization"] == f"Bearer {TOKEN}"
                with receiver._arrived:
                    receiver.came.append(json.loads(body))
                    receiver._arrived.notify_all()
                self._answer(b"")

            def _answer(self, body):
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/notifications"

    def wait_for(self, count):
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.came) >= count, DEADLINE_S), self.came
            return list(self.came)


def told():
    """What the test wants: a JSON object in the first argument."""
    return json.loads(sys.argv[1])


def say(**found):
    """A line for the test to read."""
    print(json.dumps(found), flush=True)
