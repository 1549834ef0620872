"""Interval usage of a home, from the files that utilities and people really have."""

from kwhen.usage.reader import read_usage
from kwhen.usage.values import Fill, Gap, Usage

__all__ = ["Fill", "Gap", "Usage", "read_usage"]
