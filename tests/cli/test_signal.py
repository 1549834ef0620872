"""`kwhen signal`: its chart, its words, and what programs read."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from kwhen.cli.chart import Scale, bars, hour_axis, scale
from kwhen.cli.heatmap import RAMP
from tests.cli.conftest import ANSI, STYLE, Kwhen
from tests.cli.test_terminal import terminal

PLAN = ("--zip", "94107", "--plan", "14328/E-TOU-C/T-B")
DAY = ("--from", "2026-07-28")
SOLAR = ("--solar-kw", "5", "--non-net-metered")
SIGNAL = ("signal", *PLAN, *DAY)


def test_a_pipe_gets_words_and_tables(kwhen: Kwhen) -> None:
    said = kwhen(*SIGNAL, *SOLAR)
    assert said.code == 0, said.err
    assert not ANSI.search(said.out) and not set("█┤─▄") & set(said.out)
    assert said.widest <= 80
    assert "94107 San Francisco, CA, 5 kW of solar, not net metered, export rule NBT" in said.out
    assert "Cheapest Tue 08:00 to 16:00, $0.0" in said.out
    assert "Dearest  Tue 19:00 to 21:00, $0." in said.out
    assert "price = tariff + market + carbon + solar" in said.out
    assert "- carbon: egrid-cambium-marginal, " in said.out and "$51 a" in said.out
    assert "wholesale hours: no price is held" in said.out


def test_only_what_counts_has_a_column(kwhen: Kwhen) -> None:
    said = kwhen(*SIGNAL, "--no-market", "--components", "tariff")
    head = next(line for line in said.out.splitlines() if line.strip().startswith("From"))
    assert head.split() == ["From", "To", "Tariff", "Price", "Conf."]
    rows = [line.split() for line in said.out.splitlines() if line.endswith("0.95")]
    assert [row[-4] for row in rows] == ["16:00", "21:00", "24:00"]
    assert "wholesale" not in said.out


def test_the_day_on_a_terminal(on_terminal: Callable[..., str]) -> None:
    out = on_terminal(*SIGNAL, *SOLAR)
    assert len(set(STYLE.findall(out))) > 8  # a colour by level
    lines = STYLE.sub("", out).splitlines()
    assert max(map(len, lines)) <= 80
    chart = [line for line in lines if line[7:8] in ("┤", "│")]
    assert len(chart) == 9 and all(len(line) == 8 + 48 for line in chart)
    assert any(line.strip().startswith("00    03    06") for line in lines)
    assert all(any(line.startswith(name) for line in lines) for name in (" import ", " export "))
    assert any(line.startswith("   CO2e ") and line.endswith("lb/MWh") for line in lines)


def test_a_window_of_days_has_a_line_a_day(kwhen: Kwhen, on_terminal: Callable[..., str]) -> None:
    words = (*SIGNAL, "--to", "2026-08-02")
    piped = kwhen(*words).out
    assert [line[:9] for line in piped.splitlines() if " 07-" in line or " 08-" in line] == [
        "Tue 07-28", "Wed 07-29", "Thu 07-30", "Fri 07-31", "Sat 08-01",
    ]  # fmt: skip
    drawn = STYLE.sub("", on_terminal(*words))
    assert "█" in drawn and "…" not in drawn
    assert max(map(len, drawn.splitlines())) <= 80


def test_the_document(kwhen: Kwhen) -> None:
    found = kwhen(*SIGNAL, *SOLAR, "--carbon", "high", "--json").document
    assert found["home"]["solar"]["is_non_net_metered"] is True
    assert (found["home"]["carbon_intensity"], found["carbon_usd_per_tonne"]) == ("HIGH", 190)
    assert (found["start"], found["end"]) == (
        "2026-07-28T00:00:00-07:00", "2026-07-29T00:00:00-07:00",
    )  # fmt: skip
    assert len(found["steps"]) == 96
    for step in found["steps"]:
        parts = ("import", "wholesale", "carbon", "solar")
        total = sum(step[f"{part}_usd_per_kwh"] for part in parts)
        assert step["price_usd_per_kwh"] == pytest.approx(total, abs=1e-7)
    assert found["blocks"][0]["start"] == found["start"]
    assert found["blocks"][-1]["end"] == found["end"]
    assert {source["component"] for source in found["sources"]} == {
        "tariff", "carbon", "wholesale",
    }  # fmt: skip
    assert "wholesale_hours" in {gap["name"] for gap in found["missing"]}


def test_the_carbon_price_and_model_change_the_price(kwhen: Kwhen) -> None:
    def mean(*words: str) -> float:
        steps = kwhen(*SIGNAL, *words, "--json").document["steps"]
        return float(np.mean([step["price_usd_per_kwh"] for step in steps]))

    low, medium, high = (mean("--carbon", name) for name in ("low", "MEDIUM", "High"))
    assert low < medium == mean() < high
    assert mean("--carbon-model", "sgip") != medium
    assert mean("--components", "tariff,carbon") < medium


def test_csv_has_every_step(kwhen: Kwhen) -> None:
    rows = list(csv.DictReader(io.StringIO(kwhen(*SIGNAL, "--csv").out)))
    assert len(rows) == 96 and rows[0]["start"] == "2026-07-28T00:00:00-07:00"
    assert float(rows[76]["price_usd_per_kwh"]) > float(rows[76]["import_usd_per_kwh"])
    assert rows[0]["exporting_frac"] == "" and rows[0]["export_usd_per_kwh"] == "0.0"


@pytest.mark.parametrize(("day", "count"), [("2026-03-08", 92), ("2026-11-01", 100)])
def test_a_day_is_as_long_as_the_clock_makes_it(
    day: str, count: int, kwhen: Kwhen, on_terminal: Callable[..., str]
) -> None:
    words = ("signal", *PLAN, "--from", day)
    assert len(kwhen(*words, "--json").document["steps"]) == count
    chart = STYLE.sub("", on_terminal(*words)).splitlines()
    assert any(len(line) == 8 + count // 2 for line in chart if line[7:8] == "│")


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        (("--from", "2026-07-28T16:30"), "2026-07-28T16:30:00-07:00", "2026-07-29T16:30:00-07:00"),
        (
            ("--from", "2026-07-28T16:30:00Z", "--to", "2026-07-28T18:00"),
            "2026-07-28T09:30:00-07:00", "2026-07-28T18:00:00-07:00",
        ),
    ],
)  # fmt: skip
def test_a_window_of_times(words: tuple[str, ...], start: str, end: str, kwhen: Kwhen) -> None:
    found = kwhen("signal", *PLAN, *words, "--json").document
    assert (found["start"], found["end"]) == (start, end)


def test_without_a_window_it_is_a_day_from_this_quarter_hour(kwhen: Kwhen) -> None:
    before = datetime.now(UTC)
    found = kwhen("signal", *PLAN, "--json").document
    start, end = (datetime.fromisoformat(found[name]) for name in ("start", "end"))
    assert start.minute % 15 == 0 and start.second == 0
    assert before - timedelta(minutes=15) < start <= datetime.now(UTC)
    assert end - start == timedelta(hours=24)


def test_an_open_adr_event(kwhen: Kwhen) -> None:
    words = (*SIGNAL, *SOLAR, "--open-adr")
    event = kwhen(*words).document
    assert event["programID"] == "wattshift-open-adr"
    assert event["eventName"] == "Price Event 2026-07-28"
    assert event["intervalPeriod"] == {"start": "2026-07-28T07:00:00.000Z", "duration": "PT24H"}
    kinds = [payload["type"] for payload in event["intervals"][0]["payloads"]]
    assert kinds == ["PRICE", "EXPORT_PRICE", "GHG"]
    assert UUID(event["id"]).version == 5
    assert kwhen(*words).document["id"] == event["id"]  # of the home and the window
    others = [(*words, "--carbon", "LOW"), (*words, "--to", "2026-07-30"), (*SIGNAL, "--open-adr")]
    assert len({event["id"], *(kwhen(*other).document["id"] for other in others)}) == 4


def test_a_plan_of_another_place_is_told(kwhen: Kwhen) -> None:
    said = kwhen("signal", "--zip", "10001", "--plan", "14328/E-ELEC", *DAY)
    assert said.code == 0, said.err
    assert "is not known to serve ZIP 10001" in " ".join(said.out.split())


def test_prices_that_were_fetched_count(
    kwhen: Kwhen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kwhen.catalog.live.series import Kind, Point, Series
    from kwhen.catalog.live.store import SeriesStore

    start_s = int(datetime(2026, 7, 28, 7, tzinfo=UTC).timestamp())
    hours = start_s + 3600 * np.arange(24)
    SeriesStore(tmp_path / "live").merge(
        Series(
            kind=Kind.DAY_AHEAD_PRICE,
            point=Point(group="CAISO", name="DLAP_PGAE-APND"),
            step_s=3600,
            start_epoch_s=hours,
            values=np.full(24, 0.9),
            fetched_s=float(start_s),
            source="CAISO OASIS",
            market="DAM",
        )
    )
    monkeypatch.setenv("KWHEN_LIVE", str(tmp_path / "live"))
    found = kwhen(*SIGNAL, "--json").document
    wholesale = next(s for s in found["sources"] if s["component"] == "wholesale")
    assert wholesale["source"] == "CAISO OASIS" and not wholesale["is_fallback"]
    assert min(step["wholesale_usd_per_kwh"] for step in found["steps"]) > 0.3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--from", "2026-07-28", "--to", "2026-07-28"), "no time lies between them"),
        (("--from", "noon"), "'noon' is neither a date nor a time"),
        (("--carbon", "SOME"), "'SOME' is none of LOW, MEDIUM, HIGH"),
        (("--components", "tariff,wind"), "components are 'tariff'"),
        (("--carbon-model", "guess"), "guess"),
        (("--tilt", "30"), "--tilt is of a solar system; give --solar-kw as well"),
        (("--non-net-metered",), "give --solar-kw as well"),
        (("--solar-kw", "0"), "system_size_kw is 0"),
        (("--solar-kw", "5", "--tilt", "120"), "tilt_deg is 120"),
        (("--export-rule", "NEM9"), "no export rule 'NEM9'"),
        (("--from", "2001-01-01", "--strict"), "leave --strict out"),
        (("--zip", "00000"), "ZIP 00000"),
        (("--annual-kwh", "-1", *SOLAR), "annual_kwh"),
    ],
)
def test_what_is_refused(words: tuple[str, ...], sentence: str, kwhen: Kwhen) -> None:
    said = kwhen("signal", *PLAN, *words)
    assert said.code == 2, said.out
    assert sentence in said.err and len(said.err.splitlines()) == 1
    assert not said.out


def drawn(amounts: list[float], rows: int) -> list[str]:
    array = np.array(amounts)
    return [row.plain for row in bars(terminal(no_color=True), array, rows, scale(array))]


def test_two_steps_a_character() -> None:
    assert drawn([1.0, 1.0, 0.5, 0.5, 0.0, 0.0], 1) == ["█▄ "]
    assert drawn([1.0, 0.0, 0.0, 1.0, 0.5, 1.0], 1) == ["▌▐▟"]
    assert drawn([0.0, 1.0, 0.25, 0.75], 2) == ["▐▗", "▐▟"]
    assert drawn([1.0, 1.0, 1.0], 1) == ["█▌"]


def test_the_least_amount_shows_and_nothing_does_not() -> None:
    assert drawn([1.0, 1.0, 0.001, 0.001, 0.0, 0.0], 2) == ["█  ", "█▁ "]
    assert drawn([0.0, 0.0], 1) == [" "]
    assert drawn([-1.0, -1.0, 1.0, 1.0], 1) == [" █"]


def test_neighbours_of_two_colours_share_a_character() -> None:
    array = np.array([1.0, 0.5, 1.0, 1.0])
    (row,) = bars(terminal(color_system="truecolor"), array, 1, Scale(floor=0, top=0.5, low=0.4))
    assert row.plain == "██"  # above the top is the top
    wide = Scale(floor=-9.0, top=1.0, low=0.5)
    (row,) = bars(terminal(color_system="truecolor"), array, 1, wide)
    assert row.plain == "▌█" and str(row.spans[0].style) == f"{RAMP[-1]} on {RAMP[0]}"


def test_the_axis_counts_local_hours() -> None:
    starts = [datetime(2026, 7, 28, 16, 13) + timedelta(minutes=15) * n for n in range(16)]
    ticks, labels = hour_axis(starts)
    assert (ticks, labels) == ("────┴───", "    18")  # the first step of the hour is 18:13's
