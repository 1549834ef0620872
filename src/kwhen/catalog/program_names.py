"""Short names and the usual place of rate plans, for programs that are everybody's.

The usual place of a plan is a ZIP where its utility is the predominant one: of the region in which
most of those ZIPs lie, the one in the middle of the list. Carbon is told by region, so that is the
region of most of the utility's customers as far as ZIPs tell.
"""

import re
from collections import Counter
from functools import cache, lru_cache

from kwhen.catalog.carbon import region_of
from kwhen.catalog.places import place, usual_id, zipcodes_served_first_by
from kwhen.catalog.plans import RatePlan
from kwhen.catalog.shipped import read_text

PLANS_KEPT_COUNT = 4096


@cache
def _brands() -> dict[int, str]:
    lines = [line for line in read_text("places/brands.tsv").splitlines() if line[:1] != "#"]
    return {int(number): word for number, word in (line.split("\t") for line in lines)}


def brand_of(utility_id: int) -> str:
    """The short name of a utility; one without goes by its EIA id, such as EIA9324."""
    return _brands().get(usual_id(utility_id), f"EIA{utility_id}")


def program_name(plan: RatePlan) -> str:
    """A name to guess: the utility's short name and the plan's code, such as PGE-E-ELEC."""
    code = plan.key.split("/", 1)[-1]
    return f"{brand_of(plan.utility_id)}-{re.sub(r'[^A-Za-z0-9]+', '-', code).strip('-')}".upper()[
        :120
    ]


@lru_cache(maxsize=PLANS_KEPT_COUNT)
def usual_zipcode(utility_id: int, state: str) -> str | None:
    """The usual ZIP of a utility's plans in a state; None where no ZIP is mostly its own."""
    places = [place(zipcode) for zipcode in zipcodes_served_first_by(utility_id)]
    own = [found for found in places if found.state == state] or places
    if not own:
        return None
    regions = [region_of(found, utility_id=utility_id) for found in own]
    most = Counter(regions).most_common(1)[0][0]
    there = [found.zipcode for found, region in zip(own, regions, strict=True) if region == most]
    return there[len(there) // 2]
