"""Homes of a tenant: made, listed, changed, removed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kwhen.catalog.places import Place, normal_zipcode, place, usual_id, utility
from kwhen.catalog.plans import RatePlan
from kwhen.engine.choice import NO_EXPORT_RULE
from kwhen.errors import ChoiceError, FieldError, Forbidden, InvalidFields, NotFound, UnknownId
from kwhen.operations.keyring import new_id
from kwhen.operations.work import Work
from kwhen.records import Environment, HomeFacts, HomeRecord, SolarInfo
from kwhen.storage import homes, organisations

COUNTRY = "US"
PREFIX_DIGITS = 3  # of a ZIP
DERIVED = ("timezone", "city", "country")
_FACTS = frozenset(field.name for field in fields(HomeFacts)) - {"questionnaire", "solar"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which homes a list shows."""

    size_count: int | None = None
    number: int = 1
    after: str | None = None
    user_id: str | None = None
    zipcode: str | None = None


def create_home(work: Work, changes: Mapping[str, Any]) -> HomeRecord:
    """Make a home of what a client sent.

    Raises
    ------
    InvalidFields
    """
    home = try_home(work, changes)
    homes.add_home(work.session, work.tenant, home)
    return home


def try_home(work: Work, changes: Mapping[str, Any]) -> HomeRecord:
    """The home that would be made of what a client sent.

    Raises
    ------
    InvalidFields
    """
    return HomeRecord(
        id=new_id("ws_home"),
        created_at=work.now,
        updated_at=work.now,
        facts=_changed(work, HomeFacts(name=None), changes),
    )


def get_home(work: Work, home_id: str) -> HomeRecord:
    """A home of the tenant.

    Raises
    ------
    UnknownId
    """
    return homes.look_up_home(work.direct, work.tenant, home_id)


def home_of_body(work: Work, home_id: str, field: str = "homeId") -> HomeRecord:
    """A home of the tenant that a body names.

    Raises
    ------
    InvalidFields
    """
    try:
        return get_home(work, home_id)
    except UnknownId as error:
        raise InvalidFields.one(field, str(error)) from error


def list_homes(work: Work, page: Page) -> list[HomeRecord]:
    """The tenant's homes, oldest first.

    Raises
    ------
    InvalidFields : `after` is not the id of a home
    """
    size_count = page.size_count
    if size_count is None and page.number > 1:
        raise InvalidFields.one("pageSize", "pageNumber needs a pageSize")
    try:
        return homes.list_homes(
            work.session,
            work.tenant,
            after=page.after,
            offset_count=(page.number - 1) * (size_count or 0),
            limit_count=size_count,
            user_id=page.user_id,
            zipcode=page.zipcode if page.zipcode is None else restored_zipcode(page.zipcode),
        )
    except UnknownId as error:
        raise InvalidFields.one("after", str(error)) from error


def update_home(
    work: Work, home_id: str, changes: Mapping[str, Any], if_match: datetime | None = None
) -> HomeRecord:
    """Change what was sent, keep the rest.

    Raises
    ------
    UnknownId, Conflict, InvalidFields
    """
    before = homes.lock_home(work.session, work.tenant, home_id, if_match)
    after = _changed(work, before.facts, changes)
    return homes.save_home(work.session, work.tenant, home_id, after, work.now)


def remove_home(work: Work, home_id: str, if_match: datetime | None = None) -> HomeRecord:
    """Remove a home of the sandbox with its history; says what it was.

    Raises
    ------
    UnknownId, Conflict
    Forbidden : homes of production stay
    """
    home = homes.lock_home(work.session, work.tenant, home_id, if_match)
    if work.tenant.environment is Environment.PRODUCTION:
        raise Forbidden(
            "Homes of production cannot be removed; set enabled to false to leave one out of runs."
        )
    homes.remove_home(work.session, work.tenant, home_id)
    return home


def add_solar(work: Work, home_id: str, size_kw: float, is_non_net_metered: bool) -> HomeRecord:
    """Give a home solar, or change what it has.

    Raises
    ------
    InvalidFields
        The home is not the tenant's; the id is in the body.
    """
    changes = {"solar_system_size_kw": size_kw, "is_non_net_metered": is_non_net_metered}
    try:
        return update_home(work, home_id, changes)
    except UnknownId as error:
        raise InvalidFields.one("homeId", str(error)) from error


