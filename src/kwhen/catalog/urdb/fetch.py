"""The API of the Utility Rate Database: pages of items, cached by query, asked again politely."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kwhen.catalog.http import Answer, Params, Request, Web, read_json
from kwhen.errors import SourceError

BASE_URL = "https://api.openei.org/utility_rates"
PAGE_ITEMS = 500  # the most that one answer holds
_MOST_PAGES = 1_000

Query = Params


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
        request = Request(
            url=self.base_url,
            params={"version": 8, "format": "json", "detail": "full", **query},
            secret_params={"api_key": self.key},
        )
        web = self._web()
        kept = web.cached(request, self.max_age_s)
        if kept is not None:
            try:
                return _items(kept, self.base_url)
            except SourceError:  # damaged: it is asked for anew
                kept = None
        answer = web.ask(request)
        page = _items(answer, self.base_url)
        web.keep(request, answer)
        return page

    def _web(self) -> Web:
        return Web(
            clock=self.clock,
            cache=self.cache,
            timeout_s=self.timeout_s,
            attempts=self.attempts,
            sleep=self.sleep,
            chance=self.chance,
            transport=self.transport,
        )


def _items(answer: Answer, url: str) -> list[dict[str, Any]]:
    if answer.status in (401, 403):
        raise SourceError(f"{url}: refuses the key (status {answer.status}); set another URDB key")
    if answer.status != 200:
        raise SourceError(f"{url}: status {answer.status}; check the query and the base URL")
    said = read_json(answer.content, url)
    if isinstance(said, dict) and "items" not in said:
        error = said.get("error") or said.get("errors")
        raise SourceError(f"{url}: answers without items: {json.dumps(error)[:200]}")
    items = said["items"] if isinstance(said, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceError(f"{url}: the answer has no list of items; check the base URL")
    return items
