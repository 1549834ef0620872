"""The facade in the shape of MIDAS: rates by their RIN."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kwhen.catalog.plans import rate_plan
from kwhen.engine.grid import instant
from tests.deployments import Clock
from tests.vtn.world import VtnWorld

NOW = datetime(2026, 7, 28, 19, tzinfo=UTC)
ZONE = "America/Los_Angeles"
RIN = re.compile(r"US[A-Z]{2}-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}")


def ask(vtn: VtnWorld, path: str = "ValueData", status: int = 200, **query: Any) -> Any:
    answer = vtn.client.get(f"/midas/api/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def rin(vtn: VtnWorld, key: str = "14328/E-ELEC") -> str:
    plan = rate_plan(key)
    words = f"{plan.utility}: {plan.name}"
    (found,) = [one for one in ask(vtn, SignalType=1)["Rates"] if one["Description"] == words]
    return str(found["RateID"])


def spans(told: dict[str, Any], unit: str) -> list[tuple[datetime, datetime, float]]:
    """Start, end and value of a unit's entries; the ends are those after the last second."""

    def at(one: dict[str, Any], edge: str) -> datetime:
        return datetime.fromisoformat(f"{one[f'Date{edge}']}T{one[f'Time{edge}']}+00:00")

    return [
        (at(one, "Start"), at(one, "End") + timedelta(seconds=1), one["Value"])
        for one in told["ValueInformation"]
        if one["Unit"] == unit
    ]


def test_the_list_of_rins(vtn: VtnWorld) -> None:
    every = ask(vtn, SignalType=0)["Rates"]
    assert every == ask(vtn, SignalType=1)["Rates"]
    assert ask(vtn, SignalType=2) == ask(vtn, SignalType=3) == {"Rates": []}
    assert len({one["RateID"] for one in every}) == len(every) > 100
    for one in every:
        assert RIN.fullmatch(one["RateID"])
        assert one["SignalType"] == "Electricity Rates"


@pytest.mark.parametrize(("kind", "days"), [("realtime", 3), ("alldata", 90)])
def test_values_touch_and_are_the_prices_of_the_program(
    vtn: VtnWorld, kind: str, days: int
) -> None:
    with vtn.elsewhere(clock=Clock(NOW)) as there:
        told = ask(there, ID=rin(there), QueryType=kind)
        (event,) = there.client.get(
            "/price/PGE-E-ELEC/OpenADR3", params={"dateEnd": "2026-07-29T07:00:00Z"}
        ).json()
    end = instant(date(2026, 7, 31), ZONE)
    assert (told["RateType"], told["AltRateName1"]) == ("TOU", "PGE-E-ELEC")
    for unit, payload in (("$/kWh", 0), ("export $/kWh", 1)):
        found = spans(told, unit)
        assert found[0][0] == instant(date(2026, 7, 31) - timedelta(days=days), ZONE)
        assert found[-1][1] == end
        assert all(one[1] == after[0] for one, after in itertools.pairwise(found))
        for one in event["intervals"]:
            began = datetime.fromisoformat(one["intervalPeriod"]["start"])
            (value,) = [value for start, last, value in found if start <= began < last]
            assert value == one["payloads"][payload]["values"][0]


def test_history(vtn: VtnWorld) -> None:
    with vtn.elsewhere(clock=Clock(NOW)) as there:
        told = ask(there, f"HistoricalData/{rin(there)}", startdate="2026-03-08",
                   enddate="2026-03-09")  # fmt: skip
        same = ask(there, f"historicaldata/{rin(there).lower()}", startdate="2026-03-08",
                   enddate="2026-03-09")  # fmt: skip
    found = spans(told, "$/kWh")
    assert found[0][0] == instant(date(2026, 3, 8), ZONE)
    assert found[-1][1] == instant(date(2026, 3, 10), ZONE)
    assert told["ValueInformation"] == same["ValueInformation"]
    days = {one["DayStart"] for one in told["ValueInformation"]}
    assert days == {"Sunday", "Monday"}


@pytest.mark.parametrize("table", ["Unit", "unit", "Daytype", "Energy", "Distribution"])
def test_tables(vtn: VtnWorld, table: str) -> None:
    told = ask(vtn, LookupTable=table)
    assert told["table_name"] == table.capitalize()
    assert all(set(one) == {"UploadCode", "Description"} for one in told["data"])


def test_what_is_not_there(vtn: VtnWorld) -> None:
    assert ask(vtn, status=404, ID="USCA-XXXX-0000-0000") == {"detail": "RIN not found"}
    path = "HistoricalData/USCA-XXXX-0000-0000"
    days = {"startdate": "2026-03-08", "enddate": "2026-03-09"}
    assert ask(vtn, path, 404, **days) == {"detail": "RIN not found"}
    assert "LookupTable" in ask(vtn, status=404, LookupTable="Holiday")["detail"]
    assert "SignalType" in ask(vtn, status=400)["detail"]
    for changes in ({"enddate": "2026-03-07"}, {"enddate": "2027-03-09"}, {"startdate": "x"}):
        ask(vtn, f"HistoricalData/{rin(vtn)}", 400, **(days | changes))
    ask(vtn, status=400, ID=rin(vtn), QueryType="other")
