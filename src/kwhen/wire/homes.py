"""Homes as clients send and get them."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator

from kwhen.records import HomeRecord, SolarInfo
from kwhen.wire.kinds import (
    WHOLE,
    DayField,
    MomentField,
    Name,
    SolarKw,
    SolarKwOrNone,
    Text64,
    Text255,
    Text2000,
    ZipcodeField,
)
from kwhen.wire.model import Answered, Sent

Intensity = Literal["LOW", "MEDIUM", "HIGH"]
ModuleName = Literal["standard", "premium", "thinFilm"]
ArrayName = Literal["fixedOpenRack", "fixedRoof", "singleAxis", "backtracked", "dualAxis"]
QUESTIONNAIRE = {
    "has_ev_charger": "hasEvCharger",
    "has_electric_heater": "hasElectricHeater",
    "has_smart_water_heater": "hasSmartWaterHeater",
    "has_electric_water_heater": "hasElectricWaterHeater",
    "has_ac": "hasAC",
    "ac_type": "acType",
}


class SolarInfoSent(Sent):
    """A home's solar in PVWatts terms."""

    system_size_kw: SolarKw = Field(description="DC rating of the modules, kW.")
    is_non_net_metered: bool = Field(
        description="True: exports earn less than imports cost (net billing)."
    )
    module_type: ModuleName | None = Field(None, description="PVWatts' module type.")
    array_type: ArrayName | None = Field(None, description="PVWatts' array type.")
    tilt: float | None = Field(None, ge=0, le=90, description="Degrees from horizontal.")
    azimuth: float | None = Field(None, ge=0, lt=360, description="Degrees from north, clockwise.")
    losses: float | None = Field(None, ge=0, le=99, description="System losses, percent.")
    inverter_efficiency: float | None = Field(None, ge=90, le=99.5, description="Percent.")
    dc_ac_ratio: float | None = Field(None, ge=0.2, le=10, description="DC over AC rating.")
    interconnection_date: DayField | None = Field(
        None, description="Date of the permission to operate; sets the export vintage."
    )

    def record(self) -> SolarInfo:
        """The same as a stored value."""
        return SolarInfo(
            system_size_kw=self.system_size_kw,
            is_non_net_metered=self.is_non_net_metered,
            module_type=self.module_type,
            array_type=self.array_type,
            tilt_deg=self.tilt,
            azimuth_deg=self.azimuth,
            losses_percent=self.losses,
            inverter_efficiency_percent=self.inverter_efficiency,
            dc_ac_ratio=self.dc_ac_ratio,
            interconnection_date=self.interconnection_date,
        )


