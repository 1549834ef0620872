"""Programs of homes that a tenant asks for by itself, without an OAuth client."""

import pytest

from kwhen.errors import Conflict, InvalidFields, UnknownId
from kwhen.operations import homes
from kwhen.operations.vtn import objects, overview
from kwhen.records import VtnKind
from tests.deployments import SANDBOX, Parties
from tests.service.world import plan_id


def make_home(orgs: Parties, party: str = "north", **facts: str) -> str:
    told = {"name": "x", "zipcode": "95313"} | facts
    with orgs.deployment.writing(orgs.tenant(party, SANDBOX)) as work:
        return homes.create_home(work, told).id


def test_a_program_has_the_events_of_its_home(orgs: Parties) -> None:
    home = make_home(orgs, rate_plan_id=plan_id())
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        made = objects.create_home_program(work, home, " Maple ")
        assert made.targets == (home,) and made.content["programName"] == "Maple"
        assert overview.held(work, VtnKind.EVENT, program_id=made.id).count == 2
        assert overview.find(work, VtnKind.PROGRAM, made.id).id == made.id
    with pytest.raises(Conflict), orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        objects.create_home_program(work, home, "Maple")
    with orgs.deployment.writing(orgs.tenant("south", SANDBOX)) as work:
        with pytest.raises(UnknownId):
            overview.find(work, VtnKind.PROGRAM, made.id)
        with pytest.raises(UnknownId):
            objects.remove_program(work, made.id)
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        objects.remove_program(work, made.id)
        assert overview.held(work, VtnKind.EVENT, program_id=made.id).count == 0


def test_what_has_no_prices_gets_no_program(orgs: Parties) -> None:
    theirs = make_home(orgs, "south", rate_plan_id=plan_id())
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        for home in (theirs, make_home_in(work), "ws_home_0"):
            with pytest.raises(InvalidFields):
                objects.create_home_program(work, home, "Nothing")
        for name in ("", " ", "x" * 129, "a\0b"):
            with pytest.raises(InvalidFields):
                objects.create_home_program(work, theirs, name)
        assert "Nothing" not in str(overview.held(work, VtnKind.PROGRAM).objects)


def make_home_in(work: object) -> str:
    return homes.create_home(work, {"name": "without a plan"}).id  # type: ignore[arg-type]


def test_tariffs_are_found_by_words(orgs: Parties) -> None:
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        found = overview.search_tariffs(work, "pge tou-d")
        assert found[0].program.name == "PGE-E-TOU-D"
        assert found[0].bare == "/price/PGE-E-TOU-D/OpenADR3"
        assert found[0].hourly == "/price/PGE-E-TOU-D-HOURLY/OpenADR3"
        assert overview.search_tariffs(work, "no such utility") == []
        assert len(overview.search_tariffs(work, "")) == overview.SHOWN_COUNT
