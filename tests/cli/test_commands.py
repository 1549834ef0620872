"""Each command on real plans and the demo year: what people read, what programs read."""

from datetime import date

import pytest

from tests.cli.conftest import ANSI, Kwhen

PLAN = "14328/E-TOU-C/T-B"
BILL = ("bill", "--plan", PLAN, "--usage", "demo")
PRICES = ("prices", "--plan", PLAN, "--from", "2026-04-01", "--to", "2026-04-02")
COMPARE = ("compare", "--zip", "94107", "--usage", "demo")
COMMANDS = [
    ("plans", "--zip", "94107"),
    ("plans", "--utility-id", "14328", "--on", "2025-06-01", "--closed"),
    ("plan", "show", PLAN),
    ("plan", "show", "14328/E-TOU-C", "--territory", "t", "--heating", "b", "--on", "2025-06-01"),
    BILL,
    (*BILL, "--from", "2025-01-01", "--to", "2025-03-01", "--by-month"),
    COMPARE,
    PRICES,
    ("catalog", "sources"),
    ("catalog", "sources", "eia-861-2019"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_pipe_gets_plain_text_of_80_columns(words: tuple[str, ...], kwhen: Kwhen) -> None:
    said = kwhen(*words)
    assert said.code == 0, said.err
    assert said.out.strip() and not said.err
    assert not ANSI.search(said.out)
    assert not set("█━─│") & set(said.out)
    long = [line for line in said.out.splitlines() if len(line) > 80 and "http" not in line]
    assert not long
    assert not [line for line in said.out.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_json_is_one_document(words: tuple[str, ...], kwhen: Kwhen) -> None:
    said = kwhen(*words, "--json")
    assert said.code == 0, said.err
    assert said.document
    assert not said.err


def test_plans_names_each_plan_once_a_family(kwhen: Kwhen) -> None:
    said = kwhen("plans", "--zip", "94107")
    assert "Pacific Gas & Electric Co  EIA 14328  predominant here  inferred" in said.out
    assert said.out.count("14328/E-ELEC\n") + said.out.count("14328/E-ELEC ") == 1
    assert "20 keys: 14328/E-TOU-C/P-B to Z-H" in said.out
    assert "Missing in all of them: local taxes, climate credit" in said.out
    assert "City & County of San\nFrancisco (16612)" in said.out


def test_a_plan_whose_prices_ended_is_not_shown_as_one_of_today(kwhen: Kwhen) -> None:
    said = kwhen("plans", "--zip", "95814").out
    assert said.count("its newest prices ended on 2023-08-22") == 1  # SMUD's; PG&E's go on
    said = kwhen("compare", "--zip", "33602", "--usage", "demo").out
    assert "its newest prices ended on 2024-01-01" in said


def test_plans_document(kwhen: Kwhen) -> None:
    found = kwhen("plans", "--zip", "94107", "--on", "2024-01-01", "--json").document
    assert found["zipcode"] == "94107" and found["on"] == "2024-01-01"
    first = found["utilities"][0]
    assert first["utility_id"] == 14328 and first["is_predominant"] and first["is_inferred"]
    plan = next(plan for plan in found["plans"] if plan["key"] == PLAN)
    assert plan["kind"] == "TOU_TIERED" and plan["in_force"] is False
    assert len(plan["id"]) == 24 and date.fromisoformat(plan["effective"])
    assert {gap["name"] for gap in plan["missing"]} >= {"baseline_territory"}


def test_plan_show_has_prices_times_rules_and_sources(kwhen: Kwhen) -> None:
    said = kwhen("plan", "show", PLAN, "--on", "2026-04-01")
    assert "summer peak      0.19771   0.31239         0.01230  0.52240" in said.out
    assert "summer  6.5 kWh a day  -0.08140" in said.out
    assert "Base services charge         per day           $0.79343" in said.out
    assert "NEM2 (closed to new homes 2023-04-15)" in said.out
    assert "https://www.pge.com/tariffs/assets/pdf/tariffbook/ELEC_SCHEDS_E-TOU-C.pdf" in said.out
    july = next(line for line in said.out.splitlines() if line.startswith("Jul"))
    assert july.split() == ["Jul", *"c" * 16, *"d" * 5, *"c" * 3]


def test_plan_show_tells_weekends_apart(kwhen: Kwhen) -> None:
    said = kwhen("plan", "show", "14328/E-TOU-D", "--on", "2026-04-01")
    assert said.out.count("\nJul ") == 2
    assert "weekends and holidays" in said.out


def test_plan_show_says_when_no_version_is_held(kwhen: Kwhen) -> None:
    said = kwhen("plan", "show", PLAN, "--on", "1999-01-01")
    assert "No version is held for 1999-01-01" in said.out


def test_plan_show_document(kwhen: Kwhen) -> None:
    found = kwhen("plan", "show", PLAN, "--on", "2026-04-01", "--json").document
    energy = found["energy_charges"][0]
    peak = energy["periods"][0]["tiers"][0]
    assert peak["usd_per_kwh"] == pytest.approx(0.5224)
    assert sum(peak["component_usd_per_kwh"]) == pytest.approx(peak["usd_per_kwh"])
    table = found["first_tier_usd_per_kwh"]["weekday_by_month_and_hour"]
    assert [len(row) for row in table] == [24] * 12
    assert table[6][17] == max(max(row) for row in table)
    assert found["sources"][0]["url"].startswith("https://")


def test_bill_adds_up(kwhen: Kwhen) -> None:
    found = kwhen(*BILL, "--json").document
    assert found["plan"] == PLAN and found["export_rule"] == "NBT25"
    assert len(found["cycles"]) == 12
    cycles_usd = sum(cycle["total_usd"] for cycle in found["cycles"])
    lines_usd = sum(line["amount_usd"] for line in found["lines"])
    assert found["total_usd"] == pytest.approx(cycles_usd) == pytest.approx(lines_usd)
    usage = found["usage"]
    assert usage["import_kwh"] == pytest.approx(sum(c["import_kwh"] for c in found["cycles"]))
    assert (usage["start"], usage["end"]) == ("2025-01-01", "2026-01-01")
    assert found["versions"] == ["2025-01-01", "2025-03-01", "2025-09-01"]
    assert {gap["name"] for gap in found["missing"]} >= {"minimum_bill", "local_taxes"}


def test_bill_prints_the_total_of_its_document(kwhen: Kwhen) -> None:
    total = f"${kwhen(*BILL, '--json').document['total_usd']:,.2f}"
    said = kwhen(*BILL)
    totals = [line for line in said.out.splitlines() if line.startswith("Total")]
    assert len(totals) == 2 and all(line.endswith(total) for line in totals)
    assert "Exporting saved $" in said.out
    assert "Not in this bill, because no figure is held" in said.out
    assert "prices effective 2025-01-01, 2025-03-01, 2025-09-01" in said.out


def test_bill_amounts_line_up(kwhen: Kwhen) -> None:
    lines = kwhen(*BILL).out.split("Lines\n")[1].split("Total")[0].splitlines()
    ends = {len(line) for line in lines if "$" in line and "." in line}
    assert len(ends) == 1  # the cents stand below each other


def test_bill_by_month_has_the_lines_of_each_cycle(kwhen: Kwhen) -> None:
    said = kwhen(*BILL, "--from", "2025-01-01", "--to", "2025-03-01", "--by-month")
    assert "Lines of 2025-01-01 to 2025-01-31" in said.out
    assert "Lines of 2025-02-01 to 2025-02-28" in said.out
    assert said.out.count("Total") == 3


def test_bill_of_part_of_the_year(kwhen: Kwhen) -> None:
    whole = kwhen(*BILL, "--json").document
    part = kwhen(*BILL, "--from", "2025-02-01", "--to", "2025-04-01", "--json").document
    assert part["usage"]["import_kwh"] == pytest.approx(
        sum(cycle["import_kwh"] for cycle in whole["cycles"][1:3])
    )


def test_the_customer_of_the_options_changes_the_bill(kwhen: Kwhen) -> None:
    plain = kwhen(*BILL, "--json").document
    care = kwhen(*BILL, "--low-income", "CARE", "--json").document
    none = kwhen(*BILL, "--export-rule", "NONE", "--json").document
    early = kwhen(*BILL, "--export-rule", "NEM2", "--json").document
    dated = kwhen(
        *BILL, "--export-rule", "NBT", "--interconnection-date", "2023-06-01", "--json"
    ).document
    assert care["total_usd"] < plain["total_usd"] < none["total_usd"]
    assert none["export_rule"] is None and none["export_credit_usd"] == 0
    assert early["export_rule"] == "NEM2" and early["total_usd"] < plain["total_usd"]
    assert dated["export_rule"] == "NBT23"


def test_a_family_and_a_customer_choose_the_plan(kwhen: Kwhen) -> None:
    words = ("bill", "--plan", "14328/E-TOU-C", "--usage", "demo", "--json")
    found = kwhen(*words, "--territory", "t", "--heating", "b").document
    assert found == kwhen(*BILL, "--json").document


def test_a_plan_by_its_id(kwhen: Kwhen) -> None:
    id = kwhen(*BILL, "--json").document["plan_id"]
    found = kwhen("bill", "--plan", id, "--usage", "demo", "--json").document
    assert found["plan"] == PLAN


def test_prices_in_blocks_and_steps(kwhen: Kwhen) -> None:
    found = kwhen(*PRICES, "--json").document
    assert len(found["steps"]) == 96 and found["step_minutes"] == 15
    assert found["steps"][0]["start"] == "2026-04-01T00:00:00-07:00"
    noon, evening = found["steps"][48], found["steps"][72]
    assert noon["import_usd_per_kwh"] < evening["import_usd_per_kwh"]
    assert noon["export_usd_per_kwh"] < evening["export_usd_per_kwh"]
    blocks = kwhen(*PRICES, "--export-rule", "NONE").out
    assert [line.split()[-4:-2] for line in blocks.splitlines() if ":00  " in line] == [
        ["00:00", "16:00"],
        ["16:00", "21:00"],
        ["21:00", "24:00"],
    ]


def test_prices_depend_on_what_the_home_uses(kwhen: Kwhen) -> None:
    little = kwhen(*PRICES, "--expected-kwh", "100", "--json").document["steps"][0]
    much = kwhen(*PRICES, "--expected-kwh", "900", "--json").document["steps"][0]
    assert little["import_usd_per_kwh"] < much["import_usd_per_kwh"]


def test_prices_as_csv(kwhen: Kwhen) -> None:
    rows = kwhen(*PRICES, "--csv").out.splitlines()
    assert rows[0] == "start,import_usd_per_kwh,export_usd_per_kwh"
    assert len(rows) == 97 and rows[1].startswith("2026-04-01T00:00:00-07:00,0.")


def test_prices_across_the_clock_changes(kwhen: Kwhen) -> None:
    for day, after, count in (("2026-03-08", "2026-03-09", 92), ("2026-11-01", "2026-11-02", 100)):
        words = ("prices", "--plan", PLAN, "--from", day, "--to", after)
        assert len(kwhen(*words, "--json").document["steps"]) == count
        assert kwhen(*words).code == 0


def test_verify_is_good(kwhen: Kwhen) -> None:
    said = kwhen("catalog", "verify", "--json")
    assert said.code == 0, said.out
    assert said.document["is_good"] and said.document["plan_count"] > 40


def test_sources_list_the_register(kwhen: Kwhen) -> None:
    found = kwhen("catalog", "sources", "--json").document["sources"]
    assert {"id", "title", "publisher", "edition", "url", "licence"} <= set(found[0])
    assert "eia-861-2019" in {source["id"] for source in found}


def test_version(kwhen: Kwhen) -> None:
    from kwhen import __version__

    assert kwhen("--version").out == f"kwhen {__version__}\n"
