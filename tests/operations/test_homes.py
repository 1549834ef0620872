"""The rules of homes, one by one: what is derived, what fits together, what a change leaves."""

from collections.abc import Iterator
from typing import Any

import pytest

from kwhen.catalog.plans import rate_plan
from kwhen.errors import Forbidden, InvalidFields, UnknownId
from kwhen.operations import homes
from kwhen.operations.credentials import create_channel_partner
from kwhen.operations.homes import Page
from kwhen.wire.homes import HomeAnswer, HomeChange, HomeCreate
from tests.deployments import PRODUCTION, SANDBOX, Clock, Parties, opened, other, parties

PGE, SCE = "14328", "17609"
E_TOU_D, E_ELEC = (rate_plan(f"{PGE}/{name}").id for name in ("E-TOU-D", "E-ELEC"))
Answer = dict[str, Any]


@pytest.fixture(scope="module")
def orgs(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """One database is enough: the rules do not know it."""
    with opened("sqlite", tmp_path_factory.mktemp("homes")) as deployment:
        yield parties(other(deployment, clock=clock))


class Homes:
    """Homes of a tenant, as a client sends and gets them."""

    def __init__(self, orgs: Parties) -> None:
        self.orgs = orgs

    def create(self, **sent: Any) -> Answer:
        changes = HomeCreate.model_validate({"name": "x"} | sent).changes()
        with self.orgs.deployment.writing(self.orgs.tenant()) as work:
            return shown(homes.create_home(work, changes))

    def update(self, home: Answer, **sent: Any) -> Answer:
        changes = HomeChange.model_validate(sent).changes()
        with self.orgs.deployment.writing(self.orgs.tenant()) as work:
            return shown(homes.update_home(work, home["id"], changes))

    def wrong(self, home: Answer | None = None, **sent: Any) -> dict[str, str]:
        """The field errors of a body, by field."""
        with pytest.raises(InvalidFields) as told:
            self.create(**sent) if home is None else self.update(home, **sent)
        return {error.field: error.message for error in told.value.fields}


def shown(home: Any) -> Answer:
    return HomeAnswer.of(home).model_dump(mode="json", by_alias=True)


def changed(before: Answer, after: Answer) -> set[str]:
    """The fields that differ, but for `updatedAt`."""
    return {name for name in before if before[name] != after[name]} - {"updatedAt"}


@pytest.fixture
def ours(orgs: Parties) -> Homes:
    return Homes(orgs)


# Places


@pytest.mark.parametrize(
    ("sent", "stored", "zone", "city"),
    [
        ("94107", "94107", "America/Los_Angeles", "San Francisco"),
        ("94107-1234", "94107", "America/Los_Angeles", "San Francisco"),
        ("7030", "07030", "America/New_York", "Hoboken"),
    ],
)
def test_a_zip_tells_the_place(ours: Homes, sent: str, stored: str, zone: str, city: str) -> None:
    home = ours.create(zipcode=sent)
    assert (home["zipcode"], home["timezone"], home["city"]) == (stored, zone, city)
    assert home["country"] == "US"


@pytest.mark.parametrize(
    ("sent", "stored", "city"),
    [("941", "941", None), ("941-1234", "941", None), ("501", "00501", "Holtsville")],
)
def test_three_digits_are_a_prefix_unless_a_zip_lost_its_zeros(
    ours: Homes, sent: str, stored: str, city: str | None
) -> None:
    home = ours.create(zipcode=sent)
    assert (home["zipcode"], home["city"]) == (stored, city)
    assert changed(home, ours.update(home, zipcode=sent)) == set()


def test_what_the_body_says_of_the_place_stays(ours: Homes) -> None:
    home = ours.create(zipcode="94107", city="Frisco", timezone="America/Denver")
    assert (home["city"], home["timezone"], home["country"]) == ("Frisco", "America/Denver", "US")


def test_a_new_zip_tells_the_place_again(ours: Homes) -> None:
    home = ours.create(zipcode="94107", city="Frisco", timezone="America/Denver")
    moved = ours.update(home, zipcode="07030")
    assert (moved["city"], moved["timezone"]) == ("Hoboken", "America/New_York")
    kept = ours.update(home, zipcode="94107", city="Frisco")
    assert (kept["city"], kept["timezone"]) == ("Frisco", "America/Los_Angeles")


def test_the_same_zip_again_tells_nothing_new(ours: Homes) -> None:
    home = ours.create(zipcode="94107", city="Frisco")
    cleared = ours.update(home, timezone=None)
    for same in ("94107", "94107-0001"):
        assert changed(cleared, ours.update(home, zipcode=same)) == set()


def test_an_unknown_zip_is_kept_and_tells_nothing(ours: Homes) -> None:
    home = ours.create(zipcode="00001")
    assert (home["zipcode"], home["city"], home["timezone"], home["country"]) == (
        "00001", None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "America", "../../etc/passwd", "/", "a" * 64])
