"""Homes: create, list, get, update, remove, and their solar."""

from datetime import datetime
from typing import Annotated

from fastapi import Header, Path

from kwhen.errors import InvalidFields, UsageError
from kwhen.operations import homes
from kwhen.operations.homes import Page
from kwhen.records import Scope
from kwhen.service.door import Caller, ReadWork, WriteWork, gated, needs
from kwhen.wire.homes import HomeAnswer, HomeChange, HomeCreate, HomeId, HomeList, SolarCreate
from kwhen.wire.kinds import read_moment

router = gated("/v1/homes", "homes")
once = gated("/v1/homes", "homes", once=True)

Reader = Annotated[Caller, needs(Scope.HOMES_READ)]
Writer = Annotated[Caller, needs(Scope.HOMES_WRITE)]
TheHome = Annotated[str, Path(description="Id of a home.")]
IfMatch = Annotated[
    str | None,
    Header(description="`updatedAt` of the version that you change; 409 where it is older."),
]


@once.post("/create", operation_id="createHome", summary="Make a home.")
def create(caller: Writer, work: WriteWork, body: HomeCreate) -> HomeAnswer:
    """Only `name` is required. What the ZIP tells is filled in; a plan fills the utility."""
    return HomeAnswer.of(homes.create_home(work, body.changes()))


@router.post("/list", operation_id="listHomes", summary="Homes of this environment.")
def list_all(caller: Reader, work: ReadWork, body: HomeList | None = None) -> list[HomeAnswer]:
    """Oldest first: a change of a home does not move it, a new one comes last."""
    wanted = body or HomeList()  # type: ignore[call-arg]
    page = Page(
        size_count=wanted.page_size,
        number=wanted.page_number or 1,
        after=wanted.after,
        user_id=wanted.user_id,
        zipcode=wanted.zipcode,
    )
    return [HomeAnswer.of(home) for home in homes.list_homes(work, page)]


@router.post("/{id}/get", operation_id="getHome", summary="One home.")
def get(id: TheHome, caller: Reader, work: ReadWork) -> HomeAnswer:
    """The home as it is stored."""
    return HomeAnswer.of(homes.get_home(work, id))


@router.post(
    "/{id}/update",
    operation_id="ClientHomeCompositeAuthController_updateHome_v1",
    summary="Change a home.",
)
def update(
    id: TheHome,
    caller: Writer,
    work: WriteWork,
    body: HomeChange | None = None,
    if_match: IfMatch = None,
) -> HomeAnswer:
    """Fields that are absent stay as they are; null clears those that may be null."""
    changes = body.changes() if body else {}
    return HomeAnswer.of(homes.update_home(work, id, changes, version_of(if_match)))


@router.post("/{id}/remove", operation_id="removeHome", summary="Remove a home of the sandbox.")
def remove(id: TheHome, caller: Writer, work: WriteWork, if_match: IfMatch = None) -> HomeAnswer:
    """Answers the home that was removed; its history goes with it."""
    return HomeAnswer.of(homes.remove_home(work, id, version_of(if_match)))


@router.post("/solar/create", operation_id="createHomeSolar", summary="Give a home solar.")
def create_solar(caller: Writer, work: WriteWork, body: SolarCreate) -> HomeId:
    """Creates its solar, or changes size and metering of what it has."""
    home = homes.add_solar(work, body.home_id, body.solar_system_size_kw, body.is_non_net_metered)
    return HomeId(home_id=home.id)


def version_of(if_match: str | None) -> datetime | None:
    """The version that an If-Match header names.

    Raises
    ------
    InvalidFields
    """
    if if_match is None or if_match.strip() == "*":
        return None
    try:
        return read_moment(if_match.strip().strip('"'))
    except UsageError as error:
        raise InvalidFields.one("If-Match", f"give the home's updatedAt: {error}") from error
