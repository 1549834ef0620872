"""Where plans come from: those that ship with kwhen, and those that were imported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

from kwhen.catalog.import_store import FOLDER, Mark, mark_of
from kwhen.catalog.imports import load_imported
from kwhen.catalog.places import Place, place, usual_id, utility
from kwhen.catalog.plans import (
    NO_CUSTOMER,
    RatePlan,
    families,
    plan_id,
    plan_keys,
    plans,
    rate_plan,
)
from kwhen.catalog.rate_id import rate_id
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Customer

SETTING = "KWHEN_CATALOG"
_STATES_KEPT_COUNT = 2  # of imports: a folder before and after an import
_READING = Lock()


@dataclass(frozen=True, slots=True)
class Stock:
    """The shipped plans, and those imported into a folder.

    The folder is read when it is asked for and again when it changed; plans keep their identity
    until then.
    """

    folder: Path

    def find_plan(self, key_or_id: str, customer: Customer = NO_CUSTOMER) -> RatePlan:
        """A shipped plan, else an imported one, by key or id.

        Raises
        ------
        NotFound, ChoiceError : as of `kwhen.rate_plan`
        SourceError : an import is damaged
        """
        if key_or_id not in _shipped_names():
            for plan in self.imported():
                if key_or_id in (plan.key, plan.id):
                    return plan
        return rate_plan(key_or_id, customer)

    def find_plans(
        self,
        zipcode: str | None = None,
        utility_id: int | None = None,
        *,
        offered_only: bool = True,
    ) -> list[RatePlan]:
        """Shipped plans of a ZIP's utilities or of one utility, and the imported ones after them.

        Raises
        ------
        NotFound : the ZIP or the utility is not known
        ChoiceError : neither is given
        SourceError : an import is damaged
        """
        found = plans(zipcode, utility_id, offered_only=offered_only)
        own = self.imported()
        if utility_id is not None and not found and not own:
            utility(utility_id)  # an id that nobody has is refused
        held = {plan.key for plan in found}
        where = place(zipcode) if zipcode is not None else None
        return found + [
            plan for plan in own if plan.key not in held and _is_wanted(plan, where, utility_id)
        ]

    def imported(self) -> tuple[RatePlan, ...]:
        """Every imported plan with its versions.

        Raises
        ------
        SourceError : an import is damaged
        """
        mark = mark_of(self.folder / FOLDER)
        with _READING:  # or two threads would each make their own
            return _imported(self.folder, mark) if mark else ()


def stock_of(environment: Mapping[str, str]) -> Stock:
    """The stock with the imports in $KWHEN_CATALOG, else in the user's data folder."""
    chosen = environment.get(SETTING)
    if chosen:
        return Stock(Path(chosen).expanduser())
    data = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Stock(Path(data).expanduser() / "kwhen")


@cache
def _shipped_names() -> frozenset[str]:
    """Every key and id that a shipped plan or family goes by."""
    keys = plan_keys()
    return frozenset((*families(), *keys, *map(plan_id, keys)))


def _is_wanted(plan: RatePlan, where: Place | None, utility_id: int | None) -> bool:
    own = usual_id(plan.utility_id)
    if utility_id is not None and own != usual_id(utility_id):
        return False
    if where is None:
        return True
    return plan.state in ("", where.state) and own in {usual_id(u.eia_id) for u in where.utilities}


@lru_cache(maxsize=_STATES_KEPT_COUNT)
def _imported(folder: Path, mark: Mark) -> tuple[RatePlan, ...]:
    """The plans of a folder in the state that `mark` tells from others, read once."""
    return tuple(_read(folder))


def _read(folder: Path) -> Iterator[RatePlan]:
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
