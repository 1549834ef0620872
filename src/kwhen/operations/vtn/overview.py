"""What a tenant has on the OpenADR server, as its owner sees it: everything of the tenant."""

from dataclasses import dataclass, replace
from urllib.parse import quote

from kwhen.operations.vtn import midas
from kwhen.operations.vtn.tariffs import TariffProgram, tariff_programs
from kwhen.operations.work import Work
from kwhen.records import VtnKind, VtnObject, VtnVersion
from kwhen.storage import vtn, vtn_notifications
from kwhen.storage.vtn import Wanted

BASE = "/openadr3"
SHOWN_COUNT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffAddress:
    """A tariff program, and where each kind of client reads it; paths of this deployment."""

    program: TariffProgram
    events: dict[VtnVersion, str]
    bare: str
    hourly: str  # the same by the hour
    midas: str
    rin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Objects of a kind: the first of them, and how many there are."""

    objects: tuple[VtnObject, ...]
    count: int


def held(work: Work, kind: VtnKind, *, program_id: str | None = None, skip_count: int = 0) -> Held:
    """The tenant's objects of a kind, oldest first, a page of them."""
    every = Wanted(program_id=program_id)
    page = replace(every, skip_count=skip_count, limit_count=SHOWN_COUNT)
    return Held(
        objects=tuple(vtn.list_objects(work.session, work.tenant, kind, None, page)),
        count=vtn.count_objects(work.session, work.tenant, kind, None, every),
    )


def find(work: Work, kind: VtnKind, object_id: str) -> VtnObject:
    """An object of the tenant.

    Raises
    ------
    UnknownId
    """
    return vtn.find_object(work.session, work.tenant, kind, object_id, None)


def owed_counts(work: Work) -> dict[str, int]:
    """How many notifications each subscription of the tenant is owed, where it is owed any."""
    return vtn_notifications.owed_counts(work.session, work.tenant)


def search_tariffs(work: Work, text: str, limit_count: int = SHOWN_COUNT) -> list[TariffAddress]:
    """Plans whose names hold every word of a text; where the program's own does, first."""
    words = text.lower().split()
    found: list[tuple[int, TariffProgram]] = []
    for program in tariff_programs(work.stock):
        plan, name = program.plan, program.name.lower()
        told = f"{name} {plan.name} {plan.utility} {plan.key} {plan.state}".lower()
        if not program.is_hourly and all(word in told for word in words):
            found.append((sum(word not in name for word in words), program))
    found.sort(key=lambda one: one[0])
    return [tariff_address(program) for _, program in found[:limit_count]]


def tariff_address(program: TariffProgram) -> TariffAddress:
    """Where a tariff program is read."""
    hourly = replace(program, is_hourly=True)
    rin = midas.rin_of(program)
    return TariffAddress(
        program=program,
        events={
            version: f"{BASE}/{version}/events?programID={program.id}" for version in VtnVersion
        },
        bare=f"/price/{quote(program.name, safe='')}/OpenADR3",
        hourly=f"/price/{quote(hourly.name, safe='')}/OpenADR3",
        midas=f"/midas/api/ValueData?ID={rin}&QueryType=alldata",
        rin=rin,
    )
