"""Green Button feeds: which meter, which unit, how parts are linked, and hostile XML."""

import re
import time
from datetime import date

import numpy as np
import pytest

from kwhen.errors import SourceError, UsageError
from kwhen.usage import read_usage
from tests.usage.writers import (
    PACIFIC,
    feed,
    green_button,
    home,
    meter,
    point,
    reading,
    reading_type,
    readings,
    resource,
)

DAY = home(date(2024, 5, 6), 1, export=True)
IMPORTS = readings(DAY, DAY.import_wh.tolist())
EXPORTS = readings(DAY, DAY.exports())
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'


def read_kwh(content: bytes, **options: str) -> list[float]:
    return read_usage(content, zone=PACIFIC, **options).import_kwh.tolist()


def expect(content: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        read_usage(content, zone=PACIFIC)


@pytest.mark.parametrize(("power", "factor"), [(-3, 1000), (0, 1), (3, 0.001)])
def test_the_multiplier_scales(power: int, factor: float) -> None:
    values = [round(wh * factor * 1000) for wh in range(96)]
    kind = reading_type(1, powerOfTenMultiplier=power)
    content = feed(kind, point(1, meter(1, 1, 1, readings(DAY, values))))
    assert read_kwh(content) == pytest.approx([float(wh) for wh in range(96)])


def test_blocks_of_one_meter_are_joined() -> None:
    rows = IMPORTS.splitlines()
    content = feed(
        point(1, meter(1, 1, 1, "".join(rows[50:]), "".join(rows[:50]))), reading_type(1)
    )
    assert read_kwh(content) == DAY.import_kwh.tolist()


def test_other_namespaces_and_prefixes() -> None:
    content = green_button(DAY)
    for name in ("IntervalBlock", "IntervalReading", "value", "start", "timePeriod", "uom"):
        content = re.sub(rf"<(/?){name}\b".encode(), rf"<\1espi:{name}".encode(), content)
    content = content.replace(ATOM.encode(), b'xmlns:espi="http://naesb.org/espi" ' + ATOM.encode())
    assert read_kwh(content) == DAY.import_kwh.tolist()


def test_a_feed_without_links_or_entries() -> None:
    inner = re.sub(r"<(link|title)[^>]*?(/>|>.*?</title>)", "", green_only().decode())
    assert read_kwh(inner.encode()) == DAY.import_kwh.tolist()
    kind = "<ReadingType><uom>72</uom><commodity>1</commodity></ReadingType>"
    bare = f"<root><entry>{kind}</entry><IntervalBlock>{IMPORTS}</IntervalBlock></root>"
    assert read_kwh(bare.encode()) == DAY.import_kwh.tolist()


def green_only() -> bytes:
    return feed(reading_type(1), point(1, meter(1, 1, 1, IMPORTS)))


def test_interval_length_stands_in_for_durations() -> None:
    content = re.sub(rb"<duration>900</duration>", b"", green_only())
    assert read_kwh(content) == DAY.import_kwh.tolist()


def test_several_points_are_listed_and_one_can_be_named() -> None:
    content = feed(
        reading_type(1), point(1, meter(1, 1, 1, IMPORTS)), point(3, meter(3, 1, 1, EXPORTS))
    )
    expect(content, UsageError, r"2 electricity meters: t/UsagePoint/1.*t/UsagePoint/3.*meter=")
    assert read_kwh(content, meter="UsagePoint/3") == (DAY.export_wh / 1000).tolist()
    assert read_kwh(content, meter="UsagePoint/1") == DAY.import_kwh.tolist()
    with pytest.raises(UsageError, match="Name it with meter="):
        read_usage(content, zone=PACIFIC, meter="UsagePoint/9")


def test_two_meters_of_one_direction_are_refused() -> None:
    meters = (meter(1, 1, 1, IMPORTS), meter(1, 2, 1, EXPORTS))
    expect(feed(reading_type(1), point(1, *meters)), UsageError, "holds 2 electricity meters")


def test_daily_totals_beside_intervals_are_passed_over() -> None:
    daily = meter(1, 2, 1, reading(int(DAY.start_s[0]), 86400, 5))
    content = feed(reading_type(1), point(1, meter(1, 1, 1, IMPORTS), daily))
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh.tolist() == DAY.import_kwh.tolist()
    assert any("passed over" in note for note in usage.notes)
    expect(feed(reading_type(1), point(1, daily)), UsageError, "covers 1440 minutes")


def test_net_beside_delivered_is_passed_over() -> None:
    kinds = reading_type(1) + reading_type(4, flowDirection=4)
    content = feed(kinds, point(1, meter(1, 1, 1, IMPORTS), meter(1, 2, 4, EXPORTS)))
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh.tolist() == DAY.import_kwh.tolist()
    assert usage.export_kwh is None


def test_received_beside_net_is_passed_over() -> None:
    kinds = reading_type(19, flowDirection=19) + reading_type(4, flowDirection=4)
    content = feed(kinds, point(1, meter(1, 1, 19, EXPORTS), meter(1, 2, 4, IMPORTS)))
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh.tolist() == DAY.import_kwh.tolist()


def test_delivered_below_zero_is_export_and_said() -> None:
    values = [-wh for wh in range(96)]
    content = feed(reading_type(1), point(1, meter(1, 1, 1, readings(DAY, values))))
    usage = read_usage(content, zone=PACIFIC)
    assert usage.export_kwh is not None
    assert usage.export_kwh.sum() == pytest.approx(sum(range(96)) / 1000)
    assert any("taken as export" in note for note in usage.notes)


def test_export_alone_is_refused() -> None:
    content = feed(reading_type(1, flowDirection=19), point(1, meter(1, 1, 1, EXPORTS)))
    expect(content, UsageError, "no import readings")


@pytest.mark.parametrize("fields", [{"uom": 38}, {"accumulationBehaviour": 3}, {"uom": 169}])
def test_what_is_not_energy_per_interval_is_refused(fields: dict[str, int]) -> None:
    content = feed(reading_type(1, **fields), point(1, meter(1, 1, 1, IMPORTS)))
    expect(content, UsageError, r"allowed are uom 72 \(Wh\) and 4")


def test_gas_is_refused() -> None:
    content = feed(reading_type(1, commodity=7), point(1, meter(1, 1, 1, IMPORTS), service=1))
    expect(content, UsageError, "no electricity")
    unsaid = feed(reading_type(1), point(1, meter(1, 1, 1, IMPORTS), service=1))
    unsaid = unsaid.replace(b"<commodity>1</commodity>", b"")
    expect(unsaid, UsageError, "no electricity")


def test_readings_without_an_explanation_are_refused() -> None:
    expect(feed(point(1, meter(1, 1, 1, IMPORTS))), SourceError, "0 ReadingTypes")
    kinds = reading_type(2) + reading_type(3)
    expect(feed(kinds, point(1, meter(1, 1, 1, IMPORTS))), SourceError, "2 ReadingTypes")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"<value>", b"<value>x", r"line \d+: value is 'x"),
        (b"<value>", b"<value>1e308", r"line \d+: "),
        (b"<start>1", b"<start>1.", r"line \d+: start of a reading"),
        (b"<start>1", b"<start>9", "allowed are 1990 to 2099"),
        (b"<duration>900", b"<duration>-900", "covers -15 minutes"),
        (b"<duration>900", b"<duration>9h", "duration of a reading is '9h'"),
        (b"<start>", b"<start>99999", "start of a reading"),
    ],
)
def test_bad_readings_are_refused_by_line(old: bytes, new: bytes, words: str) -> None:
    expect(green_only().replace(old, new), UsageError, words)


