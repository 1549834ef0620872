"""Homes found by a word, in pages; on both databases."""

from kwhen.operations import homes
from kwhen.operations.home_search import HomesPage, find_homes
from tests.deployments import PRODUCTION, SANDBOX, Parties


def make(orgs: Parties, *names: str, party: str = "north", **facts: str) -> list[str]:
    with orgs.deployment.writing(orgs.tenant(party, SANDBOX)) as work:
        return [homes.create_home(work, {"name": name} | facts).id for name in names]


def found(orgs: Parties, text: str, party: str = "north", **told: object) -> HomesPage:
    with orgs.deployment.reading(orgs.tenant(party, SANDBOX)) as work:
        return find_homes(work, text, **told)  # type: ignore[arg-type]


def ids(page: HomesPage) -> list[str]:
    return [home.id for home in page.homes]


def test_name_zip_person_and_ids_find_a_home(orgs: Parties) -> None:
    facts = {"zipcode": "95313", "user_id": "person_77", "client_id": "CRM-8"}
    (own,) = make(orgs, "Élan Cottage", **facts)
    for word in ("cottage", " Élan ", "95313", "953", "PERSON_7", "crm-8", own, own[:20].upper()):
        assert ids(found(orgs, word)) == [own], word
    assert found(orgs, "5313").found_count == 0  # not from the middle of a ZIP
    assert found(orgs, "cottage", party="south").found_count == 0
    with orgs.deployment.reading(orgs.tenant("north", PRODUCTION)) as work:
        assert find_homes(work, "cottage").found_count == 0


def test_what_means_something_in_sql_is_plain_text(orgs: Parties) -> None:
    (own,) = make(orgs, "100% _sun_ \\ 'n")
    for word in ("100%", "% _", "\\", "' "):
        assert own in ids(found(orgs, word)), word
    assert found(orgs, "0%s").found_count == found(orgs, "_s_n").found_count == 0
    assert found(orgs, "a\0b").found_count == 0


def test_pages_go_on_and_back_while_homes_come_and_go(orgs: Parties) -> None:
    own = make(orgs, *(f"Row {number}" for number in range(7)))
    first = found(orgs, "row ", page_count=3)
    assert (ids(first), first.found_count, first.before) == (own[:3], 7, None)
    second = found(orgs, "row ", page_count=3, after=first.after)
    assert ids(second) == own[3:6] and second.before == own[3] and second.after == own[5]
    last = found(orgs, "row ", page_count=3, after=second.after)
    assert ids(last) == own[6:] and last.after is None
    assert ids(found(orgs, "row ", page_count=3, before=second.before)) == own[:3]
    make(orgs, "Row 8")
    assert ids(found(orgs, "row ", page_count=3, after=first.after)) == own[3:6]
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        homes.remove_home(work, own[2])
    assert ids(found(orgs, "row ", page_count=3, after=own[2])) == [*own[:2], own[3]]  # anew


def test_the_home_of_a_stranger_is_no_place_to_go_on_from(orgs: Parties) -> None:
    own = make(orgs, "Own 1", "Own 2")
    (theirs,) = make(orgs, "Theirs", party="south")
    assert ids(found(orgs, "own ", after=theirs)) == own
