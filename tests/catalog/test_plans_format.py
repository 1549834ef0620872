"""The form of plan files: what is refused, days as ranges of hours, and the way there and back."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kwhen.catalog.clock_text import day_names, day_text
from kwhen.catalog.format import read_family, tariffs
from kwhen.catalog.holiday_sets import holiday_sets
from kwhen.catalog.plans import rate_plan
from kwhen.catalog.shipped import read_text
from kwhen.catalog.sources import sources
from kwhen.catalog.verify import standard_home_kwh, verify_plan, verify_plans
from kwhen.engine.calendar import flat_schedule
from kwhen.engine.tariff import Service
from kwhen.errors import SourceError, TariffError
from tests.catalog.plan_values import EVERY_KIND, SPARE
from tools import plan_index
from tools.plan_writer import write_family

SMALL = """
format = 1
family = "1/A"
name = "A"
utility_id = 1
utility = "One"
state = "CA"
timezone = "America/Los_Angeles"
[[schedules.tou]]
season = "all year"
starts = "01-01"
weekday = "low 0-16, high 16-21, low 21-24"
[[versions]]
effective = 2026-01-01
sources = ["urdb"]
[[versions.charges]]
kind = "energy"
name = "Energy"
schedule = "tou"
periods = ["low", "high"]
components = [{ name = "rate", klass = "other", usd_per_kwh = [0.1, 0.2] }]
"""


def read(text: str):
    """The versions of a small plan file."""
    return tariffs(read_family(text, "small.toml"), None)


def test_a_small_file_reads() -> None:
    (version,) = read(SMALL)
    assert version.charges[0].components[0].source == "urdb"
    assert version.charges[0].schedule.parts[0].weekday[64] == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "A"', 'nam = "A"', "small.toml: the field 'name' is missing"),
        ('state = "CA"', 'state = "CA"\nzone = 3', "small.toml: unknown field 'zone'"),
        ("starts =", "begins =", "schedules, tou 1: the field 'starts' is missing"),
        ('kind = "energy"', 'kind = "enrgy"', "'kind' is 'enrgy'; it takes one of"),
        ('schedule = "tou"', 'schedule = "tov"', "'schedule' is 'tov'; it takes one of"),
        ('klass = "other"', 'klass = "extra"', "components rate: 'klass' is 'extra'"),
        ("[0.1, 0.2]", "[0.1]", "one number, or 2 entries: one a period"),
        ("[0.1, 0.2]", "[0.1, [0.2, 0.3]]", "1 prices in a period of 1 tiers"),
        ("[0.1, 0.2]", '[0.1, "a"]', "it takes numbers"),
        ("[0.1, 0.2] }]", "0.1, cost = 2 }]", "components rate: unknown field 'cost'"),
        ('"low", "high"', '"low", "peak"', "no period 'all year high' or 'high'"),
        ('sources = ["urdb"]', "sources = []", "at least one id of the sources register"),
        ("effective = 2026-01-01", "effective = 2026", "a date such as 2026-03-01"),
        ("format = 1", "format = 2", "'format' is 2"),
        ('"1/A"', '"2/A"', "must start with the utility's id"),
        ("21-24", "22-24", "must start where the range before it ends"),
        ("21-24", "21-23", "ends at 23, not at 24"),
        ("utility_id = 1", "utility_id = true", "a whole number"),
        ("format = 1", "format = 1\noffered = false", "`closed` says why"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(SourceError) as error:
        read(SMALL.replace(old, new))
    assert message in str(error.value)


def test_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(SourceError, match="not a TOML file"):
        read_family("format = ", "small.toml")


def test_components_must_sum_to_the_published_totals() -> None:
    row = "components = ["
    assert read(SMALL.replace(row, f"total_usd_per_kwh = [0.1, 0.2]\n{row}"))
    with pytest.raises(SourceError, match=r"sum to 0.200000 .*, not to the published 0.21"):
        read(SMALL.replace(row, f"total_usd_per_kwh = [0.1, 0.21]\n{row}"))


def two_versions(until: str, second: str) -> str:
    """The small file with its version twice: the first ends at `until`, the second starts later."""
    head, version = SMALL.split("[[versions]]")
    end = f"\nuntil = {until}" if until else ""
    later = version.replace("2026-01-01", second)
    return f"{head}[[versions]]{end}{version}[[versions]]{later}"


def test_versions_follow_one_another() -> None:
    assert len(read(two_versions("2026-06-01", "2026-06-01"))) == 2
    assert len(read(two_versions("2026-05-01", "2026-06-01"))) == 2


@pytest.mark.parametrize(
    ("until", "second", "message"),
    [
        ("", "2026-06-01", "runs into"),
        ("2026-07-01", "2026-06-01", "runs into"),
        ("2026-02-01", "2026-01-01", "versions must rise"),
    ],
)
def test_versions_that_overlap_are_refused(until: str, second: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(two_versions(until, second))


def test_delivery_alone_always_lacks_its_supply() -> None:
    (version,) = read(SMALL.replace("format = 1", 'format = 1\nservice = "delivery"'))
    assert [gap.name for gap in version.missing] == ["supply"]


@pytest.mark.parametrize(
    "text",
    ["off-peak", "low 0-16, high 16-21, low 21-24", "night 0-6:15, day 6:15-23:45, night 23:45-24"],
)
def test_days_read_and_write(text: str) -> None:
    assert len(day_names(text, "here")) == 96
    assert day_text(day_names(text, "here")) == text


@pytest.mark.parametrize("text", ["a 0-24, b", "a 1-24", "a 0-25", "a 0-6:10, b 6:10-24", "a 0-0"])
def test_bad_days_are_refused(text: str) -> None:
    with pytest.raises(SourceError, match="here"):
        day_names(text, "here")


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "all.toml"
    write_family(path, EVERY_KIND, comment="Every kind of charge.", missing=[SPARE])
    family = read_family(path.read_text(), "all.toml")
    for was, now in zip(EVERY_KIND, tariffs(family, None), strict=True):
        assert now.charges == was.charges
        assert now.programmes == was.programmes
        assert set(now.missing) == set(was.missing)
        assert (now.effective, now.until, now.service) == (was.effective, was.until, was.service)
    again = tmp_path / "again.toml"
    write_family(again, EVERY_KIND, comment="Every kind of charge.", missing=[SPARE])
    assert again.read_bytes() == path.read_bytes()


def test_the_index_is_that_of_the_files(tmp_path: Path) -> None:
    for file in plan_index.PLANS.rglob("*.toml"):
        copy = tmp_path / file.relative_to(plan_index.PLANS)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(file.read_bytes())
    plan_index.build(tmp_path)
    assert json.loads((tmp_path / "index.json").read_text()) == json.loads(
        read_text("plans/index.json")
    ), "run python -m tools.plan_index"


def test_the_data_stay_small() -> None:
    data = plan_index.PLANS.parent
    assert sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) < 2_000_000


def test_holiday_sets_fall_on_their_days() -> None:
    sce = holiday_sets()["sce-8"].dates(2026, 2026)
    assert date(2026, 2, 16) in sce
    assert date(2026, 5, 25) in sce
    assert date(2026, 11, 26) in sce
    assert len(sce) == 8


def test_every_shipped_plan_is_proven() -> None:
    seen = []
    report = verify_plans(progress=lambda done, count: seen.append((done, count)))
    assert report.findings == ()
    assert report.is_good
    assert seen[-1] == (report.plan_count, report.plan_count)
    assert report.version_count >= report.plan_count >= report.family_count


def test_a_bad_plan_is_found() -> None:
    one = rate_plan("14328/E-ELEC")
    strange = replace(
        one.versions[0], sources=("nowhere",), until=date(2024, 1, 1), service=Service.DELIVERY
    )
    found = " ".join(verify_plan(replace(one, versions=(strange,)), lambda tariff: 9_000.0))
    assert "'nowhere' is not in the register" in found
    assert "before it starts" in found
    assert "1.0000 $/kWh" in found

    def refuse(tariff: object) -> float:
        raise TariffError("no price")

    assert "cannot be billed: no price" in " ".join(verify_plan(one, refuse))


def test_the_standard_home_uses_9000_kwh() -> None:
    assert standard_home_kwh().sum() == pytest.approx(9_000)


def test_holidays_and_baselines_name_known_sources() -> None:
    for path in ("holidays.toml", "community/mce.toml", "community/pge-departing.toml"):
        for line in read_text(path).splitlines():
            if line.startswith(("source = ", "export_source = ")):
                assert line.split('"')[1] in sources(), path


def test_a_flat_charge_names_no_schedule() -> None:
    text = SMALL.replace('schedule = "tou"\nperiods = ["low", "high"]\n', "")
    (version,) = read(text.replace("[0.1, 0.2]", "0.1"))
    assert version.charges[0].schedule == flat_schedule()
    assert version.charges[0].periods[0].name == "all hours"


def test_the_writer_drops_nothing_silently(tmp_path: Path) -> None:
    (first, *_) = EVERY_KIND
    with_holidays = replace(first, holidays=holiday_sets()["sce-8"])
    with pytest.raises(ValueError, match="holidays"):
        write_family(tmp_path / "a.toml", [with_holidays], comment="x")
    write_family(tmp_path / "a.toml", [with_holidays], comment="x", holidays="sce-8")
    rules = rate_plan("14328/E-ELEC").versions[-1].export_rules
    with pytest.raises(ValueError, match="export_rules"):
        write_family(tmp_path / "b.toml", [replace(first, export_rules=rules)], comment="x")
