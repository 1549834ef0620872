"""`kwhen db`: the tables of the service."""

from typing import TYPE_CHECKING

from kwhen.cli import operating, options
from kwhen.cli.page import Document, emit, page, prose

if TYPE_CHECKING:
    from kwhen.operations.database_state import DatabaseState

UPGRADE_EXAMPLE = "kwhen db upgrade"
STATUS_EXAMPLE = "kwhen db status"


def upgrade(
    data: operating.Data = None, database: operating.Database = None, json: options.Json = False
) -> None:
    """Bring the tables up to date: all missing revisions or none."""
    settings = operating.chosen(data=data, database_url=database)
    from kwhen.operations.database_state import database_state
    from kwhen.operations.deployment import open_deployment

    before = database_state(settings)
    open_deployment(settings.model_copy(update={"auto_upgrade": True})).close()
    after = database_state(settings)
    if json:
        emit({"from": before.revision, **_state(after)})
    elif before.is_up_to_date:
        prose(page(), f"{after.url} was up to date, at revision {after.revision}.")
    else:
        come = f"from revision {before.revision}" if before.revision else "from nothing"
        prose(page(), f"{after.url} went {come} to revision {after.revision}.")


def status(
    data: operating.Data = None, database: operating.Database = None, json: options.Json = False
) -> None:
    """Tell at which revision the tables are, and which one this kwhen works with."""
    settings = operating.chosen(data=data, database_url=database)
    from kwhen.operations.database_state import database_state

    found = database_state(settings)
    if json:
        emit(_state(found))
    else:
        prose(page(), f"{found.url}: {state_words(found)}.")


def state_words(found: "DatabaseState") -> str:
    """How the tables are, in words."""
    if not found.is_there:
        return "not made yet; the first start does it"
    if found.revision is None:
        return "without tables; `kwhen db upgrade` or the first start makes them"
    if found.is_up_to_date:
        return f"up to date, at revision {found.revision}"
    return f"at revision {found.revision}, this kwhen works with {found.newest}: `kwhen db upgrade`"


def _state(found: "DatabaseState") -> Document:
    return {
        "url": found.url,
        "is_there": found.is_there,
        "revision": found.revision,
        "newest": found.newest,
        "is_up_to_date": found.is_up_to_date,
    }
