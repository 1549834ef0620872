"""A receiver in a process of its own that fails, hangs, resets and answers 429, and keeps count.

`python -m tests.delivery.unreliable <log> <seed>` prints its port. Every request is a line of the
log: its webhook-id, what was done with it, the hash of its body and the homes in it.
"""

import hashlib
import json
import random
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOOK, FAILED, BUSY = 200, 503, 429
HANGS, RESETS = "hangs", "resets"
DEEDS = (TOOK, FAILED, BUSY, HANGS, RESETS)
WEIGHTS = (70, 10, 8, 4, 8)
LONG_S = 30.0


def main(log: Path, seed: str) -> None:
    """Answer until the process ends."""
    chance, lock = random.Random(seed), threading.Lock()
    out = log.open("a", buffering=1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            homes = sorted(json.loads(body)["data"])
            with lock:
                deed = chance.choices(DEEDS, WEIGHTS)[0]
                line = {
                    "id": self.headers["webhook-id"],
                    "deed": deed,
                    "hash": hashlib.sha256(body).hexdigest(),
                    "homes": homes,
                }
                out.write(json.dumps(line) + "\n")
            self.do(deed)

        def do(self, deed: int | str) -> None:
            if deed == HANGS:
                self.connection.settimeout(LONG_S)
                self.connection.recv(1)  # until the other side gives up
                self.close_connection = True
            elif deed == RESETS:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                self.close_connection = True
            else:
                self.send_response(deed)
                if deed == BUSY:
                    self.send_header("retry-after", "1")
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.request_queue_size = 128
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # of killed senders
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