def _changed(work: Work, before: HomeFacts, changes: Mapping[str, Any]) -> HomeFacts:
    """The facts with the changes on them, and what follows from those. All errors at once."""
    wrong: list[FieldError] = []
    plain = {name: value for name, value in changes.items() if name in _FACTS}
    facts = replace(before, **plain)
    facts = _with_place(facts, before.zipcode, changes, wrong)
    facts = _with_plan(work, facts, changes, wrong)
    facts = replace(facts, solar=_solar(before.solar, changes, wrong))
    if "questionnaire" in changes:
        facts = replace(facts, questionnaire={**before.questionnaire, **changes["questionnaire"]})
    _check_partner(work, changes, wrong)
    if wrong:
        raise InvalidFields(wrong)
    return facts


def restored_zipcode(zipcode: str) -> str:
    """A ZIP with the zeros that spreadsheets drop; a prefix of three digits stays one.

    Raises
    ------
    InvalidFields
    """
    digits = zipcode.strip()[:PREFIX_DIGITS]
    try:
        normal = normal_zipcode(zipcode)
    except NotFound as error:
        raise InvalidFields.one("zipcode", str(error)) from error
    is_prefix = normal == digits.zfill(5) and len(digits) == PREFIX_DIGITS
    return digits if is_prefix and place_of(normal) is None else normal


def place_of(zipcode: str | None) -> Place | None:
    """The place of a ZIP; None where there is none or the tables do not know it."""
    if zipcode is None:
        return None
    try:
        return place(zipcode)
    except NotFound:
        return None


def _with_place(
    facts: HomeFacts, before: str | None, changes: Mapping[str, Any], wrong: list[FieldError]
) -> HomeFacts:
    """What a ZIP tells, where it is another one than before."""
    if changes.get("timezone") is not None:
        try:
            ZoneInfo(changes["timezone"])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            wrong.append(FieldError("timezone", "is no IANA zone, such as America/New_York"))
    if changes.get("zipcode") is None:
        return facts
    try:
        zipcode = restored_zipcode(changes["zipcode"])
    except InvalidFields as error:
        wrong.extend(error.fields)
        return facts
    if zipcode == before:
        return replace(facts, zipcode=zipcode)
    where = place_of(zipcode)
    known = (where.timezone, where.city, COUNTRY) if where else (None, None, None)
    derived: dict[str, Any] = {
        name: value for name, value in zip(DERIVED, known, strict=True) if changes.get(name) is None
    }
    return replace(facts, zipcode=zipcode, **derived)


def _with_plan(
    work: Work, facts: HomeFacts, changes: Mapping[str, Any], wrong: list[FieldError]
) -> HomeFacts:
    """Utility and plan that fit together; a plan alone fills the utility."""
    utility_id = _utility_id(changes.get("utility_id"), wrong)
    if utility_id is not None:
        facts = replace(facts, utility_id=utility_id)
    plan = _plan(work, changes.get("rate_plan_id"), wrong)
    if plan is not None:
        return _on_plan(facts, plan, utility_id, changes, wrong)
    stored = facts.rate_plan_id if "rate_plan_id" not in changes else None
    if utility_id is not None and stored is not None and not _belongs(work, stored, utility_id):
        return replace(facts, rate_plan_id=None)
    if facts.export_rule is not None and "export_rule" in changes and stored is not None:
        wrong.extend(filter(None, [rule_error(work.stock.find_plan(stored), facts.export_rule)]))
    return facts


def _on_plan(
    facts: HomeFacts,
    plan: RatePlan,
    chosen: str | None,
    changes: Mapping[str, Any],
    wrong: list[FieldError],
) -> HomeFacts:
    own = str(plan.utility_id)
    if chosen is not None and chosen != own:
        wrong.append(
            FieldError("ratePlanId", f"{plan.key} belongs to utility {own}, not to {chosen}")
        )
    if facts.export_rule is not None and "export_rule" in changes:
        wrong.extend(filter(None, [rule_error(plan, facts.export_rule)]))
    return replace(facts, utility_id=own, rate_plan_id=plan.id)