def test_a_zone_must_be_one(ours: Homes, zone: str) -> None:
    assert ours.wrong(timezone=zone).keys() == {"timezone"}


# Utility and plan


def test_utility_id_wins_over_its_older_name(ours: Homes) -> None:
    assert ours.create(utilityId=SCE, UtilityId=PGE)["UtilityId"] == SCE
    assert ours.create(UtilityId=PGE)["UtilityId"] == PGE
    home = ours.create(utilityId=PGE)
    assert ours.update(home, utilityId=None, UtilityId=PGE)["UtilityId"] is None


def test_a_plan_fills_the_utility(ours: Homes) -> None:
    home = ours.create(ratePlanId=E_TOU_D)
    assert (home["UtilityId"], home["ratePlanId"]) == (PGE, E_TOU_D)
    assert ours.create(ratePlanId="14328/E-TOU-D")["ratePlanId"] == E_TOU_D  # by its key too


def test_a_plan_that_is_set_brings_its_utility(ours: Homes) -> None:
    home = ours.create(utilityId=SCE)
    assert ours.update(home, ratePlanId=E_TOU_D)["UtilityId"] == PGE


def test_a_plan_of_another_utility_is_refused(ours: Homes) -> None:
    message = ours.wrong(utilityId=SCE, ratePlanId=E_TOU_D)["ratePlanId"]
    assert PGE in message and SCE in message
    home = ours.create(ratePlanId=E_TOU_D)
    assert ours.wrong(home, utilityId=SCE, ratePlanId=E_TOU_D).keys() == {"ratePlanId"}


def test_a_new_utility_clears_the_plan_of_the_old_one(ours: Homes) -> None:
    home = ours.create(ratePlanId=E_TOU_D)
    moved = ours.update(home, utilityId=SCE)
    assert (moved["UtilityId"], moved["ratePlanId"]) == (SCE, None)
    home = ours.create(ratePlanId=E_TOU_D)
    assert changed(home, ours.update(home, utilityId=PGE)) == set()
    other_plan = ours.update(home, utilityId=PGE, ratePlanId=E_ELEC)
    assert changed(home, other_plan) == {"ratePlanId"}


def test_a_utility_must_be_known(ours: Homes) -> None:
    for nobody in ("1", "PG&E", "", "-14328", "14328.0", " 14328", "１４３２８", "9" * 200):
        assert ours.wrong(utilityId=nobody).keys() == {"utilityId"}, nobody
    assert ours.create(utilityId="0" * 200 + PGE)["UtilityId"] == PGE


def test_a_plan_must_be_known(ours: Homes) -> None:
    for nobody in ("0" * 24, "E-TOU-D", "x"):
        assert ours.wrong(ratePlanId=nobody).keys() == {"ratePlanId"}


def test_a_rate_id_is_answered_with_the_id_to_send(ours: Homes) -> None:
    message = ours.wrong(ratePlanId=rate_plan("14328/E-TOU-D").rate_id)["ratePlanId"]
    assert E_TOU_D in message


def test_a_family_is_answered_with_its_members(ours: Homes) -> None:
    message = ours.wrong(ratePlanId="14328/E-TOU-C")["ratePlanId"]
    assert "14328/E-TOU-C/T-B" in message and "14328/E-TOU-C/X-H" in message


def test_an_export_rule_must_be_one_of_the_plan(ours: Homes) -> None:
    assert "NBT" in ours.wrong(ratePlanId=E_TOU_D, exportRule="XYZ")["exportRule"]
    home = ours.create(ratePlanId=E_TOU_D, exportRule="NBT")
    assert home["exportRule"] == "NBT"
    assert ours.wrong(home, exportRule="XYZ").keys() == {"exportRule"}
    assert ours.update(home, exportRule="NONE")["exportRule"] == "NONE"
    assert ours.update(home, exportRule=None)["exportRule"] is None


