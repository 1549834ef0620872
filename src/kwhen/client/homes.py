"""Utilities, homes and their histories."""

from collections.abc import Iterator
from typing import Unpack
from urllib.parse import quote
from uuid import uuid4

from kwhen.client.answers import Home, HomeId, Usage, UsageStored, Utility
from kwhen.client.bodies import Day, Energy, fields, told, with_energy
from kwhen.client.calls import Calls, operation
from kwhen.client.sent import HomeChanges, HomeFields, UtilityFields

HOMES = "/v1/homes"
PAGE_COUNT = 1_000


def home_path(home_id: str) -> str:
    """Where a home's operations are."""
    return f"{HOMES}/{quote(home_id, safe='')}"


class Homes(Calls):
    """Utilities, homes and their histories."""

    @operation("getUtility")
    def utilities(self, **which: Unpack[UtilityFields]) -> list[Utility]:
        """Utilities of a ZIP, a place or an id, with their rate plans."""
        found: list[Utility] = self._post("/v1/utility/get", fields(which))
        return found

    @operation("createHome")
    def create_home(
        self, name: str, *, idempotency_key: str | None = None, **more: Unpack[HomeFields]
    ) -> Home:
        """A new home. Sent twice by a retry it is made once."""
        key = {"idempotency-key": idempotency_key or str(uuid4())}
        home: Home = self._post(f"{HOMES}/create", fields({"name": name, **more}), key)
        return home

    @operation("listHomes")
    def list_homes(
        self,
        *,
        user_id: str | None = None,
        zipcode: str | None = None,
        page_size: int | None = None,
        page_number: int | None = None,
        after: str | None = None,
    ) -> list[Home]:
        """Homes of this environment, oldest first; a page of them where one is asked for."""
        which = told(
            user_id=user_id,
            zipcode=zipcode,
            page_size=page_size,
            page_number=page_number,
            after=after,
        )
        homes: list[Home] = self._post(f"{HOMES}/list", which)
        return homes

    def every_home(
        self, *, user_id: str | None = None, zipcode: str | None = None
    ) -> Iterator[Home]:
        """All homes, page by page: it stays exact while homes come and go."""
        after = None
        while True:
            page = self.list_homes(
                user_id=user_id, zipcode=zipcode, page_size=PAGE_COUNT, after=after
            )
            yield from page
            if len(page) < PAGE_COUNT:
                return
            after = page[-1]["id"]

    @operation("getHome")
    def get_home(self, home_id: str) -> Home:
        """One home."""
        home: Home = self._post(f"{home_path(home_id)}/get")
        return home

    @operation("ClientHomeCompositeAuthController_updateHome_v1")
    def update_home(
        self, home_id: str, *, if_match: str | None = None, **changes: Unpack[HomeChanges]
    ) -> Home:
        """Change a home; with `if_match` its updatedAt, only where nobody else has since."""
        home: Home = self._post(
            f"{home_path(home_id)}/update", fields(changes), _matching(if_match)
        )
        return home

    @operation("removeHome")
    def remove_home(self, home_id: str, *, if_match: str | None = None) -> Home:
        """Remove a home of the sandbox; answers what it was."""
        home: Home = self._post(f"{home_path(home_id)}/remove", headers=_matching(if_match))
        return home

    @operation("createHomeSolar")
    def add_solar(
        self, home_id: str, solar_system_size_kw: float, is_non_net_metered: bool
    ) -> HomeId:
        """Give a home solar, or change what it has."""
        body = told(
            home_id=home_id,
            solar_system_size_kw=solar_system_size_kw,
            is_non_net_metered=is_non_net_metered,
        )
        found: HomeId = self._post(f"{HOMES}/solar/create", body)
        return found

    @operation("putHomeUsage")
    def put_usage(
        self,
        home_id: str,
        start_date: Day,
        end_date: Day,
        usage: Energy,
        export: Energy | None = None,
    ) -> UsageStored:
        """Store days of a home's own meter; each replaces what was held of it."""
        window = told(start_date=start_date, end_date=end_date)
        body = with_energy(window, {"usage": usage, "export": export})
        stored: UsageStored = self._post(f"{home_path(home_id)}/usage/put", body)
        return stored

    @operation("getHomeUsage")
    def get_usage(
        self, home_id: str, start_date: Day | None = None, end_date: Day | None = None
    ) -> Usage:
        """The days that are held of a home's own meter."""
        window = told(start_date=start_date, end_date=end_date)
        usage: Usage = self._post(f"{home_path(home_id)}/usage/get", window)
        return usage


def _matching(version: str | None) -> dict[str, str]:
    return {} if version is None else {"if-match": version}
