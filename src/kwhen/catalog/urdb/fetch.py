"""The API of the Utility Rate Database: pages of items, cached by query, asked again politely."""

import hashlib
import json
import logging
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from kwhen.errors import SourceError

BASE_URL = "https://api.openei.org/utility_rates"
PAGE_ITEMS = 500  # the most that one answer holds
_MOST_PAGES = 1_000
_LONGEST_WAIT_S = 120.0
_FIRST_WAIT_S = 1.0
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})

Query = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class UrdbApi:
    """Where and how to ask. The key is sent and never stored or shown.

    `cache` is a folder for answers, None for none; they are used up to `max_age_s` seconds.
    `clock` tells seconds since 1970; `sleep`, `chance` (0 to 1) and `transport` (of httpx) are
    there so that tests need neither time nor network.
    """

    key: str
    clock: Callable[[], float]
    base_url: str = BASE_URL
    cache: Path | None = None
    max_age_s: float = 7 * 86_400.0
    timeout_s: float = 60.0
    attempts: int = 6
    page_items: int = PAGE_ITEMS
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    transport: Any = None

    def items(self, query: Query | None = None) -> Iterator[dict[str, Any]]:
        """Every item of a query, page by page.

        Parameters
        ----------
        query
            Parameters of the API, such as `eia`, `sector`, `ratesforutility`, `getpage`,
            `effective_on_date` or `modified_after`. None: everything.

        Raises
        ------
        SourceError
            The key is refused, the answer is not what the API promises, or the server does
            not answer after all attempts.
        """
        offset, seen = 0, ""
        for _ in range(_MOST_PAGES):
            page = self._page({**(query or {}), "limit": self.page_items, "offset": offset})
            if page and json.dumps(page[0]) == seen:
                raise SourceError(f"{self.base_url}: gives the same page again at {offset}")
            seen = json.dumps(page[0]) if page else ""
            yield from page
            offset += len(page)
            if len(page) < self.page_items:
                return
        raise SourceError(f"{self.base_url}: more than {_MOST_PAGES} pages; narrow the query")

    def _page(self, query: Query) -> list[dict[str, Any]]:
        asked = {"version": 8, "format": "json", "detail": "full", **query}
        file = self._cache_file(asked)
        page = self._cached(file)
        if page is None:
            page = _items(self._answer(asked), self.base_url)
            self._keep(file, page)
        return page

    def _cache_file(self, query: Query) -> Path | None:
        if self.cache is None:
            return None
        named = json.dumps([self.base_url, sorted(query.items())])
        return self.cache / f"urdb-{hashlib.sha256(named.encode()).hexdigest()[:32]}.json"

    def _cached(self, file: Path | None) -> list[dict[str, Any]] | None:
        """A page kept before, None where there is none, or an old or a damaged one."""
        try:
            kept = json.loads(file.read_bytes()) if file is not None else {}
            age_s = self.clock() - float(kept["fetched_s"])
            return _items(kept, str(file)) if 0 <= age_s <= self.max_age_s else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError, SourceError):
            return None

    def _keep(self, file: Path | None, page: list[dict[str, Any]]) -> None:
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=file.parent, prefix=".urdb-", delete=False, encoding="utf-8"
        ) as new:
            json.dump({"fetched_s": self.clock(), "items": page}, new)
        os.replace(new.name, file)

    def _answer(self, query: Query) -> Any:
        """One answer, asked for again after ever longer pauses."""
        httpx = _httpx()
        said, asked_s = "", None
        with httpx.Client(
            timeout=self.timeout_s, transport=self.transport, follow_redirects=True
        ) as client:
            for attempt in range(self.attempts):
                if attempt > 0:
                    self.sleep(self._wait_s(attempt, said, asked_s))
                try:
                    with _key_unlogged(self.key):
                        answer = client.get(self.base_url, params={**query, "api_key": self.key})
                except httpx.HTTPError as error:
                    said, asked_s = type(error).__name__, None  # its text may hold the key
                    continue
                if answer.status_code not in _TRY_AGAIN:
                    return _content(answer.status_code, answer.content, self.base_url)
                said = f"status {answer.status_code}"
                asked_s = self._retry_after_s(answer.headers.get("Retry-After"))
        raise SourceError(f"{self.base_url}: {said} in {self.attempts} attempts; try again later")

    def _wait_s(self, attempt: int, said: str, asked_s: float | None) -> float:
        """Pause before an attempt: doubling, with jitter, and never below what was asked. [s]"""
        if asked_s is not None and asked_s > _LONGEST_WAIT_S:
            raise SourceError(f"{self.base_url}: {said}; asks to wait {asked_s:,.0f} s")
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
        except ValueError:
            return None


def _httpx() -> Any:
    """The library of the `import` extra, loaded when it is first needed."""
    try:
        return import_module("httpx")
    except ImportError:
        raise SourceError(
            "asking the URDB API needs httpx; install it with: pip install 'kwhen[import]'"
        ) from None


@contextmanager
def _key_unlogged(key: str) -> Iterator[None]:
    """Keep lines that show the key out of httpx's log: it logs whole addresses."""

    def is_harmless(record: logging.LogRecord) -> bool:
        return quote_plus(key) not in record.getMessage()

    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore.http11")]
    for logger in loggers:
        logger.addFilter(is_harmless)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_harmless)


def _content(status: int, content: bytes, url: str) -> Any:
    if status in (401, 403):
        raise SourceError(f"{url}: refuses the key (status {status}); set another URDB key")
    if status != 200:
        raise SourceError(f"{url}: status {status}; check the query and the base URL")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise SourceError(f"{url}: the answer is not JSON; check the base URL") from None


def _items(answer: Any, url: str) -> list[dict[str, Any]]:
    if isinstance(answer, dict) and "items" not in answer:
        said = answer.get("error") or answer.get("errors")
        raise SourceError(f"{url}: answers without items: {json.dumps(said)[:200]}")
    items = answer["items"] if isinstance(answer, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceError(f"{url}: the answer has no list of items; check the base URL")
    return items
