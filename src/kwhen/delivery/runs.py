"""A run: the signals of all homes of a tenant, computed once for homes that are alike, in pages.

Pages and the place where the next one begins are written in one transaction, so a run that broke
off goes on where it was, and two workers on one run make no page twice.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import orjson
import structlog

from kwhen.errors import KwhenError
from kwhen.operations import webhooks as verbs
from kwhen.operations.deployment import Deployment
from kwhen.operations.home_values import home_value
from kwhen.operations.open_adr import event_bytes, event_rest
from kwhen.operations.price_signals import Window, rest_for_value, signal_for_value
from kwhen.operations.work import Work
from kwhen.records import HomeRecord, RunState, Skipped, Webhook, WebhookRun
from kwhen.storage import homes, webhooks
from kwhen.wire.price_signal import signal_bytes

log = structlog.get_logger("kwhen")
HEAD, TAIL = b'{"eventType":"PRICE_SIGNAL","data":{', b"}}"
READ_AT_ONCE_COUNT = 500
WRITTEN_BYTES = 1024 * 1024  # of pages in one transaction
SHARED_COUNT = 512  # signals kept for homes that are alike
MOST_FAILURES_COUNT = 5


@dataclass(kw_only=True)
class Page:
    """A page as it fills."""

    parts: list[bytes] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    most_bytes: int
    size_bytes: int = len(HEAD) + len(TAIL)
    cursor: int = 0

    def has_room(self, part: bytes) -> bool:
        """Whether one more home fits."""
        return self.size_bytes + len(part) + 1 <= self.most_bytes

    def add(self, part: bytes) -> None:
        """One more home."""
        self.size_bytes += len(part) + 1
        self.parts.append(part)

    @property
    def body(self) -> bytes:
        """What is sent."""
        return HEAD + b",".join(self.parts) + TAIL


class Payloads:
    """The payloads of homes for one window; homes that are alike share the computation."""

    def __init__(self, webhook: Webhook, run: WebhookRun) -> None:
        self._open_adr = webhook.open_adr
        self._run = run
        self._window = Window(start=run.start, end=run.end)
        self._shared: dict[Hashable, bytes] = {}

    def part(self, work: Work, home: HomeRecord) -> bytes:
        """A home's entry in `data`.

        Raises
        ------
        KwhenError
        """
        rest = self._rest(work, home)
        if self._open_adr:
            payload = event_bytes(home.id, self._run.start, self._run.end, rest)
        else:
            payload = signal_bytes(home.id, rest)
        return orjson.dumps(home.id) + b":" + payload

    def _rest(self, work: Work, home: HomeRecord) -> bytes:
        if home.usage_revision:
            return self._computed(work, home)
        facts = home.facts
        alike = (
            *(facts.rate_plan_id, facts.zipcode, facts.export_rule, facts.solar),
            *(facts.carbon_signal_intensity, facts.energy_market_bidding_enabled),
        )
        if alike not in self._shared:
            if len(self._shared) >= SHARED_COUNT:
                self._shared.clear()
            self._shared[alike] = self._computed(work, home)
        return self._shared[alike]

    def _computed(self, work: Work, home: HomeRecord) -> bytes:
        value = home_value(work, home)
        if self._open_adr:
            return event_rest(signal_for_value(work, value, self._window), self._run.created_at)
        return rest_for_value(work, value, self._window)


def compute_run(deployment: Deployment, run_id: str) -> list[str]:
    """Write every page of a run; says the ids of the deliveries."""
    with deployment.database.reading() as session:
        run = webhooks.every_run(session, run_id)
        if run is None or run.state not in webhooks.UNDERWAY:
            return []
        webhook = webhooks.find_webhook(session, run.tenant)
    try:
        return _pages(deployment, webhook, run)
    except Exception as error:
        _note_failure(deployment, run, error)
        raise


def _note_failure(deployment: Deployment, run: WebhookRun, error: Exception) -> None:
    with deployment.writing(run.tenant) as work:
        count = webhooks.count_failure(work.session, work.tenant, run.id)
        if count >= MOST_FAILURES_COUNT:
            reason = f"the computation broke off {count} times: {type(error).__name__}"
            webhooks.end_run(
                work.session, work.tenant, run.id, RunState.FAILED, work.now, error=reason
            )


def _pages(deployment: Deployment, webhook: Webhook, run: WebhookRun) -> list[str]:
    made: list[str] = []
    full: list[Page] = []
    for page in _filled(deployment, Payloads(webhook, run), run):
        if full and sum(one.size_bytes for one in (*full, page)) > WRITTEN_BYTES:
            if not _write(deployment, webhook, run, full, made):
                return made
            run, full = replace(run, cursor=full[-1].cursor), []
        full.append(page)
    _write(deployment, webhook, run, full, made, is_last=True)
    return made


def _filled(deployment: Deployment, payloads: Payloads, run: WebhookRun) -> Iterator[Page]:
    """The pages from where the run is to its end; the last one may be empty."""
    most_bytes = deployment.settings.delivery_page_bytes
    page = Page(most_bytes=most_bytes, cursor=run.cursor)
    while True:
        with deployment.reading(run.tenant) as work:
            batch = homes.homes_in_runs(work.session, work.tenant, page.cursor, READ_AT_ONCE_COUNT)
        for number, home in batch:
            # A short one for each home: a long one keeps SQLite from tidying up its log.
            with deployment.reading(run.tenant) as work:
                part = _attempted(payloads, work, home, most_bytes)
            if isinstance(part, Skipped):
                page.skipped.append(part)
            else:
                if not page.has_room(part):
                    yield page
                    page = Page(most_bytes=most_bytes)
                page.add(part)
            page.cursor = number
        if len(batch) < READ_AT_ONCE_COUNT:
            yield page
            return


def _attempted(
    payloads: Payloads, work: Work, home: HomeRecord, most_bytes: int
) -> bytes | Skipped:
    try:
        part = payloads.part(work, home)
    except KwhenError as error:
        return Skipped(home_id=home.id, reason=str(error))
    except Exception as error:  # of one home: the others are sent
        log.error("a home's signal failed", home_id=home.id, exc_info=error)
        return Skipped(home_id=home.id, reason="the computation failed; the log says why")
    if not Page(most_bytes=most_bytes).has_room(part):
        reason = f"its signal of {len(part)} bytes fits no page; trigger a shorter window"
        return Skipped(home_id=home.id, reason=reason)
    return part


def _write(
    deployment: Deployment,
    webhook: Webhook,
    run: WebhookRun,
    pages: Sequence[Page],
    made: list[str],
    *,
    is_last: bool = False,
) -> bool:
    """Keep pages and where the next one begins; False where another worker was quicker."""
    filled = [page for page in pages if page.parts]
    skipped = [one for page in pages for one in page.skipped]
    counts = [len(page.parts) for page in filled]
    with deployment.writing(run.tenant) as work:
        last = webhooks.move_run(work.session, work.tenant, run, pages[-1].cursor, counts, skipped)
        if last is None:
            return False
        for number, page in enumerate(filled, last - len(filled) + 1):
            delivery = verbs.add_page(
                work, webhook, run.id, number, page.body, homes_count=len(page.parts)
            )
            made.append(delivery.id)
        if is_last:
            state = RunState.SENDING if last else RunState.DONE
            ended_at = None if last else work.now
            webhooks.end_run(work.session, work.tenant, run.id, state, ended_at)
    return True
