"""OpenADR events: the documented shape, and the rules of both schema editions."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kwhen.errors import UsageError
from kwhen.wire.openadr import price_event
from kwhen.wire.times import duration, moment

START = datetime(2024, 12, 22, 23, 38, 9, 218000, tzinfo=UTC)
# The pattern of `duration` in the OpenADR 3 schemas, in words: digits before each of Y M D W,
# then after T digits before H, M and digits with a fraction before S.
DURATION = re.compile(r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+[DW])?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def event(hours: int = 24, **changes: Any) -> dict[str, Any]:
    """An event of a day with three prices."""
    steps = hours * 4
    price = np.full(steps, 0.4007)
    price[4:20] = 0.3897
    values: dict[str, Any] = {
        "id": "12227765-47a7-4441-b9c4-215c779938e7",
        "program_id": "wattshift-open-adr",
        "name": "Price Event 2024-12-22",
        "created": START,
        "modified": START,
        "start": START,
        "end": START + timedelta(hours=hours),
        "step_minutes": 15,
        "price_usd_per_kwh": price,
        "export_price_usd_per_kwh": np.zeros(steps),
        "co2e_lb_per_mwh": np.full(steps, 1000.0),
    }
    return price_event(**{**values, **changes})


def test_the_documented_example_has_this_shape() -> None:
    found = event()
    assert found["programID"] == "wattshift-open-adr"
    assert found["createdDateTime"] == "2024-12-22T23:38:09.218Z"
    assert found["intervalPeriod"] == {"start": "2024-12-22T23:38:09.218Z", "duration": "PT24H"}
    first, second, third = found["intervals"]
    assert (first["id"], second["id"], third["id"]) == (0, 1, 2)
    assert first["intervalPeriod"] == {"start": "2024-12-22T23:38:09.218Z", "duration": "PT1H"}
    assert second["intervalPeriod"] == {"start": "2024-12-23T00:38:09.218Z", "duration": "PT4H"}
    assert third["intervalPeriod"]["duration"] == "PT19H"
    assert first["payloads"] == [
        {"type": "PRICE", "values": [0.4007]},
        {"type": "EXPORT_PRICE", "values": [0.0]},
        {"type": "GHG", "values": [453.6]},
    ]


def test_descriptors_name_units_and_currency() -> None:
    price, export, ghg = event()["payloadDescriptors"]
    assert (price["payloadType"], price["units"], price["currency"]) == ("PRICE", "KWH", "USD")
    assert export["payloadType"] == "EXPORT_PRICE"
    assert (ghg["payloadType"], ghg["units"]) == ("GHG", "GHG")
    assert "currency" not in ghg
    assert len(event(co2e_lb_per_mwh=None)["payloadDescriptors"]) == 2


@pytest.mark.parametrize("steps", [92, 96, 100])
def test_without_merging_there_is_one_interval_a_step(steps: int) -> None:
    found = event(hours=steps // 4, merge=False, interval_duration=True)
    assert len(found["intervals"]) == steps
    assert found["intervalPeriod"]["duration"] == "PT15M"
    assert {one["intervalPeriod"]["duration"] for one in found["intervals"]} == {"PT15M"}


def test_intervals_touch_and_fill_the_window() -> None:
    found = event()
    starts = [one["intervalPeriod"]["start"] for one in found["intervals"]]
    assert starts == sorted(set(starts))
    for one in [found, *found["intervals"]]:
        assert MOMENT.fullmatch(one["intervalPeriod"]["start"])
        assert DURATION.fullmatch(one["intervalPeriod"]["duration"])


def test_a_partial_last_step_ends_with_the_window() -> None:
    found = event(end=START + timedelta(hours=23, minutes=50))
    assert found["intervals"][-1]["intervalPeriod"]["duration"] == "PT18H50M"


def test_times_are_aware_and_durations_positive() -> None:
    assert moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"
    assert duration(timedelta(hours=25, minutes=30, seconds=1.5)) == "PT25H30M1.5S"
    with pytest.raises(UsageError, match="no time zone"):
        moment(datetime(2026, 1, 1))
    with pytest.raises(UsageError, match="longer than zero"):
        duration(timedelta())


@pytest.mark.parametrize(("file", "schema"), [("openadr-3.0.1.yaml", "event"),
                                              ("openadr-3.1.0.yaml", "event")])  # fmt: skip
def test_valid_under_the_official_schema(file: str, schema: str) -> None:
    folder = os.environ.get("KWHEN_OPENADR_SCHEMAS")
    if not folder:
        pytest.skip("KWHEN_OPENADR_SCHEMAS names no folder with the official YAML files")
    yaml = pytest.importorskip("yaml")
    validator = pytest.importorskip("openapi_schema_validator")
    document = yaml.safe_load((Path(folder) / file).read_text())
    rules = {**document["components"]["schemas"][schema], "components": document["components"]}
    check = validator.OAS30Validator(rules)
    for found in (event(), event(merge=False, interval_duration=True), event(co2e_lb_per_mwh=None)):
        assert [error.message for error in check.iter_errors(found)] == []
