"""A home as a frozen value: what its prices and impacts depend on."""

from dataclasses import dataclass, field, replace

from kwhen.catalog.places import Place, place
from kwhen.catalog.plans import RatePlan, rate_plan
from kwhen.engine.compensation import ExportRule, Netting
from kwhen.engine.signal import CarbonIntensity
from kwhen.engine.solar import SolarSystem
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Customer
from kwhen.errors import ChoiceError
from kwhen.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home: its plan, place and solar, and how much carbon and the market count for it.

    `history` is the home's own past usage, if known: it says how much the month is expected to
    use and when the home exports.
    """

    plan: RatePlan | Tariff | str  # a plan, one version of it, or a key or id
    zipcode: str | None = None
    customer: Customer = field(default_factory=Customer)
    solar: SolarSystem | None = None
    carbon_intensity: CarbonIntensity = CarbonIntensity.MEDIUM
    market_participation: bool = True
    annual_kwh: float | None = None
    carbon_point: str | None = None  # whose live signal counts, such as WATTTIME/CAISO_NORTH
    history: Usage | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        got: object = self.carbon_intensity
        if not isinstance(got, CarbonIntensity):
            known = ", ".join(f"CarbonIntensity.{intensity.name}" for intensity in CarbonIntensity)
            raise ChoiceError(f"carbon_intensity is {got!r}; known: {known}")

    @property
    def place(self) -> Place | None:
        """Where the home is, if its ZIP is given."""
        return place(self.zipcode) if self.zipcode is not None else None

    @property
    def versions(self) -> tuple[Tariff, ...]:
        """The versions of its plan that are known."""
        if isinstance(self.plan, Tariff):
            return (self.plan,)
        plan = rate_plan(self.plan) if isinstance(self.plan, str) else self.plan
        return plan.versions

    @property
    def utility_id(self) -> int:
        """EIA id of the utility of its plan."""
        return self.versions[-1].utility_id

    @property
    def is_net_metered(self) -> bool:
        """Whether an exported kWh is worth an imported one; also a home without solar."""
        return self.solar is None or not self.solar.is_non_net_metered

    def billed_customer(self) -> Customer:
        """The customer with the export rule that its solar has: its own, else by the contract.

        Non-net-metered solar takes the utility's successor rule (California: NBT), other solar
        its net metering, where the plan knows one. Where that is not told, the customer's own
        rule stays, or the one that is open.
        """
        if self.solar is None or self.customer.export_rule is not None:
            return self.customer
        connected = self.solar.interconnection_date or self.customer.interconnection_date
        if self.solar.is_non_net_metered is None:
            if connected == self.customer.interconnection_date:
                return self.customer
            return replace(self.customer, interconnection_date=connected)
        rule = _rule_of_kind(self.versions[-1], netted=self.is_net_metered)
        return replace(
            self.customer,
            export_rule=rule.name if rule else None,
            interconnection_date=connected,
        )


def _rule_of_kind(tariff: Tariff, *, netted: bool) -> ExportRule | None:
    """The first rule of a tariff that nets periods, or that does not."""
    known = tariff.variants[0].export_rules if tariff.variants else tariff.export_rules
    fits = [rule for rule in known if (rule.netting is Netting.PERIODS) == netted]
    return fits[0] if fits else None
