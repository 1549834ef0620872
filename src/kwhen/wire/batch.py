"""Requests for many homes at once, answered line by line."""

from typing import Annotated

from pydantic import Field, StringConstraints

from kwhen.wire.impact import HomeImpactRequest, ImpactRequest, InlineHomeSent
from kwhen.wire.price_signal import SignalRequest

MOST_HOMES = 1_000
HomeIds = Annotated[
    list[Annotated[str, StringConstraints(max_length=255)]],
    Field(min_length=1, max_length=MOST_HOMES, description="Ids of homes, answered in this order."),
]


class SignalsRequest(SignalRequest):
    """One window for many homes."""

    home_ids: HomeIds


class ImpactLine(HomeImpactRequest):
    """One line: an impact of a stored home (`homeId`) or of one in the line (`home`)."""

    home_id: Annotated[str, StringConstraints(max_length=255)] | None = Field(
        None, description="A stored home."
    )
    home: InlineHomeSent | None = Field(None, description="Or a home itself.")


__all__ = ["MOST_HOMES", "ImpactLine", "ImpactRequest", "SignalsRequest"]
