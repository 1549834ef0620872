"""On a terminal: colour, bars and boxes, still within 80 columns; without colour, letters."""

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from rich.console import Console

from kwhen.cli import page as paper
from kwhen.cli.heatmap import show_heat_map
from kwhen.operations.price_maps import PriceMap
from tests.cli.conftest import STYLE, Kwhen


def terminal(**options: object) -> Console:
    settings = {"width": 80, "force_terminal": True, "color_system": "256", "highlight": False}
    return Console(
        file=io.StringIO(), markup=False, legacy_windows=False, **{**settings, **options}
    )


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        ("plans", "--zip", "94107"),
        ("plan", "show", "14328/E-TOU-C/T-B"),
        ("bill", "--plan", "14328/E-TOU-C/T-B", "--usage", "demo"),
        ("compare", "--zip", "94107", "--usage", "demo"),
        ("prices", "--plan", "14328/E-ELEC", "--from", "2026-04-01", "--to", "2026-04-02"),
    ],
    ids=lambda words: words[0],
)
def test_a_terminal_gets_colour_within_80_columns(
    words: tuple[str, ...], on_terminal: Callable[..., str]
) -> None:
    out = on_terminal(*words)
    assert STYLE.search(out)
    lines = [line for line in STYLE.sub("", out).splitlines() if "http" not in line]
    assert max(map(len, lines)) <= 80


def test_bars_are_drawn_and_the_longest_fills_its_column(on_terminal: Callable[..., str]) -> None:
    out = STYLE.sub("", on_terminal("compare", "--zip", "94107", "--usage", "demo"))
    assert "█" * 16 in out and "█" * 17 not in out


def heat(weekend_usd: float) -> PriceMap:
    weekday = np.full((12, 24), 0.25)
    weekday[5:9, 16:21] = 0.5
    weekend = np.where(weekday == 0.5, weekend_usd, weekday)
    return PriceMap(year=2026, weekday_usd_per_kwh=weekday, weekend_usd_per_kwh=weekend)


def test_a_heat_map_in_colour_has_two_blanks_a_cell() -> None:
    console = terminal()
    show_heat_map(console, heat(0.5))
    rows = [row for row in shown(console).splitlines() if STYLE.sub("", row).startswith("Jul")]
    assert len(rows) == 1  # weekends are the same
    assert len(STYLE.sub("", rows[0])) == 4 + 2 * 24
    assert len(set(re.findall(r"48;5;\d+", rows[0]))) == 2


@pytest.mark.parametrize("options", [{"no_color": True}, {"color_system": None}])
def test_a_heat_map_without_colour_has_a_letter_a_cell(options: dict[str, object]) -> None:
    console = terminal(**options)
    show_heat_map(console, heat(0.25))
    text = STYLE.sub("", shown(console))
    assert text.count("Jul a") == 2
    assert "a a b b b b b a a a" in text
    assert "a  0.25000" in text and "b  0.50000" in text


def test_many_prices_share_ten_colours() -> None:
    prices = np.arange(288.0).reshape(12, 24) / 1000
    console = terminal(no_color=True)
    same = PriceMap(year=2026, weekday_usd_per_kwh=prices, weekend_usd_per_kwh=prices)
    show_heat_map(console, same)
    assert "j  0.260-0.287" in shown(console)
    assert max(map(len, STYLE.sub("", shown(console)).splitlines())) <= 80


@pytest.mark.parametrize(
    ("amount_usd", "text"),
    [(1234.5, "$1,234.50"), (-3, "-$3.00"), (-0.001, "$0.00"), (0, "$0.00")],
)
def test_money(amount_usd: float, text: str) -> None:
    assert paper.money(amount_usd) == text


def test_money_with_a_sign() -> None:
    assert [paper.money(usd, sign=True) for usd in (1, 0, -1)] == ["+$1.00", "$0.00", "-$1.00"]


@pytest.mark.parametrize(
    ("amount", "largest", "text"),
    [(10, 10, "████"), (5, 10, "██"), (1, 1000, "▏"), (0, 10, ""), (-5, 10, ""), (1, 0, "")],
)
def test_bar(amount: float, largest: float, text: str) -> None:
    assert paper.bar(amount, largest, 4) == text


def test_a_document_holds_no_surprise() -> None:
    with pytest.raises(TypeError, match="no place in the document"):
        paper.emit({"thing": object()})
    with pytest.raises(ValueError, match="not JSON compliant"):
        paper.emit({"usd": float("nan")})


@pytest.mark.parametrize(("columns", "width"), [("40", 72), ("80", 80), ("300", 100)])
def test_the_width_stays_readable(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert paper.page().width == width


def test_no_amount_is_cut_in_a_narrow_terminal(
    kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for words in (
        ("bill", "--plan", "14328/E-TOU-C/T-B", "--usage", "demo"),
        ("compare", "--zip", "94107", "--usage", "demo"),
        ("plan", "show", "14328/E-TOU-C/T-B"),
    ):
        assert "…" not in kwhen(*words).out