@pytest.mark.parametrize("power", ["13", "x", "1" * 5000])
def test_bad_multipliers_are_refused(power: str) -> None:
    content = feed(reading_type(1, powerOfTenMultiplier=power), point(1, meter(1, 1, 1, IMPORTS)))
    expect(content, SourceError, "allowed are -12 to 12")


def test_a_feed_without_readings_is_refused() -> None:
    expect(feed(reading_type(1), point(1)), UsageError, "no interval readings")


@pytest.mark.parametrize(("offset_s", "is_said"), [(-18000, True), (-28800, False)])
def test_another_local_time_is_said(offset_s: int, is_said: bool) -> None:
    local = f"<LocalTimeParameters><tzOffset>{offset_s}</tzOffset></LocalTimeParameters>"
    meters = point(1, meter(1, 1, 1, IMPORTS))
    usage = read_usage(feed(resource("/l", local), reading_type(1), meters), zone=PACIFIC)
    assert is_said == any("-5 h from UTC" in note and "-8 h" in note for note in usage.notes)
    assert usage.import_kwh.tolist() == DAY.import_kwh.tolist()


LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (n, (b"&l%d;" % (n - 1)) * 10 if n else b"lol") for n in range(12)
)


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><!DOCTYPE f [' + LAUGHS + b"]><feed>&l11;</feed>",
        b'<!DOCTYPE f [<!ENTITY x SYSTEM "pyproject.toml">]><feed>&x;</feed>',
        b'<!DOCTYPE f SYSTEM "http://127.0.0.1:9/x.dtd"><feed/>',
        b'<!DOCTYPE f [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]><feed/>',
        b'<!DOCTYPE f [<!ENTITY a "' + b"a" * 100_000 + b'">]><feed>' + b"&a;" * 1000 + b"</feed>",
    ],
    ids=["billion laughs", "local file", "remote DTD", "parameter entity", "quadratic"],
)
def test_xml_bombs_are_refused_at_once(content: bytes) -> None:
    began = time.process_time()
    expect(content, SourceError, "DTD or entities is refused")
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<feed", "not readable as XML"),
        (b"<feed>&nope;</feed>", "not readable as XML"),
        (b"<a></b>", "not readable as XML"),
        (b"<svg/>", "not Green Button"),
        (b'<?xml version="1.0" encoding="utf-7"?><feed/>', "not readable as XML"),
        (b'<?xml version="1.0" encoding="no-such"?><feed/>', "not readable as XML"),
        (b"<a>" * 200_000, "not readable as XML"),
    ],
)
def test_other_xml_is_refused(content: bytes, words: str) -> None:
    expect(content, SourceError, words)


def test_utf_16_and_leading_lines() -> None:
    text = green_only().decode()
    assert read_kwh(b"\n\n" + text.encode()) == DAY.import_kwh.tolist()
    wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
    assert np.allclose(read_kwh(wide), DAY.import_kwh)
