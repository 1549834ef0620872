"""What usage costs and emits, as clients ask for it and get it."""

from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, WithJsonSchema

from kwhen.errors import FieldError, InvalidFields
from kwhen.wire.field_errors import field_errors
from kwhen.wire.interval_rules import CELLS_COUNT, MOST_CELL_KWH, MOST_DAYS
from kwhen.wire.intervals import IntervalBody
from kwhen.wire.kinds import WHOLE, DayField, DayOrMoment, SolarKwOrNone, Text255, ZipcodeField
from kwhen.wire.model import Answered, Sent

Floats = NDArray[np.float64]
M = TypeVar("M", bound=Sent)

Day96 = Annotated[
    list[float],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": MOST_CELL_KWH},
            "minItems": CELLS_COUNT,
            "maxItems": CELLS_COUNT,
        }
    ),
]
Days = Annotated[list[Day96], Field(min_length=1, max_length=MOST_DAYS)]
Flag = bool | None  # null: as if it were not there


class InlineHomeSent(Sent):
    """A home that is not stored."""

    rate_plan_id: Text255 = Field(description="`id` of a plan of /v1/utility/get.")
    zipcode: ZipcodeField | None = Field(
        None, description="For CO2e, grid services and default usage."
    )
    carbon_signal_importance: Literal["LOW", "MEDIUM", "HIGH"] | None = Field(
        None, description="Accepted; it does not enter CO2e."
    )
    solar_capacity_kw: SolarKwOrNone | None = Field(
        None, description="For default usage and the usual use; kW."
    )
    is_non_net_metered: bool | None = Field(
        None, description="True: the utility's net billing; false: its net metering."
    )
    interconnection_date: DayField | None = Field(
        None, description="Of its solar; sets the export vintage."
    )
    annual_kwh: float | None = Field(
        None, gt=0, le=1_000_000, description="Its energy of a year, for default usage."
    )
    name: Text255 | None = Field(None, description="Yours; not used.")
    utility_id: Text255 | None = Field(None, description="EIA id; must be the plan's.")


class Arrays(Sent):
    """The arrays, for the document: they are read apart from the rest."""

    usage: Days | None = Field(
        None,
        description="kWh imported: one row of 96 wall-clock quarter hours for each day. Each value "
        "is finite, 0 to 1,000.",
    )
    export: Days | None = Field(
        None,
        description="kWh exported, rows as in usage.",
    )


class BillRequest(Arrays):
    """Energy of whole months under a plan."""

    start_date: DayOrMoment = Field(description="First local date.")
    end_date: DayOrMoment = Field(description="The day after the last one.")
    debug: Flag = Field(False, description="Answer debugInfo.")
    export_rule: Text255 | None = Field(
        None, description="Export compensation, such as NEM2, NBT or NONE."
    )
    strict_versions: Flag = Field(
        False, description="Refuse days that no version of the plan covers."
    )


class HomeImpactRequest(BillRequest):
    """Energy of a stored home."""

    use_default_usage: Flag = Field(
        False, description="Take the usual use of the place; wins over usage."
    )
    use_stored_usage: Flag = Field(False, description="Without usage: take the home's own history.")


class ImpactRequest(HomeImpactRequest):
    """Energy of a home that comes with the request."""

    home: InlineHomeSent


class MonthRequest(Arrays):
    """Energy of one month of a stored home."""

    month: Annotated[int, Field(ge=1, le=12), WHOLE]
    year: Annotated[int, Field(ge=2000, le=2100), WHOLE] | None = Field(
        None, description="This year without."
    )
    debug: Flag = False
    export_rule: Text255 | None = None
    strict_versions: Flag = False
    use_default_usage: Flag = False
    use_stored_usage: Flag = False


class ImpactAnswer(Answered):
    """A bill and, where the context allows, grid revenue and CO2e."""

    bill_total: float = Field(description="Net of what exporting earned, USD.")
    total_bill: float | None = Field(None, description="The same, on older routes.")
    export_compensation_credit: float | None = Field(
        None, description="What exporting saved, USD; absent where no rule is known."
    )
    grid_services_rev: float | None = Field(
        None, description="What programmes for grid services pay, USD; absent outside of them."
    )
    co2e: float | None = Field(None, alias="CO2e", description="Marginal CO2e, pounds.")
    start_date: DayField
    end_date: DayField
    debug_info: dict[str, Any] | None = Field(None, description="Where debug is true.")


def read_request(model: type[M], body: IntervalBody) -> M:
    """The fields beside the arrays; everything wrong with the body is told at once.

    Raises
    ------
    InvalidFields
    """
    try:
        found = model.model_validate(body.rest)
    except ValidationError as error:
        told: list[FieldError] = field_errors(error.errors(include_url=False))
        raise InvalidFields((*told, *body.problems)) from error
    if body.problems:
        raise InvalidFields(body.problems)
    return found
