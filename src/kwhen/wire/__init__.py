"""Shapes of what goes over the wire: pure functions from values to JSON-ready objects."""
