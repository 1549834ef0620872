"""What may be reached: every kind of address, ports, URLs as they are set."""

from ipaddress import ip_address, ip_network

import pytest

from kwhen.errors import InvalidFields, SettingError
from kwhen.operations.targets import (
    LOOPBACK,
    OutboundPolicy,
    RefusedTarget,
    is_public,
    policy_of,
)
from kwhen.settings import Settings

PUBLIC = OutboundPolicy()
OWN = OutboundPolicy(networks=LOOPBACK)

REFUSED = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.9.1",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "2620:4f:8000::1",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "ff02::1",
]  # fmt: skip
REACHED = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2a00:1450:4001::1"]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(RefusedTarget, match="no public address"):
        PUBLIC.check(ip_address(address), 443)


@pytest.mark.parametrize("address", REACHED)
def test_a_public_address_is_reached_on_the_usual_ports_alone(address: str) -> None:
    PUBLIC.check(ip_address(address), 443)
    PUBLIC.check(ip_address(address), 80)
    with pytest.raises(RefusedTarget, match="port 5432 is not allowed, only 80 and 443"):
        PUBLIC.check(ip_address(address), 5432)


def test_a_network_of_ones_own_is_reached_on_any_port() -> None:
    OWN.check(ip_address("127.0.0.1"), 9999)
    OWN.check(ip_address("::1"), 9999)
    with pytest.raises(RefusedTarget):
        OWN.check(ip_address("10.0.0.1"), 443)
    with pytest.raises(RefusedTarget):
        OWN.check(ip_address("::ffff:127.0.0.1"), 443)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.com/", "give a whole URL"),
        ("example.com/hook", "give a whole URL"),
        ("https://", "give a whole URL"),
        ("", "give a whole URL"),
        ("http://example.com/", "give an https URL"),
        ("http://127.0.0.1:8080/", "give an https URL"),
        ("https://localhost/", "no public address"),
        ("https://[::1]/", "no public address"),
        ("https://[::ffff:7f00:1]/", "no public address"),
        ("https://10.1.2.3/", "no public address"),
        ("https://example.com:8443/", "port 8443"),
        ("https://ann:secret@example.com/", "leave out user"),
        ("https://example.com/#part", "leave out user"),
        ("https://example.com/a b", "blanks"),
        ("https://example.com/a\nb", "blanks"),
        ("https://example.com/" + "a" * 2048, "longer"),
        ("https://exa\x00mple.com/", "blanks"),
        ("https://[::1/", "."),
    ],
)
def test_a_url_that_could_never_be_sent_to_is_refused(url: str, words: str) -> None:
    with pytest.raises(InvalidFields, match=words) as caught:
        PUBLIC.check_url(url)
    assert caught.value.fields[0].field == "webhookUrl"


@pytest.mark.parametrize(
    ("policy", "url"),
    [
        (PUBLIC, "https://example.com/hook?a=b"),
        (PUBLIC, "https://example.com:443/"),
        (PUBLIC, "https://münchen.example/"),
        (PUBLIC, "https://93.184.216.34/"),
        (OutboundPolicy(allow_http=True), "http://example.com/"),
        (OWN, "http://127.0.0.1:9999/"),
        (OWN, "http://localhost:9999/"),
        (OWN, "http://[::1]:9999/"),
    ],
)
def test_other_urls_pass(policy: OutboundPolicy, url: str) -> None:
    policy.check_url(url)


def test_the_settings_of_a_deployment_make_its_policy() -> None:
    assert policy_of(Settings()) == PUBLIC
    told = Settings(allow_loopback_targets=True, target_networks="10.1.0.0/16, fd00::/8")
    assert policy_of(told).networks == (
        *LOOPBACK,
        ip_network("10.1.0.0/16"),
        ip_network("fd00::/8"),
    )
    with pytest.raises(SettingError, match="KWHEN_TARGET_NETWORKS"):
        policy_of(Settings(target_networks="ten"))