# Solar


def test_size_and_metering_together_make_solar(ours: Homes) -> None:
    home = ours.create(solarSystemSizeKw=5, isNonNetMetered=False)
    assert home["solarInfo"]["systemSizeKw"] == 5.0
    assert home["solarInfo"]["isNonNetMetered"] is False


def test_one_of_the_two_alone_is_refused_on_a_home_without_solar(ours: Homes) -> None:
    assert ours.wrong(solarSystemSizeKw=5).keys() == {"isNonNetMetered"}
    assert ours.wrong(isNonNetMetered=True).keys() == {"solarSystemSizeKw"}
    assert ours.wrong(ours.create(), solarSystemSizeKw=5).keys() == {"isNonNetMetered"}


def test_one_of_the_two_alone_changes_solar(ours: Homes) -> None:
    home = ours.create(solarInfo={"systemSizeKw": 5, "isNonNetMetered": False, "tilt": 30})
    larger = ours.update(home, solarSystemSizeKw=6)["solarInfo"]
    assert larger == home["solarInfo"] | {"systemSizeKw": 6.0}
    netted = ours.update(home, isNonNetMetered=True)["solarInfo"]
    assert netted == larger | {"isNonNetMetered": True}


@pytest.mark.parametrize("nothing", [0, 0.0, None])
def test_no_size_removes_solar(ours: Homes, nothing: float | None) -> None:
    home = ours.create(solarSystemSizeKw=5, isNonNetMetered=False)
    assert ours.update(home, solarSystemSizeKw=nothing)["solarInfo"] is None
    assert ours.create(solarSystemSizeKw=nothing, isNonNetMetered=True)["solarInfo"] is None


def test_solar_info_is_the_whole_of_it(ours: Homes) -> None:
    full = {
        "systemSizeKw": 6.4,
        "isNonNetMetered": True,
        "moduleType": "premium",
        "arrayType": "fixedRoof",
        "tilt": 20.0,
        "azimuth": 180.0,
        "losses": 14.0,
        "inverterEfficiency": 96.0,
        "dcAcRatio": 1.2,
        "interconnectionDate": "2024-02-29",
    }
    home = ours.create(solarInfo=full)
    assert home["solarInfo"] == full
    least = {"systemSizeKw": 3, "isNonNetMetered": False}
    again = ours.update(home, solarInfo=least)["solarInfo"]
    assert {k: v for k, v in again.items() if v is not None} == least
    assert ours.update(home, solarInfo=None)["solarInfo"] is None


# What a change leaves alone


FULL = {
    "userId": "u",
    "ratePlanId": E_TOU_D,
    "unstructuredAddress": "123 Market St, San Francisco",
    "clientId": "c",
    "zipcode": "94107",
    "streetAddress": "123 Market St",
    "meterId": "m",
    "meterIdSource": "s",
    "enabled": False,
    "carbonSignalIntensity": "HIGH",
    "energyMarketBiddingEnabled": False,
    "modalHome": True,
    "exportRule": "NBT",
    "solarInfo": {"systemSizeKw": 6.4, "isNonNetMetered": True, "tilt": 20},
}
NULLABLE = (
    "name", "userId", "UtilityId", "ratePlanId", "unstructuredAddress", "timezone", "country",
    "city", "zipcode", "streetAddress", "meterId", "meterIdSource", "enabled", "clientId",
    "exportRule", "solarInfo", "channelPartnerId",
)  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [{}, FULL, FULL | {"city": "Frisco", "timezone": None, "country": None}, {"zipcode": "00001"}],
    ids=["bare", "full", "own place", "unknown zip"],
)
def test_an_answer_that_is_sent_back_changes_nothing(ours: Homes, told: dict[str, Any]) -> None:
    home = ours.create(**told)
    for place in ({}, {"city": None}, {"timezone": "America/Denver"}):
        home = ours.update(home, **place)
        again = ours.update(home, **home)
        assert changed(home, again) == set()
        assert again["updatedAt"] > home["updatedAt"] and again["createdAt"] == home["createdAt"]


