"""People at the portal: they sign in with a key, load pages, and send the forms of those pages."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from kwhen.records import EVERY_SCOPE, Credential, Environment, Scope
from tests.deployments import SANDBOX, Parties

XSS = """<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{ 7*7 }}"""
_CSRF = re.compile(r'name="csrf" value="(\w+)"')
_ONCE = re.compile(r'name="(once|version)" value="([^"]+)"')
Sent = Mapping[str, str | list[str]]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who is signed in."""

    client: httpx.Client  # with their cookie
    key: Credential
    csrf: str

    def get(self, path: str, status: int = 200, **told: Any) -> str:
        """A page, which has that status."""
        response = self.client.get(path, **told)
        assert response.status_code == status, (path, response.status_code, response.text[-2000:])
        return response.text

    def post(self, path: str, data: Sent | None = None, **told: Any) -> httpx.Response:
        """The answer to a form of ours; where it leads is not followed."""
        sent = {"csrf": self.csrf, **(data or {})}
        return self.client.post(path, data=sent, follow_redirects=False, **told)

    def send(self, page: str, data: Sent, path: str | None = None) -> httpx.Response:
        """The answer to the form of a page, with the hidden fields that the page has."""
        hidden = dict(_ONCE.findall(self.get(page)))
        return self.post(path or page, {**hidden, **data})


@contextmanager
def signed_in(
    client: httpx.Client,
    orgs: Parties,
    party: str = "north",
    environment: Environment = SANDBOX,
    scopes: Iterable[Scope] = EVERY_SCOPE,
) -> Iterator[Person]:
    """Somebody with a key of a party."""
    issued = orgs.key(party, environment, scopes)
    with httpx.Client(base_url=client.base_url, timeout=client.timeout) as own:
        answer = own.post("/portal/sign-in", data={"key": issued.secret}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        found = _CSRF.search(own.get("/portal/system").text)
        assert found is not None
        yield Person(client=own, key=issued.credential, csrf=found[1])


def words_of(html: str) -> str:
    """What a page says, without its tags, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def has_no_markup_of(html: str, text: str = XSS) -> bool:
    """Whether a page shows a text, and never as markup."""
    return "<script>alert" not in html and "<img src=x" not in html and "49" not in _told(html)


def _told(html: str) -> str:
    """The places of a page where the planted text ended up."""
    return " ".join(re.findall(r"onerror=alert\(1\)&gt;(.{0,12})", html))
