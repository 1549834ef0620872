"""Programs of homes: what business logic makes with an attribute HOME_ID.

Their events are the home's own price signal, for today and tomorrow, stored as objects of the
tenant, so that reading them costs no computation and every change is notified. Such a program is
targeted at the home's id where its maker names no target.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from kwhen.api.signals import price_signal
from kwhen.engine.grid import instant, zone_of
from kwhen.errors import InvalidFields
from kwhen.operations import homes
from kwhen.operations.home_values import home_value, plan_of
from kwhen.operations.keyring import new_id
from kwhen.operations.vtn.notices import notify
from kwhen.operations.vtn.tariffs import DAYS_TOLD_COUNT, STEP_MINUTES
from kwhen.operations.work import Work
from kwhen.records import HomeRecord, VtnKind, VtnObject, VtnVerb
from kwhen.storage import vtn
from kwhen.storage.vtn import Wanted
from kwhen.wire.openadr import price_descriptors, price_event
from kwhen.wire.vtn.fields import MOST_TARGET_COUNT

ATTRIBUTE = "HOME_ID"
LONGEST_NAME_COUNT = 128
NOT_CONTENT = ("id", "objectType", "programID", "createdDateTime", "modificationDateTime")


def content_for(home_id: str, name: str) -> dict[str, Any]:
    """What business logic sends to ask for a home's program.

    Raises
    ------
    InvalidFields : the name is blank or too long
    """
    if not 1 <= len(name.strip()) <= LONGEST_NAME_COUNT or "\0" in name:
        raise InvalidFields.one("programName", f"give 1 to {LONGEST_NAME_COUNT} characters")
    return {
        "programName": name.strip(),
        "payloadDescriptors": price_descriptors(),
        "attributes": [{"type": ATTRIBUTE, "values": [home_id]}],
    }


def aimed(work: Work, program: VtnObject) -> VtnObject:
    """The program, with its home where it is one of a home, and targeted at that.

    Raises
    ------
    InvalidFields
    """
    home_id = _home_id(program)
    if home_id is None:
        return replace(program, parent_id=None)
    plan_of(work, homes.home_of_body(work, home_id, f"attributes {ATTRIBUTE}").facts)
    if program.targets:
        return replace(program, parent_id=home_id)
    content = {**program.content, "targets": [home_id]}
    return replace(program, parent_id=home_id, content=content, targets=(home_id,))


def keep_events(work: Work, program: VtnObject) -> None:
    """Bring the events of a home's program up to date: made, changed, and removed when over."""
    held = vtn.list_objects(
        work.session, work.tenant, VtnKind.EVENT, None, Wanted(program_id=program.id)
    )
    own = {one.unique_name: one for one in held if one.unique_name is not None}
    wanted = _events(work, program)
    for name, event in wanted.items():
        _keep(work, own.get(name), event)
    for name, gone in own.items():
        if name not in wanted:
            notify(work, VtnVerb.DELETE, gone)
            vtn.remove_object(work.session, work.tenant, VtnKind.EVENT, gone.id)


def _keep(work: Work, before: VtnObject | None, event: VtnObject) -> None:
    if before is None:
        vtn.add_object(work.session, work.tenant, event)
        notify(work, VtnVerb.CREATE, event)
    elif before.content != event.content or before.targets != event.targets:
        kept = replace(event, id=before.id, created_at=before.created_at)
        notify(work, VtnVerb.UPDATE, vtn.save_object(work.session, work.tenant, kept))


def _events(work: Work, program: VtnObject) -> dict[str, VtnObject]:
    """The events that a program should have, by the name that tells them apart."""
    if program.parent_id is None:
        return {}
    home = homes.get_home(work, program.parent_id)
    zone = plan_of(work, home.facts).versions[-1].timezone
    today = work.now.astimezone(zone_of(zone)).date()
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_TOLD_COUNT)]
    found = [_event(work, program, home, day, zone) for day in days]
    return {str(event.unique_name): event for event in found}


def _event(work: Work, program: VtnObject, home: HomeRecord, day: date, zone: str) -> VtnObject:
    start, end = instant(day, zone), instant(day + timedelta(days=1), zone)
    return VtnObject(
        id=new_id("vtn_event"),
        kind=VtnKind.EVENT,
        content=_content(work, program, home, day, start, end),
        targets=program.targets,
        created_at=work.now,
        modified_at=work.now,
        client_id=program.client_id,
        program_id=program.id,
        unique_name=f"HOME/{program.id}/{day.isoformat()}",
        ends_at=end,
        is_of_bl=True,
    )


def _content(
    work: Work, program: VtnObject, home: HomeRecord, day: date, start: datetime, end: datetime
) -> dict[str, Any]:
    signal = price_signal(home_value(work, home), start, end, nearest=True, live=work.live)
    event = price_event(
        id="",
        program_id=program.id,
        name=f"{program.content['programName']} {day.isoformat()}",
        created=work.now,
        modified=work.now,
        start=start,
        end=end,
        step_minutes=STEP_MINUTES,
        price_usd_per_kwh=signal.price,
        export_price_usd_per_kwh=signal.export_price,
        co2e_lb_per_mwh=signal.co2e_lb_per_mwh,
        merge=False,
        interval_duration=True,
        targets=list(program.targets),
    )
    return {name: value for name, value in event.items() if name not in NOT_CONTENT}


def _home_id(program: VtnObject) -> str | None:
    named = [
        one["values"] for one in program.content.get("attributes", ()) if one["type"] == ATTRIBUTE
    ]
    if not named:
        return None
    values = named[0]
    is_one = len(values) == 1 and isinstance(values[0], str)
    if not is_one or not 1 <= len(values[0]) <= MOST_TARGET_COUNT:
        raise InvalidFields.one("attributes", f"{ATTRIBUTE} has one value, the id of a home")
    return str(values[0])
