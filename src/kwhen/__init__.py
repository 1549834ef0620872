"""What a kWh at home costs and emits, every 15 minutes."""

__version__ = "0.1.0"
