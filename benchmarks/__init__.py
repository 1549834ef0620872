"""Speed and memory of kwhen beside NREL-PySAM: `python -m benchmarks`."""
