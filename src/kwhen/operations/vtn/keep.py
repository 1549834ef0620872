"""What the scheduler does for the OpenADR server: events kept current, subscribers told."""

from datetime import timedelta

import structlog

from kwhen.errors import KwhenError
from kwhen.operations.deployment import Deployment
from kwhen.operations.vtn import home_programs, tariffs
from kwhen.operations.vtn.callers import NOBODY
from kwhen.operations.vtn.notices import operation_of, owe
from kwhen.operations.vtn.tariffs import TariffProgram
from kwhen.operations.work import Work
from kwhen.records import CredentialKind, VtnKind, VtnObject, VtnVerb
from kwhen.storage import credentials, vtn, vtn_tariffs

log = structlog.get_logger("kwhen")
DAYS_KEPT = timedelta(days=30)
TOKENS_KEPT = timedelta(hours=1)  # after their end, so that their client hears why


def keep_current(deployment: Deployment) -> None:
    """Bring the events of homes' programs up to date, and tell subscribers of tariff programs.

    Each program is a transaction of its own: one that fails is logged and holds up no other.
    """
    with deployment.database.reading() as session:
        of_homes = vtn.every_home_program(session)
        subscribed = vtn.every_subscribed_program(session, tariffs.PREFIX)
    for tenant, program in of_homes:
        try:
            with deployment.writing(tenant) as work:
                # Locked: two processes do not both make an event, nor one of a program that goes.
                held = vtn.lock_object(work.session, tenant, VtnKind.PROGRAM, program.id, None)
                home_programs.keep_events(work, held)
        except KwhenError as error:  # such as a home without a plan
            log.warning("the events of a home are not current", program=program.id, why=str(error))
    for program_id in subscribed:
        tariff = tariffs.find_tariff(deployment.stock, program_id)
        if tariff is not None:
            _announce(deployment, tariff)
    _forget(deployment)


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
                work = Work(session=session, tenant=tenant, now=now, deployment=deployment)
                _tell(work, subscription, verb, event)


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
