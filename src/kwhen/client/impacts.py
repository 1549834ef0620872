"""What usage costs and emits, and comparisons."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Unpack
from urllib.parse import quote

from kwhen.client.answers import Comparison, Impact, ImpactOfLine, LineFailed, PlanComparison
from kwhen.client.bodies import Body, Day, Energy, fields, told, with_energy
from kwhen.client.calls import Calls, operation
from kwhen.client.homes import HOMES, home_path
from kwhen.client.sent import (
    BillOptions,
    ImpactLine,
    ImpactOptions,
    InlineHome,
    PlansHome,
    PlansOptions,
    Scenario,
)

ENERGY = ("usage", "export")


class Impacts(Calls):
    """What usage costs and emits. Windows are [start, end) in local dates."""

    @operation("calculatePeriodBillWithHome")
    def impact(
        self, home_id: str, start_date: Day, end_date: Day, **options: Unpack[ImpactOptions]
    ) -> Impact:
        """Bill, grid revenue and CO2e of a stored home."""
        path = f"{home_path(home_id)}/calculate/impact"
        return self._impact(path, options, start_date=start_date, end_date=end_date)

    @operation("calculateImpact")
    def impact_of(
        self,
        home: InlineHome,
        start_date: Day,
        end_date: Day,
        **options: Unpack[ImpactOptions],
    ) -> Impact:
        """Bill, grid revenue and CO2e of a home that comes with the request."""
        path = "/v1/calculate/impact"
        return self._impact(path, options, home=home, start_date=start_date, end_date=end_date)

    @operation("calculateRatePlanBillPeriod")
    def bill_of_plan(
        self,
        rate_plan_id: str,
        start_date: Day,
        end_date: Day,
        usage: Energy,
        **options: Unpack[BillOptions],
    ) -> Impact:
        """The bill of whole months under a plan, without a home."""
        path = f"{HOMES}/bill/period/rateplan/{quote(rate_plan_id, safe='')}"
        energy = {**options, "usage": usage}
        return self._impact(path, energy, start_date=start_date, end_date=end_date)

    @operation("calculateHomeBillPeriod")
    def home_bill_period(
        self, home_id: str, start_date: Day, end_date: Day, **options: Unpack[ImpactOptions]
    ) -> Impact:
        """Older name of `impact`."""
        path = f"{home_path(home_id)}/bill/period"
        return self._impact(path, options, start_date=start_date, end_date=end_date)

    @operation("calculateHomeBillMonthly")
    def home_bill_month(
        self, home_id: str, month: int, year: int | None = None, **options: Unpack[ImpactOptions]
    ) -> Impact:
        """Older: one calendar month of a stored home, of this year where none is given."""
        path = f"{home_path(home_id)}/bill/monthly"
        return self._impact(path, options, month=month, year=year)

    @operation("calculateBillPeriod")
    def bill_period(
        self,
        home: InlineHome,
        start_date: Day,
        end_date: Day,
        **options: Unpack[ImpactOptions],
    ) -> Impact:
        """Older name of `impact_of`."""
        path = f"{HOMES}/bill/period"
        return self._impact(path, options, home=home, start_date=start_date, end_date=end_date)

    @operation("calculateImpacts")
    def impacts(self, lines: Iterable[ImpactLine]) -> Iterator[ImpactOfLine | LineFailed]:
        """Impacts of up to 1,000 homes, each as it comes in; `line` counts from 1."""
        sent = b"".join(json.dumps(fields(line)).encode() + b"\n" for line in lines)
        kind = {"content-type": "application/x-ndjson"}
        return self._lines(f"{HOMES}/calculate/impact/batch", content=sent, headers=kind)

    @operation("compareScenarios")
    def compare_scenarios(
        self,
        home: str | InlineHome,
        start_date: Day,
        end_date: Day,
        *,
        base: Scenario,
        optimised: Scenario,
        upfront_cost: float | None = None,
        debug: bool | None = None,
        strict_versions: bool | None = None,
    ) -> Comparison:
        """A base and an optimised scenario of a home, stored (its id) or not.

        Without usage of its own the optimised one has that of the base, before its devices.
        """
        body = told(
            home_id=home if isinstance(home, str) else None,
            home=None if isinstance(home, str) else home,
            start_date=start_date,
            end_date=end_date,
            base=_without_energy(base),
            optimised=_without_energy(optimised),
            upfront_cost=upfront_cost,
            debug=debug,
            strict_versions=strict_versions,
        )
        energy = _energy_of(base, "base.") | _energy_of(optimised, "optimised.")
        found: Comparison = self._post("/v1/calculate/compare", with_energy(body, energy))
        return found

    @operation("compareHomeRatePlans")
    def compare_plans_of_home(
        self, home_id: str, start_date: Day, end_date: Day, **options: Unpack[PlansOptions]
    ) -> PlanComparison:
        """Every plan of a stored home's ZIP for one usage, best first."""
        body = _body(options, start_date=start_date, end_date=end_date)
        found: PlanComparison = self._post(f"{home_path(home_id)}/compare/rateplans", body)
        return found

    @operation("compareRatePlans")
    def compare_plans(
        self, home: PlansHome, start_date: Day, end_date: Day, **options: Unpack[PlansOptions]
    ) -> PlanComparison:
        """Every plan of a ZIP for one usage, best first."""
        body = _body(options, home=home, start_date=start_date, end_date=end_date)
        found: PlanComparison = self._post("/v1/compare/rateplans", body)
        return found

    def _impact(self, path: str, options: Mapping[str, Any], **given: Any) -> Impact:
        found: Impact = self._post(path, _body(options, **given))
        return found


def _body(options: Mapping[str, Any], **given: Any) -> Body:
    return with_energy(told(**given, **_without_energy(options)), _energy_of(options))


def _without_energy(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in ENERGY}


def _energy_of(options: Mapping[str, Any], at: str = "") -> dict[str, Energy | None]:
    return {f"{at}{name}": options.get(name) for name in ENERGY}
