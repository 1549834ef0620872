"""The client: every operation of the API."""

from kwhen.client.access import Access
from kwhen.client.homes import Homes
from kwhen.client.impacts import Impacts
from kwhen.client.prices import Prices


class Client(Homes, Prices, Impacts, Access):
    """A connection to one deployment, with a key or a session token. Close it, or use `with`."""
