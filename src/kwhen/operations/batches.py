"""Many homes, one after the other: each has its result or its own error."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from kwhen.errors import KwhenError, UnknownId
from kwhen.operations.deployment import Deployment
from kwhen.operations.home_values import home_value
from kwhen.operations.price_signals import Window, answer_for_value
from kwhen.operations.work import Work
from kwhen.records import Tenant
from kwhen.storage import homes

R = TypeVar("R")
READ_AT_ONCE_COUNT = 100


def signals_of_homes(
    deployment: Deployment,
    tenant: Tenant,
    home_ids: Sequence[str],
    wanted: Window,
    components: Sequence[str] | None = None,
    include: Sequence[str] | None = None,
) -> Iterator[tuple[str, bytes | KwhenError]]:
    """The price signal of each home as it is answered, in the order of the ids."""
    for first in range(0, len(home_ids), READ_AT_ONCE_COUNT):
        ids = list(home_ids[first : first + READ_AT_ONCE_COUNT])
        with deployment.reading(tenant) as work:
            held = homes.homes_of_ids(work.session, tenant, ids)
            for home_id in ids:
                home = held.get(home_id)
                if home is None:
                    yield home_id, UnknownId(f"there is no home {home_id[:64]!r}")
                    continue
                yield (
                    home_id,
                    attempted(
                        lambda home=home: answer_for_value(  # type: ignore[misc]
                            work, home.id, home_value(work, home), wanted, components, include
                        )
                    ),
                )


def each_in_work(
    deployment: Deployment, tenant: Tenant, tasks: Iterator[Callable[[Work], R]]
) -> Iterator[R | KwhenError]:
    """What each task gives; each reads in a transaction of its own."""
    for task in tasks:
        with deployment.reading(tenant) as work:
            yield attempted(lambda task=task, work=work: task(work))  # type: ignore[misc]


def attempted(task: Callable[[], R]) -> R | KwhenError:
    """What a task gives, or its deliberate error."""
    try:
        return task()
    except KwhenError as error:
        return error
