"""Homes of a tenant, looked for by a word and shown a page at a time."""

from dataclasses import dataclass

from kwhen.errors import UnknownId
from kwhen.operations.work import Work
from kwhen.records import HomeRecord
from kwhen.storage import home_search

PAGE_COUNT = 25
LONGEST_WORD_COUNT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class HomesPage:
    """A page of homes, and the ids to go on from, None at either end."""

    homes: tuple[HomeRecord, ...]
    found_count: int  # on all pages
    before: str | None
    after: str | None


def find_homes(
    work: Work,
    text: str = "",
    *,
    after: str | None = None,
    before: str | None = None,
    page_count: int = PAGE_COUNT,
) -> HomesPage:
    """The homes that a word finds, after or before one of them; else the first ones.

    Where the home to go on from is gone, it begins anew.
    """
    word = text.strip()[:LONGEST_WORD_COUNT]
    if "\0" in word:  # which a database refuses to look for
        return HomesPage(homes=(), found_count=0, before=None, after=None)
    found_count = home_search.count_homes(work.session, work.tenant, word)
    try:
        some = home_search.search_homes(
            work.session,
            work.tenant,
            word,
            limit_count=page_count + 1,
            after=after,
            before=before,
        )
    except UnknownId:
        return find_homes(work, text, page_count=page_count)
    has_more = len(some) > page_count
    if before is not None:
        some = some[-page_count:]
        return _page(some, found_count, has_before=has_more, has_after=True)
    some = some[:page_count]
    return _page(some, found_count, has_before=after is not None, has_after=has_more)


def _page(
    some: list[HomeRecord], found_count: int, *, has_before: bool, has_after: bool
) -> HomesPage:
    return HomesPage(
        homes=tuple(some),
        found_count=found_count,
        before=some[0].id if some and has_before else None,
        after=some[-1].id if some and has_after else None,
    )
