"""Where the service may send to: which URLs an organisation can name, which addresses count."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx

from kwhen.errors import InvalidFields, KwhenError, SettingError
from kwhen.settings import Settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
PORTS = frozenset({80, 443})
LONGEST_URL_COUNT = 2048
UNICAST = ip_network("2000::/3")  # all that the registries have given out
# `ipaddress` calls these global, or says so of what can be embedded in them.
NOT_V6 = tuple(
    map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)
NOT_V4 = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocol assignments
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT relays
            "192.88.99.0/24",  # 6to4 relays
            "192.175.48.0/24",  # AS112
            "168.63.129.16/32",  # the host of a virtual machine, on one cloud
        ),
    )
)


class RefusedTarget(KwhenError):
    """An address that the service does not send to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundPolicy:
    """What may be reached: public addresses on the ports, and every port of `networks`."""

    allow_http: bool = False
    ports: frozenset[int] = PORTS
    networks: tuple[Network, ...] = ()

    def is_own(self, address: Address) -> bool:
        """Whether an address was allowed by the operator, rather than by being public."""
        return any(address in network for network in self.networks)

    def check(self, address: Address, port_number: int) -> None:
        """Refuse an address and port that may not be reached.

        Raises
        ------
        RefusedTarget
        """
        if self.is_own(address):
            return
        if not is_public(address):
            raise RefusedTarget(f"{address} is no public address")
        if port_number not in self.ports:
            raise RefusedTarget(f"port {port_number} is not allowed, only {_listed(self.ports)}")

    def check_url(self, text: str, field: str = "webhookUrl") -> None:
        """Refuse a URL that could never be sent to; names are looked up when it is sent.

        Raises
        ------
        InvalidFields
        """
        try:
            self._check_url(text)
        except (RefusedTarget, httpx.InvalidURL) as error:
            raise InvalidFields.one(field, str(error)) from error

    def _check_url(self, text: str) -> None:
        if len(text) > LONGEST_URL_COUNT:
            raise RefusedTarget(f"is longer than {LONGEST_URL_COUNT} characters")
        if not text.isprintable() or " " in text:
            raise RefusedTarget("holds blanks or control characters; encode them")
        url = httpx.URL(text)
        if url.scheme not in ("https", "http") or not url.host:
            raise RefusedTarget("give a whole URL, such as https://example.com/price-signals")
        if url.userinfo or url.fragment:
            raise RefusedTarget("leave out user, password and fragment")
        host = literal(url.host)
        own = host is not None and self.is_own(host)
        if url.scheme == "http" and not (self.allow_http or own):
            raise RefusedTarget("give an https URL; this deployment does not send over http")
        port_number = url.port or (443 if url.scheme == "https" else 80)
        if host is not None:
            self.check(host, port_number)
        elif not self.networks and port_number not in self.ports:
            raise RefusedTarget(f"port {port_number} is not allowed, only {_listed(self.ports)}")


def literal(host: str) -> Address | None:
    """The address that a host name stands for by itself, None for a name to be looked up."""
    if host.lower().rstrip(".") == "localhost":
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, whatever may be embedded in it."""
    if isinstance(address, IPv6Address):
        return address in UNICAST and not any(address in network for network in NOT_V6)
    is_out = address.is_multicast or address.is_reserved or any(address in net for net in NOT_V4)
    return address.is_global and not is_out


def policy_of(settings: Settings) -> OutboundPolicy:
    """The policy of a deployment.

    Raises
    ------
    SettingError
    """
    own = LOOPBACK if settings.allow_loopback_targets else ()
    try:
        networks = tuple(map(ip_network, _words(settings.target_networks)))
    except ValueError as error:
        raise SettingError(f"KWHEN_TARGET_NETWORKS: {error}, such as 10.1.0.0/16") from error
    return OutboundPolicy(allow_http=settings.allow_http_targets, networks=own + networks)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _listed(ports: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(ports)))
