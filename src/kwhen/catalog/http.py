"""Asking a server patiently: cached, asked again after growing pauses, secrets never shown."""

import hashlib
import json
import logging
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from kwhen.errors import SourceError
from kwhen.haste import take_time

_LONGEST_WAIT_S = 120.0
_FIRST_WAIT_S = 1.0
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_KEPT, _LONGEST_KEPT_S = "answer-", 40 * 86_400.0
_MOST_BYTES = 256 * 1024 * 1024

Params = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question. What is in `secrets` is neither logged, nor cached, nor part of an error.

    `params` name the answer in the cache; `secret_params` (a key) and `headers` do not.
    """

    url: str
    params: Params = field(default_factory=dict)
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: Any = None  # sent as JSON

    @property
    def is_post(self) -> bool:
        """Whether something is sent."""
        return self.form is not None or self.body is not None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        password = (self.form or {}).get("password", "")
        basic = self.basic[1] if self.basic else ""
        inside = (*self.secret_params.values(), *self.headers.values())
        return tuple(filter(None, (*inside, password, basic)))

    @property
    def name(self) -> str:
        """A name of its own for what is asked, whoever asks."""
        asked = json.dumps([self.url, sorted(self.params.items()), self.body])
        return hashlib.sha256(asked.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said, and when."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    fetched_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """How to ask.

    `cache` is a folder for answers, None for none. `clock` tells seconds since 1970; `sleep`,
    `chance` (0 to 1) and `transport` (of httpx) are there so that tests need neither time nor
    network.
    """

    clock: Callable[[], float]
    cache: Path | None = None
    timeout_s: float = 60.0
    attempts: int = 6
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    transport: Any = None

    def ask(self, request: Request) -> Answer:
        """One answer, asked for again after ever longer pauses while the server is in trouble.

        Raises
        ------
        SourceError
            The server does not answer after all attempts, or asks to wait too long.
        """
        take_time()
        httpx = _httpx(request.url)
        said, asked_s = "", None
        with _unlogged(request.secrets):
            for attempt in range(self.attempts):
                if attempt > 0:
                    self.sleep(self._wait_s(request.url, attempt, said, asked_s))
                try:
                    answer = self._answer(httpx, request)
                except httpx.HTTPError as error:
                    said, asked_s = type(error).__name__, None  # its text may hold the key
                    continue
                except httpx.InvalidURL:
                    raise SourceError(f"{request.url}: is not a web address") from None
                if answer.status not in _TRY_AGAIN:
                    return answer
                said = f"status {answer.status}"
                asked_s = self._retry_after_s(answer.headers.get("retry-after"))
        raise SourceError(f"{request.url}: {said} in {self.attempts} attempts; try again later")

    def _answer(self, httpx: Any, request: Request) -> Answer:
        # A redirect is not followed where a header holds a secret: the host may be another.
        follow = not request.headers and not request.is_post and request.basic is None
        with (
            httpx.Client(
                timeout=self.timeout_s, transport=self.transport, follow_redirects=follow
            ) as client,
            client.stream(
                "POST" if request.is_post else "GET",
                request.url,
                params={**request.params, **request.secret_params},
                headers=dict(request.headers),
                auth=request.basic,
                data=request.form,
                json=request.body,
            ) as answer,
        ):
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) > _MOST_BYTES:
                    raise SourceError(f"{request.url}: the answer is longer than any that is due")
            return Answer(
                status=answer.status_code,
                content=bytes(content),
                headers={name.lower(): said for name, said in answer.headers.items()},
                fetched_s=self.clock(),
            )

    def _wait_s(self, url: str, attempt: int, said: str, asked_s: float | None) -> float:
        """Pause before an attempt: doubling, with jitter, and never below what was asked. [s]"""
        if asked_s is not None and asked_s > _LONGEST_WAIT_S:
            raise SourceError(f"{url}: {said}; asks to wait {asked_s:,.0f} s")
        wait_s = _FIRST_WAIT_S * 2.0 ** (attempt - 1) * (0.5 + self.chance())
        return max(min(wait_s, _LONGEST_WAIT_S), asked_s or 0.0)

    def _retry_after_s(self, said: str | None) -> float | None:
        """Seconds that the server asks to wait, given as seconds or as a date."""
        if not said:
            return None
        if said.strip().isascii() and said.strip().isdigit():
            return float(said)
        try:
            return max(0.0, parsedate_to_datetime(said).timestamp() - self.clock())
        except (ValueError, OverflowError):
            return None

    def cached(self, request: Request, max_age_s: float) -> Answer | None:
        """An answer kept before, None where there is none, or an old or a damaged one."""
        file = self._file(request)
        try:
            head, content = file.read_bytes().split(b"\n", 1) if file is not None else (b"", b"")
            fetched_s = float(json.loads(head)["fetched_s"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        if not 0 <= self.clock() - fetched_s <= max_age_s:
            return None
        return Answer(status=200, content=content, headers={}, fetched_s=fetched_s)

    def keep(self, request: Request, answer: Answer) -> None:
        """Keep an answer that was found good; those that nobody would use any more go."""
        file = self._file(request)
        if file is None:
            return
        head = json.dumps({"fetched_s": answer.fetched_s}).encode() + b"\n"
        replace_file(file, head + answer.content)
        for old in file.parent.glob(f"{_KEPT}*"):
            with suppress(FileNotFoundError):  # another process tidies up as well
                if self.clock() - old.stat().st_mtime > _LONGEST_KEPT_S:
                    old.unlink()

    def _file(self, request: Request) -> Path | None:
        return None if self.cache is None else self.cache / f"{_KEPT}{request.name}"


def replace_file(file: Path, content: bytes) -> None:
    """Write a file whole or not at all: beside it, then in its place."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=file.parent, prefix=f".{file.name[:40]}-", delete=False
    ) as new:
        try:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
            new.close()
            os.replace(new.name, file)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise


def start_of(content: bytes) -> str:
    """The first words of an answer, for an error."""
    return " ".join(content[:80].decode("utf-8", errors="replace").split())[:60]


def read_json(content: bytes, url: str) -> Any:
    """The value of a JSON answer.

    Raises
    ------
    SourceError
        It is not JSON.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise SourceError(
            f"{url}: the answer is not JSON but {start_of(content)!r}; check the base URL"
        ) from None


def _httpx(url: str) -> Any:
    """The library of the `import` extra, loaded when it is first needed."""
    try:
        return import_module("httpx")
    except ImportError:
        raise SourceError(
            f"asking {url} needs httpx; install it with: pip install 'kwhen[import]'"
        ) from None


@contextmanager
def _unlogged(secrets: tuple[str, ...]) -> Iterator[None]:
    """Keep lines that show a secret out of httpx's log: it logs whole addresses."""
    hidden = {form(secret) for secret in secrets for form in (str, quote, quote_plus)}

    def is_harmless(record: logging.LogRecord) -> bool:
        return not any(secret in record.getMessage() for secret in hidden)

    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore.http11")]
    for logger in loggers:
        logger.addFilter(is_harmless)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_harmless)
