"""The plan files: one readable TOML per plan family, read strictly into the engine's values.

`data/plans/README.md` lists the fields. A family with a table of baseline allowances stands for
one plan per territory and heating code; its versions are made for each of them on demand.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from kwhen.catalog.charge_format import Context, read_charge, read_missing, read_programme
from kwhen.catalog.export_format import export_rules
from kwhen.catalog.fields import Fields
from kwhen.catalog.holiday_sets import holiday_set
from kwhen.catalog.schedule_format import ScheduleText, read_schedule
from kwhen.engine.compensation import ExportRule
from kwhen.engine.tariff import Service, Tariff
from kwhen.engine.words import Missing
from kwhen.errors import SourceError, TariffError

FORMAT_NUMBER = 1

Variant = tuple[str, str]  # territory, heating code


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Daily baseline allowances by season, territory and heating code."""

    seasons: tuple[str, ...]
    kwh_per_day: Mapping[Variant, tuple[float, ...]]  # in the order of the seasons


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """A plan file: what all its variants share, and its versions as written."""

    family: str  # readable key, such as 14328/E-TOU-C
    name: str
    utility_id: int
    utility: str
    state: str
    timezone: str
    currency: str
    offered: bool
    closed: str  # why no new home may choose it, blank where offered
    price_zone: str | None
    service: Service
    eligibility: tuple[str, ...]
    missing: tuple[Missing, ...]
    schedules: Mapping[str, ScheduleText]
    baselines: Mapping[str, Baseline]
    versions: tuple[Mapping[str, Any], ...]
    where: str
    variants: tuple[Variant, ...] = field(default=())

    def key(self, variant: Variant | None) -> str:
        """The readable key of one plan of the family."""
        return f"{self.family}/{variant[0]}-{variant[1]}" if variant else self.family


