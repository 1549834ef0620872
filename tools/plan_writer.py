"""Plan files written from the engine's values, in the form that `kwhen.catalog.format` reads.

    write_family(path, versions, comment="Where the figures come from", offered=True)

`versions` are the `Tariff`s of one plan, rising; their `plan` is the family's key. Schedules are
named and shared, the `holidays` and `export_rules` are given by name (`names=…`). What was
written is read back and compared. `write_document` writes a document that is built by hand,
such as one with a table of baseline allowances.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from math import isinf
from pathlib import Path
from typing import Any

from kwhen.catalog.format import FORMAT_NUMBER, read_family, tariffs
from kwhen.catalog.schedule_format import schedule_rows
from kwhen.engine.calendar import Schedule, flat_schedule
from kwhen.engine.tariff import (
    Charge,
    DemandCharge,
    EnergyCharge,
    EventCharge,
    FixedCharge,
    IndexedEnergyCharge,
    LumpCharge,
    MinimumCharge,
    PercentageCharge,
    Programme,
    RiderCharge,
    Service,
    Tariff,
)
from kwhen.engine.words import CeilingPer, ChargeClass, Missing, TierScope

# Lists of small tables that read best as one row each.
ROWS = {"components", "missing", "banks", "prices"}
INLINE = {"ratchet", "cash_out", "cost_relief", "options"}


def write_family(
    path: Path,
    versions: Sequence[Tariff],
    *,
    comment: str,
    offered: bool = True,
    closed: str = "",
    price_zone: str | None = None,
    missing: Sequence[Missing] = (),
    holidays: str | None = None,
    export_rules: Sequence[str] = (),
) -> None:
    """Write the file of one family without baseline variants.

    `missing` are gaps of every version (beside each version's own); `holidays` and
    `export_rules` are names of shared sets and rule files, the same for all versions.
    """
    first = versions[0]
    schedules: dict[str, list[dict[str, str]]] = {}
    document: dict[str, Any] = {
        "format": FORMAT_NUMBER,
        "family": first.plan,
        "name": first.name,
        "utility_id": first.utility_id,
        "utility": first.utility,
        "state": first.state,
        "timezone": first.timezone,
        "currency": None if first.currency == "USD" else first.currency,
        "offered": None if offered else False,
        "closed": closed or None,
        "price_zone": price_zone,
        "service": None if first.service is Service.BUNDLED else first.service,
        "eligibility": list(first.eligibility) or None,
        "missing": [_missing(gap) for gap in missing],
        "schedules": schedules,
        "versions": [
            _version(item, schedules, missing, holidays, export_rules) for item in versions
        ],
    }
    write_document(path, document, comment)
    _prove(path, versions)


def write_document(path: Path, document: Mapping[str, Any], comment: str) -> None:
    """Write a document of tables as TOML; None, empty lists and empty tables are left out."""
    lines = [f"# {line}".rstrip() for line in comment.strip().splitlines()]
    lines += _table_lines(document, ())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _prove(path: Path, versions: Sequence[Tariff]) -> None:
    read = tariffs(read_family(path.read_text(encoding="utf-8"), path.name), None)
    for was, now in zip(versions, read, strict=True):
        if was.holidays not in (None, now.holidays):
            raise ValueError(f"{path}: give the name of the set that has the version's holidays")
        if was.export_rules and not now.export_rules:
            raise ValueError(f"{path}: give the names of the files of the version's export_rules")
        for name in ("charges", "programmes", "effective", "until", "missing", "sources"):
            a, b = getattr(was, name), getattr(now, name)
            if name == "missing":
                a, b = set(a), set(b)
            if a != b:
                raise ValueError(f"{path}: {name} of {was.effective} do not come back:\n{a}\n{b}")


def _version(
    tariff: Tariff,
    schedules: dict[str, list[dict[str, str]]],
    shared: Sequence[Missing],
    holidays: str | None,
    export_rules: Sequence[str],
) -> dict[str, Any]:
    own = [gap for gap in tariff.missing if gap not in shared]
    return {
        "effective": tariff.effective,
        "until": tariff.until,
        "sources": list(tariff.sources),
        "holidays": holidays,
        "export_rules": list(export_rules),
        "missing": [_missing(gap) for gap in own],
        "charges": [charge_row(c, schedules, tariff.sources[0]) for c in tariff.charges],
        "programmes": [_programme(p, schedules, tariff.sources[0]) for p in tariff.programmes],
    }


def _missing(gap: Missing) -> dict[str, Any]:
    return {"name": gap.name, "note": gap.note or None, "since": gap.since}


def _programme(
    programme: Programme, schedules: dict[str, list[dict[str, str]]], default: str
) -> dict[str, Any]:
    source = programme.source or default
    return {
        "name": programme.name,
        "source": None if source == default else source,
        "replaces": sorted(programme.replaces),
        "missing": [_missing(gap) for gap in programme.missing],
        "charges": [charge_row(c, schedules, source) for c in programme.charges],
    }


def charge_row(
    charge: Charge, schedules: dict[str, list[dict[str, str]]], default: str
) -> dict[str, Any]:
    """One charge as the fields of a file; a new schedule is added to `schedules`.

    `default` is the source that the reader assumes where a charge names none.
    """
    source = None if getattr(charge, "source", default) == default else charge.source
    match charge:
        case EnergyCharge():
            return _energy(charge, schedules, default)
        case FixedCharge():
            row = {"kind": "fixed", "amount_usd": charge.amount_usd, "per": charge.per}
            row["klass"] = _unless(charge.klass, ChargeClass.FIXED)
        case MinimumCharge():
            of = None if charge.of == frozenset(ChargeClass) else charge.of
            row = {"kind": "minimum", "amount_usd": charge.amount_usd, "per": charge.per, "of": of}
        case DemandCharge():
            row = _demand(charge, schedules)
        case RiderCharge():
            steps = [[day, "unknown" if usd is None else usd] for day, usd in charge.steps]
            row = {"kind": "rider", "klass": charge.klass, "steps": steps}
        case PercentageCharge():
            row = {"kind": "percentage", "share_frac": charge.share_frac, "of": charge.of}
            row["except_components"] = sorted(charge.except_components)
            row["klass"] = _unless(charge.klass, ChargeClass.TAX)
        case EventCharge():
            row = {"kind": "event", "klass": charge.klass, "usd_per_kwh": charge.usd_per_kwh}
        case IndexedEnergyCharge():
            row = {"kind": "indexed", "klass": charge.klass}
            row |= {"factor_frac": charge.factor_frac}
            row |= {"adder_usd_per_kwh": charge.adder_usd_per_kwh}
        case LumpCharge():
            row = {"kind": "lump", "dates": [list(entry) for entry in charge.dates]}
            row["klass"] = _unless(charge.klass, ChargeClass.CREDIT)
    return {"kind": row.pop("kind"), "name": charge.name, **row, "source": source}


def _unless(value: Any, default: Any) -> Any:
    return None if value == default else value


def _energy(
    charge: EnergyCharge, schedules: dict[str, list[dict[str, str]]], default: str
) -> dict[str, Any]:
    names = tuple(period.name for period in charge.periods)
    tops = [[tier.ceiling_kwh for tier in p.ladder if not isinf(tier.ceiling_kwh)]
            for p in charge.periods]  # fmt: skip
    equal = all(row == tops[0] for row in tops)
    components = []
    for number, component in enumerate(charge.components):
        prices = [[tier.usd_per_kwh[number] for tier in p.ladder] for p in charge.periods]
        rows = [row[0] if len(set(row)) == 1 else row for row in prices]
        flat = len(set(map(str, rows))) == 1 and not isinstance(rows[0], list)
        components.append(
            {
                "name": component.name,
                "klass": component.klass,
                "usd_per_kwh": rows[0] if flat else rows,
                "source": _unless(component.source, default),
            }
        )
    return {
        "kind": "energy",
        "name": charge.name,
        "schedule": _schedule_name(charge.schedule, names, schedules),
        "scope": _unless(charge.scope, TierScope.CYCLE),
        "ceiling_per": _unless(charge.ceiling_per, CeilingPer.CYCLE),
        "ceilings_kwh": tops[0] if equal else tops,
        "periods": None if names == ("all hours",) else list(names),
        "components": components,
    }


def _one(values: list[float]) -> Any:
    return values[0] if len(values) == 1 else values


def _demand(charge: DemandCharge, schedules: dict[str, list[dict[str, str]]]) -> dict[str, Any]:
    names = tuple(period.name for period in charge.periods)
    tops = [[t.ceiling_kw for t in p.ladder if not isinf(t.ceiling_kw)] for p in charge.periods]
    ratchet = charge.ratchet
    return {
        "kind": "demand",
        "schedule": _schedule_name(charge.schedule, names, schedules),
        "periods": None if names == ("all hours",) else list(names),
        "usd_per_kw": [_one([tier.usd_per_kw for tier in p.ladder]) for p in charge.periods],
        "ceilings_kw": tops if any(tops) else None,
        "window_minutes": _unless(charge.window_minutes, 15),
        "klass": _unless(charge.klass, ChargeClass.DEMAND),
        "ratchet": ratchet
        and {
            "share_frac": list(ratchet.share_frac),
            "months": sorted(ratchet.months),
            "lookback_months": ratchet.lookback_months,
        },
    }


def _schedule_name(
    schedule: Schedule, names: tuple[str, ...], schedules: dict[str, list[dict[str, str]]]
) -> str | None:
    if schedule == flat_schedule() and len(names) == 1:
        return None
    rows = schedule_rows(schedule, names)
    for name, known in schedules.items():
        if known == rows:
            return name
    name = f"schedule-{len(schedules) + 1}"
    schedules[name] = rows
    return name


def _table_lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain, inner = [], []
    for key, value in table.items():
        if value is None or (isinstance(value, list | tuple | dict) and not value):
            continue
        here = (*path, _key(key))
        if isinstance(value, Mapping) and key not in INLINE:
            lines = _table_lines(value, here)
            head = ["", f"[{'.'.join(here)}]"] if lines and lines[0] else []
            inner += head + lines
        elif isinstance(value, list) and isinstance(value[0], Mapping) and key not in ROWS:
            for item in value:
                inner += ["", f"[[{'.'.join(here)}]]", *_table_lines(item, here)]
        else:
            plain.append(f"{_key(key)} = {_text(value, rows=key in ROWS)}")
    return plain + inner


def _key(key: str) -> str:
    bare = key.replace("-", "").replace("_", "")
    return key if bare.isascii() and bare.isalnum() else f'"{key}"'


def _text(value: Any, *, rows: bool = False) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return _text(value.value)
        case int() | date():
            return str(value)
        case float():
            text = format(Decimal(repr(value)), "f")
            return text if "." in text else f"{text}.0"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case frozenset() | set():
            return _text(sorted(member.value for member in value))
        case list() | tuple():
            if rows:
                return "[\n" + "".join(f"  {_text(item)},\n" for item in value) + "]"
            return "[" + ", ".join(_text(item) for item in value) + "]"
        case Mapping():
            pairs = [f"{_key(k)} = {_text(v)}" for k, v in value.items() if v not in (None, [], "")]
            return "{ " + ", ".join(pairs) + " }"
    raise ValueError(f"no TOML form for {value!r}")
