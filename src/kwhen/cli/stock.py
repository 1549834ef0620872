"""Where plans come from: those that ship with kwhen, and those that were imported."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from kwhen.catalog.imports import load_imported
from kwhen.catalog.places import Place, place, usual_id, utility
from kwhen.catalog.plans import RatePlan, plan_id, plans, rate_plan
from kwhen.catalog.rate_id import rate_id
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Customer
from kwhen.errors import NotFound

STORE = "KWHEN_CATALOG"


def store() -> Path:
    """The folder of imported plans: $KWHEN_CATALOG, else the user's data folder."""
    chosen = os.environ.get(STORE)
    if chosen:
        return Path(chosen).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "kwhen"


def find_plan(key: str, customer: Customer) -> RatePlan:
    """A shipped plan, else an imported one.

    Raises
    ------
    NotFound, ChoiceError : as of `kwhen.rate_plan`
    """
    try:
        return rate_plan(key, customer)
    except NotFound:
        for plan in imported():
            if key in (plan.key, plan.id):
                return plan
        raise


def find_plans(
    zipcode: str | None = None, utility_id: int | None = None, *, offered_only: bool = True
) -> list[RatePlan]:
    """Shipped plans of a ZIP's utilities or of one utility, and the imported ones after them.

    Raises
    ------
    NotFound : the ZIP or the utility is not known
    """
    found = plans(zipcode, utility_id, offered_only=offered_only)
    if utility_id is not None and not found and not imported():
        utility(utility_id)  # an id that nobody has is refused
    held = {plan.key for plan in found}
    where = place(zipcode) if zipcode is not None else None
    return found + [
        plan for plan in imported() if plan.key not in held and _is_wanted(plan, where, utility_id)
    ]


def _is_wanted(plan: RatePlan, where: Place | None, utility_id: int | None) -> bool:
    own = usual_id(plan.utility_id)
    if utility_id is not None and own != usual_id(utility_id):
        return False
    if where is None:
        return True
    return plan.state in ("", where.state) and own in {usual_id(u.eia_id) for u in where.utilities}


@cache
def imported() -> tuple[RatePlan, ...]:
    """Every imported plan with its versions, read once."""
    return tuple(_imported(store())) if store().is_dir() else ()


def _imported(folder: Path) -> Iterator[RatePlan]:
    by_key: dict[str, list[Tariff]] = {}
    for tariff in load_imported(folder):
        by_key.setdefault(tariff.plan, []).append(tariff)
    for key, versions in by_key.items():
        yield _plan(key, tuple(sorted(versions, key=lambda version: version.effective)))


def _plan(key: str, versions: tuple[Tariff, ...]) -> RatePlan:
    newest = versions[-1]
    return RatePlan(
        id=plan_id(key),
        key=key,
        family=key,
        rate_id=rate_id(versions),
        name=newest.name,
        utility_id=newest.utility_id,
        utility=newest.utility,
        state=newest.state,
        versions=versions,
        service=newest.service,
        missing=newest.missing,
        sources=tuple(dict.fromkeys(id for version in versions for id in version.sources)),
    )
