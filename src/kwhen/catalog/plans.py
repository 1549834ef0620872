"""Rate plans by key, id, ZIP or utility; each with all the versions that are known."""

import difflib
import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from kwhen.catalog.format import Family, Variant, read_family, tariffs
from kwhen.catalog.places import place, usual_id
from kwhen.catalog.rate_id import rate_id
from kwhen.catalog.shipped import read_text
from kwhen.engine.choice import choose
from kwhen.engine.tariff import Service, Tariff
from kwhen.engine.words import Customer, Missing
from kwhen.errors import ChoiceError, CoverageError, NotFound

_ID = re.compile(r"[0-9a-f]{24}")
_RATE_ID = re.compile(r"[A-Z]{3}-[A-Z]{2}-\d+-.*")  # also what a URL leaves of one: up to a "?"
_TOLD_COUNT = 4
NO_CUSTOMER = Customer()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RatePlan:
    """A rate plan: what a home can be on, with every known version of its prices."""

    id: str  # 24 hex digits, from the key
    key: str  # readable, such as 14328/E-TOU-C/T-B
    family: str  # such as 14328/E-TOU-C
    rate_id: str  # semantic name in 13 segments, for reading only
    name: str
    utility_id: int
    utility: str
    state: str
    versions: tuple[Tariff, ...]  # rising
    territory: str | None = None
    heating: str | None = None
    offered: bool = True
    closed: str = ""  # why it is not offered
    price_zone: str | None = None
    service: Service = Service.BUNDLED
    missing: tuple[Missing, ...] = ()  # of the newest version, and of the way it was found
    sources: tuple[str, ...] = ()  # of all versions

    def on(self, day: date, nearest: bool = False) -> Tariff:
        """The version in force on a local date, or with `nearest` the closest one in time.

        Raises
        ------
        CoverageError
            No version covers the day, and `nearest` is not set.
        """
        for version in self.versions:
            if version.covers(day):
                return version
        if nearest:
            return min(self.versions, key=lambda version: _distance_days(version, day))
        first, last = self.versions[0], self.versions[-1]
        end = f", the last ends on {last.until}" if last.until else ""
        raise CoverageError(
            f"{self.key}: no version in force on {day}; the first starts {first.effective}{end}. "
            "Choose another day, or ask for the nearest version"
        )


def _distance_days(version: Tariff, day: date) -> int:
    if day < version.effective:
        return (version.effective - day).days
    return (day - version.until).days + 1 if version.until else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One plan file in the index."""

    family: str
    file: str
    utility_id: int
    state: str
    variants: tuple[Variant, ...]

    def keys(self) -> dict[str, Variant | None]:
        """The key of every plan of the file."""
        if not self.variants:
            return {self.family: None}
        return {f"{self.family}/{t}-{h}": (t, h) for t, h in self.variants}


def plan_id(key: str) -> str:
    """The stable id of a plan, from its key: 24 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


@cache
def _index() -> dict[str, _Entry]:
    """Every plan file by family, from the index that is built with the data."""
    rows: list[dict[str, Any]] = json.loads(read_text("plans/index.json"))["families"]
    return {
        row["family"]: _Entry(
            family=row["family"],
            file=row["file"],
            utility_id=row["utility_id"],
            state=row["state"],
            variants=tuple((territory, heating) for territory, heating in row["variants"]),
        )
        for row in rows
    }


@cache
def _entry_of_key() -> dict[str, _Entry]:
    return {key: entry for entry in _index().values() for key in entry.keys()}


@cache
def _key_of_id() -> dict[str, str]:
    return {plan_id(key): key for key in _entry_of_key()}


@cache
def _family(name: str) -> Family:
    """One plan file, parsed once."""
    path = f"plans/{_index()[name].file}"
    return read_family(read_text(path), path)


@cache
def _plan(key: str) -> RatePlan:
    """One plan, made once, so that its tariffs keep their identity."""
    entry = _entry_of_key()[key]
    return make_plan(_family(entry.family), entry.keys()[key])


@cache
def _family_plan(name: str) -> RatePlan:
    """A family as one plan: each version holds its variants instead of charges."""
    plans_of = [_plan(key) for key in _index()[name].keys()]
    first = plans_of[0]
    versions = [
        replace(variants[0], plan=name, charges=(), territory=None, heating=None, variants=variants)
        for variants in zip(*(plan.versions for plan in plans_of), strict=True)
    ]
    return replace(
        first, id=plan_id(name), key=name, versions=tuple(versions), territory=None, heating=None
    )


def make_plan(family: Family, variant: Variant | None) -> RatePlan:
    """One plan of a family as it was read."""
    versions = tariffs(family, variant)
    key = family.key(variant)
    return RatePlan(
        id=plan_id(key),
        key=key,
        family=family.family,
        rate_id=rate_id(versions),
        name=family.name,
        utility_id=family.utility_id,
        utility=family.utility,
        state=family.state,
        versions=versions,
        territory=variant[0] if variant else None,
        heating=variant[1] if variant else None,
        offered=family.offered,
        closed=family.closed,
        price_zone=family.price_zone,
        service=family.service,
        missing=versions[-1].missing,
        sources=tuple(dict.fromkeys(id for version in versions for id in version.sources)),
    )


def plan_keys() -> tuple[str, ...]:
    """The key of every shipped plan, in order."""
    return tuple(sorted(_entry_of_key()))


def families() -> tuple[str, ...]:
    """The key of every shipped family, in order."""
    return tuple(sorted(_index()))


