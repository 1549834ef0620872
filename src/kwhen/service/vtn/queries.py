"""What lists can be asked for, in both editions and as older clients write it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator

from kwhen.errors import UsageError
from kwhen.records import VtnKind
from kwhen.storage.vtn import Wanted
from kwhen.wire.kinds import read_moment

MOST_PAGE_COUNT = 50


def _whole(sent: str | list[str] | None) -> str | list[str] | None:
    """Refuse what a database refuses to look for; in a list as well."""
    if sent is not None and any(
        "\0" in text for text in ([sent] if isinstance(sent, str) else sent)
    ):
        raise ValueError("holds a NUL character; leave it out")
    return sent


Word = Annotated[str | None, Query(max_length=8000), AfterValidator(_whole)]
Words = Annotated[list[str] | None, Query(max_length=100), AfterValidator(_whole)]
NAMES = {
    "PROGRAM_NAME": VtnKind.PROGRAM,
    "VEN_NAME": VtnKind.VEN,
    "RESOURCE_NAME": VtnKind.RESOURCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Targeting:
    """What a list's targets, or names in their place, ask for.

    Under 3.1.0 an object has all of the `targets`, under 3.0.1 one of the `targetValues`.
    """

    every_target: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    name_of: VtnKind | None = None  # whose name `names` are
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The page of a list."""

    skip_count: int
    limit_count: int


async def _listed(
    skip: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=0, le=MOST_PAGE_COUNT)] = MOST_PAGE_COUNT,
) -> Listed:
    return Listed(skip_count=skip, limit_count=limit)


async def _targeting(
    targets: Words = None,
    targetType: Word = None,
    targetValues: Words = None,
) -> Targeting:
    values = tuple(targetValues or ())
    if targetType is None or not values:
        return Targeting(every_target=tuple(targets or ()))
    if targetType in NAMES:
        return Targeting(name_of=NAMES[targetType], names=values)
    return Targeting(targets=values)


async def _wanted(
    listed: Annotated[Listed, Depends(_listed)],
    targeting: Annotated[Targeting, Depends(_targeting)],
    programID: Word = None,
    eventID: Word = None,
    venID: Word = None,
    clientName: Word = None,
    objects: Annotated[list[VtnKind] | None, Query()] = None,
) -> Wanted:
    return Wanted(
        program_id=programID,
        parent_id=eventID or venID,
        client_name=clientName,
        targets=targeting.targets,
        every_target=targeting.every_target,
        objects=tuple(objects or ()),
        skip_count=listed.skip_count,
        limit_count=listed.limit_count,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names that a list asks for, by the fields of either edition."""

    of_program: tuple[str, ...]
    of_ven: str | None
    of_resource: str | None


async def _names(
    targeting: Annotated[Targeting, Depends(_targeting)],
    programName: Word = None,
    venName: Word = None,
    resourceName: Word = None,
) -> Names:
    first = targeting.names[0] if targeting.names else None
    legacy = {targeting.name_of: first}
    programs = targeting.names if targeting.name_of is VtnKind.PROGRAM else ()
    return Names(
        of_program=(programName,) if programName is not None else programs,
        of_ven=venName or legacy.get(VtnKind.VEN),
        of_resource=resourceName or legacy.get(VtnKind.RESOURCE),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time that events are asked for; what cannot be read does not count."""

    start: datetime | None
    end: datetime | None
    is_active_alone: bool


async def _span(
    active: bool = False,
    dateStart: Word = None,
    dateEnd: Word = None,
) -> Span:
    return Span(start=_moment(dateStart), end=_moment(dateEnd), is_active_alone=active)


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else read_moment(text)
    except UsageError:
        return None


ListWanted = Annotated[Wanted, Depends(_wanted)]
ListNames = Annotated[Names, Depends(_names)]
ListSpan = Annotated[Span, Depends(_span)]