class HomeChange(Sent):
    """Fields of a home to set. Absent: unchanged; null: cleared where the answer may be null."""

    name: Name | None = Field(None, description="What people call it.")
    user_id: Text255 | None = Field(None, description="Your own id of the person.")
    utility_id: Text255 | None = Field(
        None, description="EIA id of the utility.", examples=["14328"]
    )
    utility_id_alias: Text255 | None = Field(
        None,
        alias="UtilityId",
        deprecated=True,
        description="Older spelling of `utilityId`, which wins where both are sent.",
    )
    rate_plan_id: Text255 | None = Field(
        None, description="`id` of a plan of /v1/utility/get; it fills the utility as well."
    )
    unstructured_address: Text2000 | None = Field(None, description="An address in one line.")
    client_id: Text255 | None = Field(None, description="Your own id of the home.")
    timezone: Text64 | None = Field(
        None, description="IANA zone; else that of the ZIP.", examples=["America/Los_Angeles"]
    )
    country: Text64 | None = Field(None, description="Else US where the ZIP is known.")
    city: Text255 | None = Field(None, description="Else that of the ZIP.")
    zipcode: ZipcodeField | None = Field(None, description="US ZIP code.", examples=["94107"])
    street_address: Text2000 | None = Field(None, description="Street and number.")
    meter_id: Text255 | None = Field(None, description="Id of the meter.")
    meter_id_source: Text255 | None = Field(None, description="Who gave the meter id.")
    channel_partner_id: Text255 | None = Field(None, description="A known channel partner.")
    enabled: bool | None = Field(None, description="False: left out of webhook runs.")
    energy_market_bidding_enabled: bool = Field(  # type: ignore[assignment]
        None, description="Whether the wholesale market enters the price."
    )
    carbon_signal_intensity: Intensity = Field(
        None,  # type: ignore[arg-type]
        description="What carbon counts in the price: 15, 51 or 190 $ a tonne.",
    )
    modal_home: bool = Field(  # type: ignore[assignment]
        None, description="A made-up home that stands for many."
    )
    export_rule: Text64 | None = Field(
        None, description="Export compensation, such as NEM2, NBT or NONE.", examples=["NBT"]
    )
    solar_info: SolarInfoSent | None = Field(None, description="Its solar; null removes it.")
    solar_system_size_kw: SolarKwOrNone | None = Field(
        None, description="With isNonNetMetered; 0 or null: no solar."
    )
    is_non_net_metered: bool | None = Field(None, description="With solarSystemSizeKw.")
    has_ev_charger: bool | None = Field(None, description="Kept as told.")
    has_electric_heater: bool | None = Field(None, description="Kept as told.")
    has_smart_water_heater: bool | None = Field(None, description="Kept as told.")
    has_electric_water_heater: bool | None = Field(None, description="Kept as told.")
    has_ac: bool | None = Field(None, alias="hasAC", description="Kept as told.")
    ac_type: Text255 | None = Field(None, description="Kept as told.")

    @field_validator(
        "energy_market_bidding_enabled", "carbon_signal_intensity", "modal_home", mode="before"
    )
    @classmethod
    def _not_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("cannot be null; leave it out to keep it as it is")
        return value

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, by the names of `HomeFacts`, with solar as its own."""
        # Not by getattr, which warns of the deprecated alias wherever an answer is sent back.
        sent = {name: self.__dict__[name] for name in self.model_fields_set}
        alias = sent.pop("utility_id_alias", None)
        if "utility_id" not in sent and "utility_id_alias" in self.model_fields_set:
            sent["utility_id"] = alias
        told = {QUESTIONNAIRE[name]: sent.pop(name) for name in QUESTIONNAIRE if name in sent}
        if told:
            sent["questionnaire"] = told
        if "solar_info" in sent:
            given = sent.pop("solar_info")
            sent["solar"] = None if given is None else given.record()
        return sent


class HomeCreate(HomeChange):
    """A new home; only its name is required."""

    name: Name = Field(description="What people call it.", examples=["My Test Home"])


class HomeList(Sent):
    """Which homes to list; all without fields."""

    page_size: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = Field(
        None, description="Homes a page."
    )
    page_number: Annotated[int, Field(ge=1, le=1_000_000), WHOLE] | None = Field(
        None, description="From 1."
    )
    after: Text255 | None = Field(
        None, description="Id of the last home seen: pages that stay exact while homes change."
    )
    user_id: Text255 | None = Field(None, description="Only homes of this person.")
    zipcode: ZipcodeField | None = Field(None, description="Only homes of this ZIP.")


class SolarCreate(Sent):
    """Solar for a home."""

    home_id: str = Field(max_length=255, description="Its id.")
    solar_system_size_kw: SolarKw = Field(description="DC rating, kW.")
    is_non_net_metered: bool = Field(description="True: net billing.")


class HomeId(Answered):
    """The id of the home that was changed."""

    home_id: str


class SolarInfoAnswer(Answered):
    """A home's solar; null: the usual value of PVWatts."""

    system_size_kw: float
    is_non_net_metered: bool
    module_type: ModuleName | None
    array_type: ArrayName | None
    tilt: float | None
    azimuth: float | None
    losses: float | None
    inverter_efficiency: float | None
    dc_ac_ratio: float | None
    interconnection_date: DayField | None

    @classmethod
    def of(cls, solar: SolarInfo) -> Self:
        """The shape of a stored value."""
        return cls(
            system_size_kw=solar.system_size_kw,
            is_non_net_metered=solar.is_non_net_metered,
            module_type=solar.module_type,  # type: ignore[arg-type]
            array_type=solar.array_type,  # type: ignore[arg-type]
            tilt=solar.tilt_deg,
            azimuth=solar.azimuth_deg,
            losses=solar.losses_percent,
            inverter_efficiency=solar.inverter_efficiency_percent,
            dc_ac_ratio=solar.dc_ac_ratio,
            interconnection_date=solar.interconnection_date,
        )


class HomeAnswer(Answered):
    """A home."""

    id: str = Field(examples=["ws_home_0123456789abcdef0123456789abcdef"])
    created_at: MomentField
    updated_at: MomentField
    name: str | None
    user_id: str | None
    utility_id: str | None = Field(alias="UtilityId", description="Written with a capital U.")
    rate_plan_id: str | None
    unstructured_address: str | None
    timezone: str | None
    country: str | None
    city: str | None
    zipcode: str | None
    street_address: str | None
    meter_id: str | None
    meter_id_source: str | None
    energy_market_bidding_enabled: bool
    enabled: bool | None
    carbon_signal_intensity: Intensity
    channel_partner_id: str | None
    modal_home: bool
    client_id: str | None = Field(description="Your own id of the home.")
    export_rule: str | None = Field(description="Its export compensation, where it has its own.")
    solar_info: SolarInfoAnswer | None = Field(description="Its solar, null without.")

    @classmethod
    def of(cls, home: HomeRecord) -> Self:
        """The shape of a stored home."""
        facts = home.facts
        plain = {name: getattr(facts, name) for name in _OF_FACTS}
        return cls(
            id=home.id,
            created_at=home.created_at,
            updated_at=home.updated_at,
            solar_info=None if facts.solar is None else SolarInfoAnswer.of(facts.solar),
            **plain,
        )


_OF_FACTS = tuple(
    name
    for name in HomeAnswer.model_fields
    if name not in ("id", "created_at", "updated_at", "solar_info")
)
