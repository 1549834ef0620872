"""The demonstration year that the package ships. The home is synthetic; nobody lives there."""

from importlib.resources import files
from typing import Final

from kwhen.errors import SourceError
from kwhen.usage.reader import read_usage
from kwhen.usage.values import Usage

DEMO_ZIPCODE: Final = "94107"
DEMO_ZONE: Final = "America/Los_Angeles"
_FILE: Final = "synthetic-home-94107-2025.zip"


def demo_usage() -> Usage:
    """The year 2025 of a synthetic home in San Francisco with 3 kW of solar. [kWh per 15 minutes]

    Built from the climate zone's load shape, the mean use of PG&E's customers and the zone's
    solar yields; `samples/README.md` tells how. Hourly figures, split evenly.

    Raises
    ------
    SourceError
        The installation lacks the file.
    """
    try:
        content = files("kwhen.usage").joinpath("samples", _FILE).read_bytes()
    except OSError as error:
        raise SourceError(
            f"the shipped file usage/samples/{_FILE} is missing; install kwhen again"
        ) from error
    return read_usage(content, zone=DEMO_ZONE)
