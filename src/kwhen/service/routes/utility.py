"""Utilities and their rate plans."""

from typing import Annotated

from pydantic import TypeAdapter
from starlette.responses import Response

from kwhen.operations.plan_answers import utility_answer
from kwhen.operations.utilities import find_utilities
from kwhen.records import Scope
from kwhen.service.door import Caller, ReadWork, gated, needs
from kwhen.wire.utilities import UtilityAnswer, UtilityQuery

router = gated("/v1/utility", "utilities")

ANSWERS = TypeAdapter(list[UtilityAnswer])
Reader = Annotated[Caller, needs(Scope.UTILITY_READ)]


@router.post(
    "/get",
    operation_id="getUtility",
    summary="Utilities of a place with their rate plans.",
    response_model=list[UtilityAnswer],
)
def get(caller: Reader, work: ReadWork, body: UtilityQuery) -> Response:
    """By ZIP, by coordinates or by id; no match is an empty list."""
    is_full = body.detail_level == "full"
    found = find_utilities(body, stock=work.stock, now=work.now)
    answers = [utility_answer(one, is_full=is_full) for one in found]
    told = ANSWERS.dump_json(answers, by_alias=True, exclude_none=True)
    return Response(told, media_type="application/json")