def read_family(text: str, where: str) -> Family:
    """A plan file; `where` names it in errors.

    Raises
    ------
    SourceError
        It is not TOML, or a field is unknown, missing or of the wrong kind.
    """
    try:
        fields = Fields(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{where}: not a TOML file: {error}") from error
    if fields.integer("format") != FORMAT_NUMBER:
        raise fields.wrong("format", f"{FORMAT_NUMBER}, the format this version reads")
    baselines = _baselines(fields.table("baselines"))
    family = Family(
        family=fields.text("family"),
        name=fields.text("name"),
        utility_id=fields.integer("utility_id"),
        utility=fields.text("utility"),
        state=fields.text("state"),
        timezone=fields.text("timezone"),
        currency=fields.text_or("currency", "USD"),
        offered=fields.boolean_or("offered", True),
        closed=fields.text_or("closed", ""),
        price_zone=fields.optional("price_zone", fields.text, None),
        service=fields.enum_or("service", Service.BUNDLED),
        eligibility=fields.texts("eligibility"),
        missing=tuple(read_missing(item) for item in fields.tables("missing")),
        schedules=_schedules(fields.table("schedules")),
        baselines=baselines,
        versions=tuple(fields.array("versions")),
        where=where,
        variants=_variants(baselines, where),
    )
    fields.close()
    _check(family)
    return family


def _check(family: Family) -> None:
    if not family.versions:
        raise SourceError(f"{family.where}: a plan needs at least one entry in versions")
    if family.offered == bool(family.closed):
        raise SourceError(f"{family.where}: `closed` says why a plan is not offered, and only then")
    if not family.family.startswith(f"{family.utility_id}/"):
        raise SourceError(
            f"{family.where}: the family {family.family!r} must start with the utility's id"
        )


def _schedules(fields: Fields) -> dict[str, ScheduleText]:
    return {name: read_schedule(fields.tables(name)) for name in fields.names()}


def _baselines(fields: Fields) -> dict[str, Baseline]:
    return {name: _baseline(fields.table(name)) for name in fields.names()}


def _baseline(fields: Fields) -> Baseline:
    seasons = fields.texts("seasons")
    table = fields.table("kwh_per_day")
    allowances = {}
    for heating in table.names():
        rows = table.table(heating)
        for territory in rows.names():
            row = rows.array(territory)
            if len(row) != len(seasons) or not all(isinstance(x, int | float) for x in row):
                raise rows.wrong(territory, f"kWh a day for each of the seasons {list(seasons)}")
            allowances[territory, heating] = tuple(float(x) for x in row)
    fields.text("source")
    fields.close()
    return Baseline(seasons=seasons, kwh_per_day=allowances)


def _variants(baselines: Mapping[str, Baseline], where: str) -> tuple[Variant, ...]:
    tables = [sorted(table.kwh_per_day) for table in baselines.values()]
    if any(table != tables[0] for table in tables):
        raise SourceError(f"{where}: the baseline tables list different territories")
    return tuple(tables[0]) if tables else ()


def tariffs(family: Family, variant: Variant | None) -> tuple[Tariff, ...]:
    """Every version of one plan of a family, rising.

    Raises
    ------
    SourceError
        A version is not well formed, or the versions overlap.
    """
    try:
        versions = tuple(_version(family, item, variant) for item in family.versions)
    except TariffError as error:
        raise SourceError(f"{family.where}: {error}") from error
    for earlier, later in pairwise(versions):
        if later.effective <= earlier.effective:
            raise SourceError(f"{family.where}: versions must rise, {later.effective} does not")
        if earlier.until is None or earlier.until > later.effective:
            raise SourceError(
                f"{family.where}: the version of {earlier.effective} runs into that of "
                f"{later.effective}; give it an `until`"
            )
    return versions


def _version(family: Family, item: Mapping[str, Any], variant: Variant | None) -> Tariff:
    start = item.get("effective") if isinstance(item, Mapping) else None
    fields = Fields(item, f"{family.where}, version {start}")
    effective, sources = fields.day("effective"), fields.texts("sources")
    if not sources:
        raise fields.wrong("sources", "at least one id of the sources register")
    context = Context(
        schedules=family.schedules,
        allowance_kwh_per_day=_allowance(family, fields, variant),
        source=sources[0],
    )
    holidays = fields.optional("holidays", fields.text, None)
    tariff = Tariff(
        plan=family.key(variant),
        name=family.name,
        utility_id=family.utility_id,
        utility=family.utility,
        state=family.state,
        effective=effective,
        until=fields.day_or_none("until"),
        timezone=family.timezone,
        currency=family.currency,
        charges=tuple(read_charge(charge, context) for charge in fields.tables("charges")),
        holidays=holiday_set(holidays, fields.where) if holidays else None,
        export_rules=_rules(fields.texts("export_rules"), effective),
        programmes=tuple(read_programme(p, context) for p in fields.tables("programmes")),
        service=family.service,
        eligibility=family.eligibility,
        sources=sources,
        missing=_gaps(family, fields),
        territory=variant[0] if variant else None,
        heating=variant[1] if variant else None,
    )
    fields.close()
    return tariff


def _gaps(family: Family, fields: Fields) -> tuple[Missing, ...]:
    """The gaps of the family and of the version; delivery alone always lacks its supply."""
    gaps = family.missing + tuple(read_missing(gap) for gap in fields.tables("missing"))
    if family.service is Service.DELIVERY and all(gap.name != "supply" for gap in gaps):
        gaps += (Missing(name="supply", note="the plan is for delivery alone"),)
    return gaps


def _allowance(family: Family, fields: Fields, variant: Variant | None) -> dict[str, float]:
    name = fields.optional("baseline", fields.text, None)
    if name is None or variant is None:
        return {}
    if name not in family.baselines:
        raise fields.wrong("baseline", f"one of {sorted(family.baselines)}")
    table = family.baselines[name]
    return dict(zip(table.seasons, table.kwh_per_day[variant], strict=True))


def _rules(names: tuple[str, ...], effective: date) -> tuple[ExportRule, ...]:
    """The rules of the named files; those open to new applicants on the first day come first."""
    rules = [rule for name in names for rule in export_rules(name)]
    return tuple(sorted(rules, key=lambda rule: not _is_open(rule, effective)))


def _is_open(rule: ExportRule, day: date) -> bool:
    return (rule.open_from is not None and rule.open_from <= day) and (
        rule.open_until is None or day < rule.open_until
    )
