"""Every plan of a ZIP for one usage, as people ask for it and read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kwhen.engine.solar import SolarSystem
from kwhen.errors import FieldError, InvalidFields
from kwhen.operations import homes, plans_of_home
from kwhen.operations.comparison_answers import comparison_answer
from kwhen.operations.impacts import Asked
from kwhen.operations.plans_of_home import PlansHome
from kwhen.operations.usage_history import last_year
from kwhen.operations.work import Work
from kwhen.records import Scope
from kwhen.service.portal.numbers import read_number
from kwhen.wire.rate_comparison import PlanComparisonAnswer

COMPARED_SCOPES = (Scope.UTILITY_READ, Scope.BILL_IMPACT_READ, Scope.HOMES_READ)
MOST_KWH, MOST_KW = 1_000_000.0, 10_000.0
MOST_CHOICES_COUNT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a comparison is asked for, as it was written."""

    zip: str = ""
    home: str = ""  # id of a home whose own history counts; blank: the usual use of the place
    kwh: str = ""
    solar: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wish":
        """From the query of an address."""
        return cls(
            **{name: query.get(name, "").strip() for name in ("zip", "home", "kwh", "solar")}
        )


def home_choices(work: Work, zipcode: str) -> list[tuple[str, str]]:
    """The homes of a ZIP that have a history of their own, for a select."""
    page = homes.Page(zipcode=zipcode, size_count=MOST_CHOICES_COUNT)
    return [
        (home.id, home.facts.name or home.id)
        for home in homes.list_homes(work, page)
        if home.usage_revision
    ]


def comparison_of(work: Work, wish: Wish) -> PlanComparisonAnswer:
    """The same answer as that of the API.

    Raises
    ------
    InvalidFields
    """
    if wish.home:
        first, end = last_year(work, wish.home)
        asked = Asked(start=first, end=end, use_stored=True)
        return _answer(plans_of_home.of_stored(work, wish.home, asked))
    wrong: list[FieldError] = []
    kwh = read_number("kwh", wish.kwh, most=MOST_KWH, wrong=wrong)
    solar_kw = read_number("solar", wish.solar, most=MOST_KW, wrong=wrong)
    if wrong:
        raise InvalidFields(wrong)
    solar = None
    if solar_kw is not None:
        solar = SolarSystem(system_size_kw=solar_kw, is_non_net_metered=True)
    home = PlansHome(zipcode=wish.zip, solar=solar, annual_kwh=kwh, field="")
    year = work.now.year
    asked = Asked(start=date(year, 1, 1), end=date(year + 1, 1, 1), use_default=True)
    return _answer(plans_of_home.of_inline(work, home, asked))


def _answer(result: plans_of_home.Result) -> PlanComparisonAnswer:
    return comparison_answer(*result)
