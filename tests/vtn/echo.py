"""A receiver of notifications that answers the question whether it wants any."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from tests.delivery.receiver import Came, Receiver, Say, receiving


class Subscriber:
    """Echoes; notifications are answered as the receiver is told, after the last as by the last."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.asked: list[Came] = []
        self.echoes = True
        self._take = receiver.take
        receiver.take = self.take  # type: ignore[method-assign]

    @property
    def url(self) -> str:
        return self.receiver.url

    def take(self, request: Came) -> Say:
        if request.method != "GET":
            return self._take(request)
        self.asked.append(request)
        word = parse_qs(urlsplit(request.path).query).get("echo", [""])[0]
        return Say(body=word.encode() if self.echoes else b"no")

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """What came."""
        return [orjson.loads(one.body) for one in self.receiver.came]

    def answers(self, *statuses: int, **headers: str) -> None:
        """How the next notifications are answered."""
        self.receiver.answers = [Say(status=status, headers=headers) for status in statuses]


@contextmanager
def echoing() -> Iterator[Subscriber]:
    """A subscriber while it is needed."""
    with receiving() as receiver:
        yield Subscriber(receiver)
