"""What the scheduler does for the OpenADR server: events kept current, subscribers told."""

from collections.abc import Hashable
from datetime import timedelta

import structlog

from kwhen.catalog.import_store import FOLDER, mark_of
from kwhen.errors import KwhenError, UnknownId
from kwhen.operations import homes
from kwhen.operations.deployment import Deployment
from kwhen.operations.vtn import home_programs, tariffs
from kwhen.operations.vtn.callers import NOBODY
from kwhen.operations.vtn.notices import operation_of, owe
from kwhen.operations.vtn.tariffs import TariffProgram
from kwhen.operations.work import Work
from kwhen.records import CredentialKind, Tenant, VtnKind, VtnObject, VtnVerb
from kwhen.storage import credentials, vtn, vtn_tariffs

log = structlog.get_logger("kwhen")
DAY = timedelta(days=1)
DAYS_KEPT = timedelta(days=30)
TOKENS_KEPT = timedelta(hours=1)  # after their end, so that their client hears why


def keep_current(deployment: Deployment, seen: dict[str, Hashable] | None = None) -> None:
    """Bring the events of homes' programs and of tariff programs up to date, tell subscribers.

    `seen` holds what each program was made of the last time: one that is as it was is left alone.
    Tariff programs are those that somebody has read or subscribed to. Each program is a
    transaction of its own: one that fails is logged and holds up no other.
    """
    seen = {} if seen is None else seen
    now = deployment.clock()
    with deployment.database.reading() as session:
        of_homes = vtn.every_home_program(session)
        subscribed = vtn.every_subscribed_program(session, tariffs.PREFIX)
        told = vtn_tariffs.every_told_program(session, (now - DAY).date())
    facts = _facts(deployment)
    for tenant, program in of_homes:
        made_of = (program.modified_at, *facts, *_home_facts(deployment, tenant, program))
        if seen.get(program.id) != made_of:
            _keep_home(deployment, tenant, program)
            seen[program.id] = made_of
    for program_id in told:
        if seen.get(program_id) != facts and program_id not in subscribed:
            _keep_tariff(deployment, program_id)
            seen[program_id] = facts
    for program_id in subscribed:
        tariff = tariffs.find_tariff(deployment.stock, program_id)
        if tariff is not None:
            _announce(deployment, tariff)
    _forget(deployment)


def _facts(deployment: Deployment) -> tuple[Hashable, ...]:
    """What all events are made of: the hour, for the day, and the state of plans and prices."""
    hour = deployment.clock().replace(minute=0, second=0, microsecond=0)
    imports = mark_of(deployment.stock.folder / FOLDER)
    return hour, imports, tariffs.state_of(deployment.live)


def _home_facts(deployment: Deployment, tenant: Tenant, program: VtnObject) -> tuple[Hashable, ...]:
    try:
        with deployment.reading(tenant) as work:
            home = homes.get_home(work, str(program.parent_id))
    except UnknownId:
        return ()
    return home.updated_at, home.usage_revision


def _keep_home(deployment: Deployment, tenant: Tenant, program: VtnObject) -> None:
    try:
        with deployment.writing(tenant) as work:
            # Locked: two processes must not both make an event, nor for a program that goes.
            held = vtn.lock_object(work.session, tenant, VtnKind.PROGRAM, program.id, None)
            home_programs.keep_events(work, held)
    except KwhenError as error:  # such as a home without a plan
        log.warning("the events of a home are not current", program=program.id, why=str(error))


def _keep_tariff(deployment: Deployment, program_id: str) -> None:
    """Have the days of a tariff program ready before they are asked for."""
    program = tariffs.find_tariff(deployment.stock, program_id)
    for day in () if program is None else program.days(deployment.clock()):
        assert program is not None
        with deployment.reading(NOBODY) as work:
            tariffs.daystate_of(work, program, day)


def _announce(deployment: Deployment, program: TariffProgram) -> None:
    """Tell the subscribers of a tariff program of the days that are new or were changed."""
    now = deployment.clock()
    for day in program.days(now):
        with deployment.reading(NOBODY) as work:
            event = tariffs.event_object(work, program, day)
        with deployment.database.writing() as session:
            verb = vtn_tariffs.announce_every_day(session, program.id, day)
            found = vtn.every_subscription_to(session, program.id) if verb else []
            for tenant, subscription in found:
                _tell(deployment.within(session, tenant), subscription, verb, event)


def _tell(work: Work, subscription: VtnObject, verb: VtnVerb | None, event: VtnObject) -> None:
    index = None if verb is None else operation_of(subscription, verb, VtnKind.EVENT)
    if verb is not None and index is not None and subscription.broken_why is None:
        owe(work, subscription, index, verb, event)


def _forget(deployment: Deployment) -> None:
    """Delete tokens that have expired, and what is known of days that are long over."""
    now = deployment.clock()
    with deployment.database.writing() as session:
        credentials.forget_every_expired(session, (CredentialKind.VTN_TOKEN,), now - TOKENS_KEPT)
        vtn_tariffs.forget_every_day_before(session, (now - DAYS_KEPT).date())