def _utility_id(text: str | None, wrong: list[FieldError]) -> str | None:
    """The id under which plans name the utility that a body names by any of its EIA ids."""
    if text is None:
        return None
    try:
        if text.isascii() and text.isdigit():
            utility(int(text))
            return str(usual_id(int(text)))
    except NotFound:
        pass  # digits that are nobody's, told as other words are
    wrong.append(FieldError("utilityId", f"{text[:40]!r} is no EIA id of a utility, such as 14328"))
    return None


def _plan(work: Work, rate_plan_id: str | None, wrong: list[FieldError]) -> RatePlan | None:
    if rate_plan_id is None:
        return None
    try:
        return find_plan(work, rate_plan_id)
    except InvalidFields as error:
        wrong.extend(error.fields)
        return None


def find_plan(work: Work, rate_plan_id: str, field: str = "ratePlanId") -> RatePlan:
    """The plan that a body names, by id or key.

    Raises
    ------
    InvalidFields
        There is none, or the word names a whole family of plans.
    """
    try:
        plan = work.stock.find_plan(rate_plan_id)
    except (NotFound, ChoiceError) as error:
        raise InvalidFields.one(field, str(error)) from error
    if any(version.variants for version in plan.versions):
        members = ", ".join(variant.plan for variant in plan.versions[-1].variants)
        raise InvalidFields.one(
            field, f"{plan.key} is a family of plans; choose one of them: {members}"
        )
    return plan


def plan_names(work: Work, plan_ids: Iterable[str | None]) -> dict[str, str]:
    """The names of plans by id, with their utilities, for those that are known."""
    found: dict[str, str] = {}
    for plan_id in {id for id in plan_ids if id}:
        try:
            plan = work.stock.find_plan(plan_id)
        except (NotFound, ChoiceError):  # of an import that is gone
            continue
        found[plan_id] = f"{plan.name}, {plan.utility}"
    return found


def _belongs(work: Work, rate_plan_id: str, utility_id: str) -> bool:
    try:
        return str(work.stock.find_plan(rate_plan_id).utility_id) == utility_id
    except NotFound:  # of an import that is gone
        return False


def rule_error(plan: RatePlan, rule: str) -> FieldError | None:
    """What is wrong with an export rule that a body names for a plan."""
    held = {name for version in plan.versions for known in version.export_rules
            for name in (known.name, known.vintage)} - {""}  # fmt: skip
    if rule in held or rule.upper() == NO_EXPORT_RULE:
        return None
    listed = ", ".join(sorted(held | {NO_EXPORT_RULE}))
    return FieldError("exportRule", f"{plan.key} knows {listed}; got {rule[:40]!r}")


def _solar(
    before: SolarInfo | None, changes: Mapping[str, Any], wrong: list[FieldError]
) -> SolarInfo | None:
    """The solar after a change; size and metering together make or change it."""
    found: SolarInfo | None = changes.get("solar", before)
    has_size = "solar_system_size_kw" in changes
    size_kw = changes.get("solar_system_size_kw")
    netted = changes.get("is_non_net_metered")
    if has_size and not size_kw:
        return None
    if size_kw is None and netted is None:
        return found
    if found is None and netted is None:
        wrong.append(FieldError("isNonNetMetered", "goes together with solarSystemSizeKw"))
        return None
    if found is None and size_kw is None:
        wrong.append(FieldError("solarSystemSizeKw", "goes together with isNonNetMetered"))
        return None
    if found is None:
        assert size_kw is not None and netted is not None
        return SolarInfo(system_size_kw=size_kw, is_non_net_metered=netted)
    return replace(
        found,
        system_size_kw=found.system_size_kw if size_kw is None else size_kw,
        is_non_net_metered=found.is_non_net_metered if netted is None else netted,
    )


def _check_partner(work: Work, changes: Mapping[str, Any], wrong: list[FieldError]) -> None:
    partner = changes.get("channel_partner_id")
    if partner is not None and not organisations.has_channel_partner(
        work.session, work.tenant, partner
    ):
        wrong.append(
            FieldError("channelPartnerId", f"there is no channel partner {partner[:64]!r}")
        )
