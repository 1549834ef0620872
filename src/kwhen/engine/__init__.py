"""The maths of a kWh: time, tariffs, bills, credits and marginal prices. Pure."""
