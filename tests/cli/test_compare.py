"""The comparison: ranked, apart, failed; one row a family; all at prices of one date."""

from datetime import date
from pathlib import Path

import pytest

from kwhen.catalog.plans import RatePlan, plan_keys, rate_plan
from kwhen.catalog.stock import Stock
from kwhen.engine.tariff import Service
from kwhen.engine.words import Missing
from tests.cli.conftest import Kwhen

COMPARE = ("compare", "--zip", "94107", "--usage", "demo")


def changed(plan: RatePlan, **values: object) -> RatePlan:
    fields = {name: getattr(plan, name) for name in RatePlan.__dataclass_fields__}
    return RatePlan(**{**fields, **values})


def offer(monkeypatch: pytest.MonkeyPatch, *offered: RatePlan) -> None:
    monkeypatch.setattr(Stock, "find_plans", lambda self, zipcode: list(offered))


def test_the_best_comes_first(kwhen: Kwhen) -> None:
    found = kwhen(*COMPARE, "--json").document
    totals = [row["total_usd"] for row in found["ranked"]]
    assert len(totals) >= 4 and totals == sorted(totals)
    assert found["ranked"][0]["to_best_usd"] == 0
    assert found["ranked"][1]["to_best_usd"] == pytest.approx(totals[1] - totals[0])


def test_a_family_has_one_row_and_its_range(kwhen: Kwhen) -> None:
    found = kwhen(*COMPARE, "--json").document
    families = [row["family"] for row in found["ranked"]]
    assert len(families) == len(set(families))
    row = next(row for row in found["ranked"] if row["family"] == "14328/E-TOU-C")
    assert row["variants_count"] == 20
    assert row["low_usd"] <= row["total_usd"] <= row["high_usd"]
    said = kwhen(*COMPARE).out
    assert "20 keys, $" in said and "shows its middle one" in said


def test_families_stand_for_the_same_territory(kwhen: Kwhen) -> None:
    found = kwhen(*COMPARE, "--json").document["ranked"]
    shown = {row["key"].rsplit("/", 1)[1] for row in found if row["variants_count"] > 1}
    assert len(shown) == 1


def test_the_customer_chooses_the_variant(kwhen: Kwhen) -> None:
    found = kwhen(*COMPARE, "--territory", "T", "--heating", "B", "--json").document["ranked"]
    row = next(row for row in found if row["family"] == "14328/E-TOU-C")
    assert row["key"] == "14328/E-TOU-C/T-B" and row["variants_count"] == 1
    assert row["low_usd"] == row["high_usd"] == row["total_usd"]


def test_a_territory_that_a_family_lacks_is_told(kwhen: Kwhen) -> None:
    said = kwhen(*COMPARE, "--territory", "QQ")
    assert said.code == 0
    assert "Could not be billed" in said.out and "no variant for QQ-any" in said.out


def test_all_are_billed_at_one_date(kwhen: Kwhen) -> None:
    found = kwhen(*COMPARE, "--json").document
    firsts = [rate_plan(row["key"]).versions[0].effective for row in found["ranked"]]
    assert date.fromisoformat(found["prices_on"]) == max(date(2025, 12, 31), *firsts)
    assert all(len(row["versions"]) == 1 for row in found["ranked"])
    asked = kwhen(*COMPARE, "--on", "2026-01-15", "--json").document
    assert asked["prices_on"] == "2026-01-15"
    nearest = {row["family"]: row["is_nearest_version"] for row in asked["ranked"]}
    assert not nearest["14328/E-TOU-C"] and nearest["14328/E-TOU-D"]


def test_days_take_their_own_prices_where_every_plan_has_them(
    kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, rate_plan("14328/E-TOU-C/T-B"), rate_plan("14328/EV2-A"))
    found = kwhen(*COMPARE, "--json").document
    assert found["prices_on"] is None
    assert all(len(row["versions"]) > 1 for row in found["ranked"])


def test_the_export_rule_is_shown(kwhen: Kwhen) -> None:
    assert "export rule: NBT25" in kwhen(*COMPARE).out
    assert "export rule: NEM2" in kwhen(*COMPARE, "--export-rule", "NEM2").out


def test_a_home_without_export_needs_no_rule(kwhen: Kwhen, tmp_path: Path) -> None:
    file = tmp_path / "home.csv"
    hours = "".join(f"2026-04-{d:02d}T{h:02d}:00,0.5\n" for d in range(1, 31) for h in range(24))
    file.write_text(f"start,import_kwh\n{hours}")
    said = kwhen("compare", "--zip", "94107", "--usage", str(file))
    assert said.code == 0, said.err
    assert "the home exports nothing" in said.out and "home.csv" in said.out


def test_plans_without_supply_stand_apart(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, bare = rate_plan("14328/E-ELEC"), rate_plan("14328/EV2-A")
    gap = Missing(name="supply", note="delivery alone")
    offer(monkeypatch, whole, changed(bare, service=Service.DELIVERY, missing=(gap,)))
    found = kwhen(*COMPARE, "--json").document
    assert [row["key"] for row in found["ranked"]] == ["14328/E-ELEC"]
    assert [row["key"] for row in found["without_supply"]] == ["14328/EV2-A"]
    assert found["without_supply"][0]["to_best_usd"] is None
    assert "not ranked" in kwhen(*COMPARE).out


def test_a_plan_that_fails_is_a_row(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, rate_plan("14328/E-ELEC"), rate_plan("16609/EV-TOU-5"))
    said = kwhen(*COMPARE, "--export-rule", "NBT")
    assert said.code == 0, said.err
    assert "Could not be billed" in said.out and "16609/EV-TOU-5" in said.out


def test_where_all_fail_it_is_an_error(kwhen: Kwhen) -> None:
    said = kwhen(*COMPARE, "--export-rule", "nonsense")
    assert said.code == 2 and "no export rule 'nonsense'" in said.err
    assert not said.out


def test_a_zip_without_plans_says_how_to_get_some(
    kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch)
    said = kwhen(*COMPARE)
    assert said.code == 2 and "kwhen catalog import" in said.err


def test_every_shipped_plan_can_be_found() -> None:
    assert {"14328/E-TOU-C/T-B", "14328/E-ELEC"} <= set(plan_keys())
