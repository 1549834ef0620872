"""How much is tried: little on every change, much with `pytest --full` (`make test-full`)."""

import os

IS_FULL = os.environ.get("KWHEN_PROOF") == "full"  # what --full sets, for subprocesses too


def amount(name: str, little: int, full: int) -> int:
    """How often something is tried; KWHEN_<name> sets any other number."""
    return int(os.environ.get(f"KWHEN_{name}", full if IS_FULL else little))


EXAMPLES = amount("EXAMPLES", 4, 300)  # of each operation, by database
WALKS = amount("WALKS", 6, 150)  # walks through linked operations, by database
OPENADR_EXAMPLES = amount("OPENADR_EXAMPLES", 12, 200)  # of each, where the files are given
KILLS = amount("KILLS", 2, 25)  # of the server, by database
DELIVERIES = amount("DELIVERIES", 500, 10_000)  # amid kills of service and worker, by database
PACKETS = amount("PACKETS", 150, 20_000)  # byte sequences of chance at the socket
REQUESTS = amount("REQUESTS", 300, 10_000)  # of one worker, whose memory is then read
WORKERS = 2 if IS_FULL else 1
