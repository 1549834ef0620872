"""Bearer tokens: asked for when needed, again when they expire or are refused."""

from dataclasses import replace
from typing import Any

from kwhen.catalog.http import Answer, Request, Web, read_json
from kwhen.catalog.live.ask import check_status
from kwhen.errors import SourceError

_MARGIN_S = 60.0


class Login:
    """Asks with a token that `request` gives, in the field `name` of its answer.

    A token is used for `life_s`; when the server refuses one (401) a new one is asked for, once.
    """

    def __init__(self, web: Web, request: Request, *, name: str, life_s: float) -> None:
        self._web, self._request, self._name = web, request, name
        self._life_s = life_s
        self._token, self._until_s = "", 0.0

    def ask(self, request: Request) -> Answer:
        """An answer to a request that carries the token.

        Raises
        ------
        SourceError
            The user is refused, or the server does not answer.
        """
        is_new = self._web.clock() >= self._until_s
        if is_new:
            self._log_in()
        answer = self._web.ask(self._carrying(request))
        if answer.status == 401 and not is_new:
            self._log_in()
            answer = self._web.ask(self._carrying(request))
        return answer

    def _carrying(self, request: Request) -> Request:
        headers = {**request.headers, "Authorization": f"Bearer {self._token}"}
        return replace(request, headers=headers)

    def _log_in(self) -> None:
        answer = self._web.ask(self._request)
        check_status(answer, self._request)
        said: Any = read_json(answer.content, self._request.url)
        token = said.get(self._name) if isinstance(said, dict) else None
        if (
            not isinstance(token, str)
            or not token.isascii()
            or not token.isprintable()
            or not token
        ):
            raise SourceError(f"{self._request.url}: the answer has no {self._name}")
        self._token = token
        self._until_s = self._web.clock() + self._life_s - _MARGIN_S
