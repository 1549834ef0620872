"""Utilities and their rate plans: the request, and the answer in both of its details."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from kwhen.engine.tariff import Service
from kwhen.engine.words import SupportedType
from kwhen.wire.gaps import GapAnswer, SourceAnswer
from kwhen.wire.kinds import WHOLE, ZIPCODE
from kwhen.wire.model import Answered, Sent
from kwhen.wire.plan_structure import StructureAnswer

LATITUDE = r"^[+-]?(?:90(?:\.0*)?|[0-8]?[0-9](?:\.[0-9]*)?)$"
LONGITUDE = r"^[+-]?(?:180(?:\.0*)?|(?:1[0-7]|[0-9])?[0-9](?:\.[0-9]*)?)$"
EIA_ID = r"^[0-9]{1,6}$"
FARTHEST_MILES = 100.0
LAST_SECOND = 4_102_444_800  # 2100-01-01
MOST_ON_A_PAGE = 1_000
USUAL_PAGE = 100


def _number(sent: object) -> object:
    """A number that came as text, as coordinates do; anything else stays as it is."""
    if not isinstance(sent, str):
        return sent
    try:
        return float(sent)
    except ValueError:
        return sent


Miles = Annotated[
    float,
    BeforeValidator(_number),
    Field(gt=0, le=FARTHEST_MILES),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": FARTHEST_MILES},
                {"type": "string", "pattern": r"^(?:100|[1-9][0-9]?)(?:\.0+)?$"},
            ]
        }
    ),
]


class UtilityQuery(Sent):
    """Which utilities: those of a ZIP, of a place or of an id; one of the three must be given."""

    zipcode: str | None = Field(
        default=None,
        pattern=ZIPCODE,
        description="ZIP or ZIP+4; lost leading zeros are fine (2139 is 02139), and three digits "
        "stand for every ZIP that starts with them. It wins over lat and long.",
        examples=["94107"],
    )
    lat: str | None = Field(
        default=None,
        pattern=LATITUDE,
        description="Latitude in degrees north, together with long.",
        examples=["37.7621"],
    )
    long: str | None = Field(
        default=None,
        pattern=LONGITUDE,
        description="Longitude in degrees east, below zero in the Americas.",
        examples=["-122.3971"],
    )
    radius: Miles | None = Field(
        default=None,
        description="Miles around lat and long: every ZIP whose centre lies within counts. "
        "Without it, and where no centre does, the nearest ZIP.",
        examples=[5],
    )
    utility_id: str | None = Field(
        default=None,
        pattern=EIA_ID,
        description="EIA id of a utility; beside a ZIP or a place only where it is listed there.",
        examples=["14328"],
    )
    effective_on_date: float | None = Field(
        default=None,
        ge=0,
        le=LAST_SECOND,
        description="Unix seconds: the versions in force on that local day, the nearest one where "
        "none is held. Without it, those of today.",
        examples=[1772352000],
    )
    is_solar_prioritized_order: bool | None = Field(
        default=None,
        description="Plans with a solar billing programme come first.",
        examples=[True],
    )
    detail_level: Literal["full", "minimal"] | None = Field(
        default=None,
        description="`minimal`, the default: names and ids. `full`: prices, times, export rules, "
        "dates, eligibility, gaps and sources as well.",
        examples=["minimal"],
    )
    page_size: Annotated[int, Field(ge=1, le=MOST_ON_A_PAGE), WHOLE] | None = Field(
        default=None,
        description=f"Utilities on a page. Without it {USUAL_PAGE} where pageNumber is given, "
        "else all.",
        examples=[20],
    )
    page_number: Annotated[int, Field(ge=1), WHOLE] | None = Field(
        default=None,
        description="Page of utilities; 1 is the first. A page beyond the last one is empty.",
        examples=[1],
    )


class RatePlanAnswer(Answered):
    """A rate plan by its names and ids."""

    id: str = Field(description="Send it as ratePlanId.", examples=["e2fffca662e52a9f4991d9d4"])
    rate_id: str = Field(
        validation_alias="rateID",
        serialization_alias="rateID",
        description="For reading only: country, state, utility, energy provider, sector, flags of "
        "structure and equipment, climate, dates and name; ? is not known.",
        examples=["USA-CA-14328-14328-R-BNYYYN-???N??-TB-03012026-????-????????-????????-ETOUC"],
    )
    rate_plan_name: str = Field(examples=["E-TOU-C: time of use, peak 4-9 p.m. every day"])
    supported_type: SupportedType = Field(
        description="How energy is priced; _DEMAND: power is charged for as well.",
        examples=["TOU_TIERED"],
    )
    solar_billing_program: str | None = Field(
        default=None,
        description="The export rule that is open to new homes that day; absent: none is known.",
        examples=["NBT"],
    )
    export_compensation_refs: tuple[str, ...] | None = Field(
        default=None,
        description="Every name and vintage of an export rule that a home on the plan can have; "
        "absent: none is known.",
        examples=[["NBT", "NBT26", "NEM2"]],
    )


class VersionAnswer(Answered):
    """The time in which one version of a plan is in force."""

    effective: date = Field(description="First local day.")
    until: date | None = Field(
        default=None, description="Exclusive; absent while no later version is known."
    )


class RatePlanDetails(RatePlanAnswer):
    """A rate plan with everything that is known of one of its versions."""

    key: str = Field(description="Readable name of the plan.", examples=["14328/E-TOU-C/T-B"])
    family: str = Field(
        description="The plan without baseline territory and heating code.",
        examples=["14328/E-TOU-C"],
    )
    state: str = Field(examples=["CA"])
    territory: str | None = Field(
        default=None, description="Baseline territory; absent: the plan has none.", examples=["T"]
    )
    heating: str | None = Field(
        default=None, description="Heating code: B basic, H all electric.", examples=["B"]
    )
    service: Service = Field(
        description="What it sells; delivery or supply alone is not a full bill."
    )
    timezone: str = Field(examples=["America/Los_Angeles"])
    currency: str = Field(examples=["USD"])
    offered: bool = Field(description="Whether new homes can choose it.")
    closed: str | None = Field(default=None, description="Why it is not offered.")
    eligibility: tuple[str, ...] = Field(
        description="What a home must be or have.", examples=[["an electric vehicle"]]
    )
    low_income_programs: tuple[str, ...] = Field(
        description="Programmes with discounts that the plan knows.", examples=[["CARE", "FERA"]]
    )
    effective: date = Field(description="First local day of the version that is told.")
    until: date | None = Field(default=None, description="Exclusive end of that version.")
    in_force: bool = Field(
        description="Whether it is in force on the day asked about; if not, it is the nearest."
    )
    versions: tuple[VersionAnswer, ...] = Field(description="Every version held, rising.")
    structure: StructureAnswer
    missing: tuple[GapAnswer, ...] = Field(description="What belongs to the plan and is not held.")
    sources: tuple[SourceAnswer, ...] = Field(description="Where the figures were read.")


class UtilityAnswer(Answered):
    """A utility and its rate plans; the list is empty where none is held."""

    utility_id: str = Field(description="EIA id.", examples=["14328"])
    utility_name: str = Field(examples=["Pacific Gas & Electric Co."])
    rate_plans: tuple[RatePlanDetails | RatePlanAnswer, ...]