def test_what_is_absent_stays(ours: Homes) -> None:
    home = ours.create(**FULL)
    assert changed(home, ours.update(home)) == set()
    for name, value in {"name": "y", "meterId": "n", "enabled": True, "modalHome": False}.items():
        assert changed(home, ours.update(home, **{name: value})) == {name}
        ours.update(home, **{name: home[name]})


@pytest.mark.parametrize("name", NULLABLE)
def test_null_clears(ours: Homes, name: str) -> None:
    home = ours.create(**FULL)
    cleared = ours.update(home, **{name: None})
    assert cleared[name] is None
    assert changed(home, cleared) == ({name} if home[name] is not None else set())


def test_defaults(ours: Homes) -> None:
    home = ours.create()
    assert {name for name, value in home.items() if value is not None} == {
        "id", "createdAt", "updatedAt", "name", "enabled", "energyMarketBiddingEnabled",
        "modalHome", "carbonSignalIntensity",
    }  # fmt: skip
    assert (home["enabled"], home["energyMarketBiddingEnabled"], home["modalHome"]) == (
        True, True, False,
    )  # fmt: skip
    assert home["carbonSignalIntensity"] == "MEDIUM"


def test_words_of_older_clients_are_kept(ours: Homes, orgs: Parties) -> None:
    home = ours.create(hasEvCharger=True, acType="central")
    ours.update(home, hasAC=True, acType=None)
    ours.update(home, name="y")
    with orgs.deployment.reading(orgs.tenant()) as work:
        told = homes.get_home(work, home["id"]).facts.questionnaire
    assert told == {"hasEvCharger": True, "acType": None, "hasAC": True}


def test_a_channel_partner_must_be_ones_own(ours: Homes, orgs: Parties) -> None:
    with orgs.deployment.writing(orgs.tenant()) as work:
        own = create_channel_partner(work, "Installer").id
    with orgs.deployment.writing(orgs.tenant("south")) as work:
        theirs = create_channel_partner(work, "Other").id
    home = ours.create(channelPartnerId=own)
    assert home["channelPartnerId"] == own
    for nobody in (theirs, "x", ""):
        assert ours.wrong(home, channelPartnerId=nobody).keys() == {"channelPartnerId"}


def test_all_that_is_wrong_is_told_at_once(ours: Homes) -> None:
    wrong = ours.wrong(
        utilityId="1", ratePlanId="x", timezone="x", solarSystemSizeKw=5, channelPartnerId="x"
    )
    assert wrong.keys() == {
        "utilityId", "ratePlanId", "timezone", "isNonNetMetered", "channelPartnerId",
    }  # fmt: skip


def test_a_change_that_is_refused_changes_nothing(ours: Homes, orgs: Parties) -> None:
    home = ours.create(**FULL)
    ours.wrong(home, name="y", zipcode="07030", ratePlanId="x")
    with orgs.deployment.reading(orgs.tenant()) as work:
        assert shown(homes.get_home(work, home["id"])) == home


# Lists and removal


def test_only_homes_of_the_sandbox_are_removed(orgs: Parties) -> None:
    for environment in (SANDBOX, PRODUCTION):
        with orgs.deployment.writing(orgs.tenant("south", environment)) as work:
            home = homes.create_home(work, {"name": "x"})
            if environment is PRODUCTION:
                with pytest.raises(Forbidden, match="enabled"):
                    homes.remove_home(work, home.id)
                assert homes.get_home(work, home.id) == home
            else:
                assert homes.remove_home(work, home.id) == home
                with pytest.raises(UnknownId):
                    homes.get_home(work, home.id)


def test_lists_are_filtered_by_the_zip_as_it_is_stored(ours: Homes, orgs: Parties) -> None:
    home = ours.create(zipcode="7030", userId="of lists")
    with orgs.deployment.reading(orgs.tenant()) as work:
        for form in ("7030", "07030", "07030-1234"):
            found = homes.list_homes(work, Page(zipcode=form, user_id="of lists"))
            assert [one.id for one in found] == [home["id"]]


def test_pages_that_cannot_be(orgs: Parties) -> None:
    with orgs.deployment.reading(orgs.tenant()) as work:
        with pytest.raises(InvalidFields, match="pageSize"):
            homes.list_homes(work, Page(number=2))
        with pytest.raises(InvalidFields, match="after"):
            homes.list_homes(work, Page(after="ws_home_nobody"))
