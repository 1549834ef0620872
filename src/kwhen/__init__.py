"""What a kWh at home costs and emits, every 15 minutes.

The first steps: `rate_plan` or `plans` finds a plan, `read_usage` reads a meter's file, `bill`
says what it costs, `prices` what one more kWh would.
"""

from kwhen.api.bills import bill, prices
from kwhen.api.homes import Home
from kwhen.api.impacts import Comparison, Impact, compare_impacts, impact
from kwhen.api.profiles import Profile, default_profile
from kwhen.api.signals import Signal, price_signal, price_signals
from kwhen.catalog.plans import RatePlan, plan, plans, rate_plan
from kwhen.catalog.urdb import read_urdb
from kwhen.engine.marginal import Prices
from kwhen.engine.plain import Event
from kwhen.engine.result import Bill, Line
from kwhen.engine.signal import CarbonIntensity
from kwhen.engine.solar import SolarSystem
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Credit, Customer, Missing
from kwhen.errors import (
    ChoiceError,
    CoverageError,
    KwhenError,
    NotFound,
    SourceError,
    TariffError,
    UsageError,
)
from kwhen.usage import Usage, read_usage

__version__ = "0.1.0"

__all__ = [
    "Bill",
    "CarbonIntensity",
    "ChoiceError",
    "Comparison",
    "CoverageError",
    "Credit",
    "Customer",
    "Event",
    "Home",
    "Impact",
    "KwhenError",
    "Line",
    "Missing",
    "NotFound",
    "Prices",
    "Profile",
    "RatePlan",
    "Signal",
    "SourceError",
    "SolarSystem",
    "Tariff",
    "TariffError",
    "Usage",
    "UsageError",
    "__version__",
    "bill",
    "compare_impacts",
    "default_profile",
    "impact",
    "plan",
    "plans",
    "price_signal",
    "price_signals",
    "prices",
    "rate_plan",
    "read_urdb",
    "read_usage",
]
