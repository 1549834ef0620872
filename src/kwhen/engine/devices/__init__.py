"""What flexible devices do to a home's import and export: batteries, shifted use, charging.

Each function is pure: arrays of a home and of prices in, changed arrays out.
"""

from kwhen.engine.devices.battery import (
    Battery,
    Dispatch,
    Outcome,
    Window,
    dispatch_battery,
    month_steps,
)
from kwhen.engine.devices.charging import Charging, Shortfall, charge_ev
from kwhen.engine.devices.shift import Shift, shift_load

__all__ = [
    "Battery",
    "Charging",
    "Dispatch",
    "Outcome",
    "Shift",
    "Shortfall",
    "Window",
    "charge_ev",
    "dispatch_battery",
    "month_steps",
    "shift_load",
]
