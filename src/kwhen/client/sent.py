"""What is sent, as keyword arguments and mappings; names are the API's in snake_case."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from kwhen.client.bodies import Day, Energy

Level = Literal["LOW", "MEDIUM", "HIGH"]
Component = Literal["tariff", "wholesale", "carbon", "solar"]
Extra = Literal["components", "exportPrices", "sources"]


class _SolarSize(TypedDict):
    system_size_kw: float
    is_non_net_metered: bool


class SolarFields(_SolarSize, total=False):
    """A home's solar in PVWatts terms."""

    module_type: Literal["standard", "premium", "thinFilm"] | None
    array_type: (
        Literal["fixedOpenRack", "fixedRoof", "singleAxis", "backtracked", "dualAxis"] | None
    )
    tilt: float | None
    azimuth: float | None
    losses: float | None
    inverter_efficiency: float | None
    dc_ac_ratio: float | None
    interconnection_date: Day | None


class HomeFields(TypedDict, total=False):
    """Fields of a home beside its name. Absent: unchanged; None: cleared."""

    user_id: str | None
    utility_id: str | None
    rate_plan_id: str | None
    unstructured_address: str | None
    client_id: str | None
    timezone: str | None
    country: str | None
    city: str | None
    zipcode: str | None
    street_address: str | None
    meter_id: str | None
    meter_id_source: str | None
    channel_partner_id: str | None
    enabled: bool | None
    energy_market_bidding_enabled: bool
    carbon_signal_intensity: Level
    modal_home: bool
    export_rule: str | None
    solar_info: SolarFields | None
    solar_system_size_kw: float | None
    is_non_net_metered: bool | None
    has_ev_charger: bool | None
    has_electric_heater: bool | None
    has_smart_water_heater: bool | None
    has_electric_water_heater: bool | None
    has_ac: bool | None
    ac_type: str | None


class HomeChanges(HomeFields, total=False):
    """Fields of a home to change."""

    name: str | None


class UtilityFields(TypedDict, total=False):
    """Which utilities: of a ZIP, of a place, or of an id."""

    zipcode: str
    lat: str
    long: str
    radius: float
    utility_id: str
    effective_on_date: float  # Unix seconds
    is_solar_prioritized_order: bool
    detail_level: Literal["full", "minimal"]
    page_size: int
    page_number: int


class _PlanOfHome(TypedDict):
    rate_plan_id: str


class InlineHome(_PlanOfHome, total=False):
    """A home that is not stored."""

    zipcode: str | None
    carbon_signal_importance: Level | None
    solar_capacity_kw: float | None
    is_non_net_metered: bool | None
    interconnection_date: Day | None
    annual_kwh: float | None
    name: str | None
    utility_id: str | None


class _Zip(TypedDict):
    zipcode: str


class PlansHome(_Zip, total=False):
    """A home whose plans are compared, without being stored."""

    rate_plan_id: str | None
    solar_capacity_kw: float | None
    is_non_net_metered: bool | None
    interconnection_date: Day | None
    annual_kwh: float | None


class BillOptions(TypedDict, total=False):
    """How usage is billed."""

    export: Energy | None
    debug: bool
    export_rule: str | None
    strict_versions: bool


class ImpactOptions(BillOptions, total=False):
    """Where usage comes from, and how it is billed. Without any: say which of the two to use."""

    usage: Energy | None
    use_default_usage: bool
    use_stored_usage: bool


class PlansOptions(TypedDict, total=False):
    """Where the usage of a comparison of plans comes from, and whose prices count."""

    usage: Energy | None
    export: Energy | None
    use_default_usage: bool
    use_stored_usage: bool
    prices_on: Day


class _BatterySize(TypedDict):
    capacity_kwh: float
    power_kw: float


class Battery(_BatterySize, total=False):
    """A battery that is added."""

    charging_efficiency: float
    discharging_efficiency: float
    may_export: bool
    may_charge_from_grid: bool


class _VehicleUse(TypedDict):
    kwh_per_day: float
    opens: str
    closes: str


class Vehicle(_VehicleUse, total=False):
    """A vehicle that is added."""

    charger_kw: float


class LoadShift(TypedDict):
    """A share of the use in some hours that moves to others."""

    from_hours: Sequence[int]
    to_hours: Sequence[int]
    share: float


class Scenario(TypedDict, total=False):
    """A scenario: its energy, its devices, and what is other than on the home as it is."""

    usage: Energy | None
    export: Energy | None
    use_default_usage: bool
    use_stored_usage: bool
    rate_plan_id: str
    export_rule: str
    solar: SolarFields
    vehicle: Vehicle
    load_shift: LoadShift
    battery: Battery


class FeedbackFields(TypedDict, total=False):
    """What you have to say; at least one field."""

    name: str
    company: str
    message: str
    page: str
    feedback_type: str
    summary: str
    question: str
    expected_behavior: str
    actual_behavior: str
    repro_steps: str | list[str]
    suggested_fix: str
    sanitized_evidence: object
    error: object
    endpoint: str
    operation_id: str
    environment: str
    request_id: str
    docs_url: str
    source_urls: list[str]
    routing_tags: list[str]
    submitter: object
    contact: object


class _SandboxFor(TypedDict):
    organization_name: str
    user_name: str
    assignment: str
    requested_scopes: list[str]


class SandboxFields(_SandboxFor, total=False):
    """Who asks for a sandbox, and what for."""

    agent: str
    client: str
    use_case: str
    device_segment: str
    project: str
    tech_stack: list[str]
    user_email: str
    company: str
    requested_environment: str
    requested_ttl_seconds: int


class ImpactLine(ImpactOptions, total=False):
    """A home of a batch: stored (`home_id`) or with the line (`home`), and its window."""

    home_id: str
    home: InlineHome
    start_date: Day
    end_date: Day


class ScheduleFields(TypedDict, total=False):
    """When signals are sent by themselves: `every_minutes`, or `daily_at` with `timezone`."""

    every_minutes: int
    daily_at: str
    timezone: str


class _WebhookPlace(TypedDict):
    webhook_url: str
    security_key: str


class WebhookFields(_WebhookPlace, total=False):
    """A webhook. `gzip`, `on_change` and `schedule` stay as they are where they are not sent."""

    open_adr: bool
    gzip: bool
    on_change: bool
    schedule: ScheduleFields | None