def rate_plan(key_or_id: str, customer: Customer = NO_CUSTOMER) -> RatePlan:
    """A plan with all its versions, by key, by id, or by family and customer.

    A family without a customer is a plan whose variant is chosen when it is billed or priced.

    Raises
    ------
    NotFound
        Nothing goes by that name.
    ChoiceError
        The customer fits none or several of a family, or contradicts the key; or it is a rateID.
    """
    key = _key_of_id().get(key_or_id, key_or_id) if _ID.fullmatch(key_or_id) else key_or_id
    if key in _entry_of_key():
        found = _plan(key)
        _check_customer(found, customer)
        return found
    if key in _index():
        family = _family_plan(key)
        if customer.territory is None and customer.heating is None:
            return family
        newest = family.versions[-1]
        return _plan(choose(key, newest.variants, customer).plan)
    if _RATE_ID.fullmatch(key):
        raise _by_rate_id(key)
    raise _unknown(key)


def plan(
    key_or_id: str, on: date, nearest: bool = False, customer: Customer = NO_CUSTOMER
) -> Tariff:
    """The version of a plan in force on a local date; errors as of `rate_plan` and `RatePlan.on`.

    Examples
    --------
    >>> plan("14328/E-TOU-C/T-B", on=date(2026, 3, 1)).effective
    datetime.date(2026, 3, 1)
    """
    return rate_plan(key_or_id, customer).on(on, nearest)


def _check_customer(found: RatePlan, customer: Customer) -> None:
    for what in ("territory", "heating"):
        wanted, has = getattr(customer, what), getattr(found, what)
        if wanted is not None and has is not None and wanted != has:
            raise ChoiceError(
                f"{found.key} is for {what} {has}, the customer has {wanted}; "
                f"give the family {found.family} instead, and the customer chooses"
            )


def _by_rate_id(text: str) -> ChoiceError:
    """The error for a rateID in place of an id: what to send."""
    utility = text.split("-")[2]
    plans = [
        _plan(key) for key, entry in _entry_of_key().items() if str(entry.utility_id) == utility
    ]
    fits = [plan for plan in plans if plan.rate_id.startswith(text)]
    told = " or ".join(f"{plan.id} ({plan.key})" for plan in fits[:_TOLD_COUNT])
    if len(fits) > _TOLD_COUNT:
        told += f", or one of {len(fits) - _TOLD_COUNT} others that begin like it"
    return ChoiceError(
        f"{text} is a rateID, which is for reading only; send the plan's id: "
        f"{told or 'list plans by ZIP or utility, none goes by this rateID now'}"
    )


def _unknown(key: str) -> NotFound:
    names = sorted({*_index(), *_entry_of_key()})
    near = difflib.get_close_matches(key, names, n=4, cutoff=0.4)
    if not near:
        tail = key.rsplit("/", 1)[-1].upper()
        near = [name for name in _index() if tail and tail in name.upper()][:4]
    hint = f"close to it: {', '.join(near)}" if near else "list plans by ZIP or utility"
    return NotFound(f"no plan {key!r} in the catalog; {hint}")


def plans(
    zipcode: str | None = None, utility_id: int | str | None = None, *, offered_only: bool = True
) -> list[RatePlan]:
    """The plans of a ZIP's utilities, or of one utility; closed plans only when asked for.

    With a ZIP, utilities with plans come first and then by the ZIP's rank, and a plan carries
    what the ZIP leaves open: `baseline_territory`, `price_zone`.

    Raises
    ------
    NotFound
        The ZIP is not known.
    ChoiceError
        Neither a ZIP nor a utility is given.
    """
    if zipcode is None and utility_id is None:
        raise ChoiceError("plans are listed by zipcode, by utility_id, or by both; give one")
    where = place(zipcode) if zipcode is not None else None
    ids = [usual_id(_eia_id(utility_id))] if utility_id is not None else []
    if where is not None:
        listed = [usual_id(listing.eia_id) for listing in where.utilities]
        ids = [id for id in dict.fromkeys(listed) if not ids or id in ids]
    found = []
    for id in ids:
        for entry in _entries(id, where.state if where else None):
            found += [_plan(key) for key in entry.keys()]
    wanted = [plan for plan in found if plan.offered or not offered_only]
    return [_with_zip_gaps(plan) if where else plan for plan in wanted]


def _eia_id(utility_id: int | str) -> int:
    try:
        return int(utility_id)
    except ValueError as error:
        raise ChoiceError(
            f"utility_id is {utility_id!r}; it is a utility's EIA id, such as 14328 for PG&E"
        ) from error


def _entries(utility_id: int, state: str | None) -> list[_Entry]:
    """The plan files of a utility; an id can span states, so both must fit."""
    return [
        entry
        for entry in _index().values()
        if usual_id(entry.utility_id) == utility_id and state in (None, entry.state)
    ]


@cache
def _with_zip_gaps(plan: RatePlan) -> RatePlan:
    """The plan with the gaps of having been found by ZIP; made once for each plan."""
    gaps = [gap for gap in _zip_gaps(plan) if gap.name not in {m.name for m in plan.missing}]
    if not gaps:
        return plan
    return replace(plan, missing=plan.missing + tuple(gaps))


def _zip_gaps(plan: RatePlan) -> list[Missing]:
    gaps = []
    if plan.territory is not None:
        note = (
            "no sourced table says which baseline territory a ZIP belongs to; "
            f"this plan is for territory {plan.territory}"
        )
        gaps.append(Missing(name="baseline_territory", note=note))
    if plan.price_zone is not None:
        note = f"published for {plan.price_zone}; prices of other zones differ"
        gaps.append(Missing(name="price_zone", note=note))
    return gaps
