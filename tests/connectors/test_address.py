"""Where requests may go is judged before anything is sent."""

import pytest

from seatkeeper.connectors.address import judge_address, judge_url
from seatkeeper.errors import InvalidValue


@pytest.mark.parametrize(
    ("typed", "origin", "path"),
    [
        ("https://larkspur.15five.com/scim/v2/", "https://larkspur.15five.com", "/scim/v2"),
        (" https://App.Example:8443 ", "https://app.example:8443", ""),
        ("https://app.example/scim?aadOptscim062020", "https://app.example", "/scim"),
        ("https://93.184.216.34/scim", "https://93.184.216.34", "/scim"),
    ],
)
def test_a_url_that_was_typed_well_is_taken(typed: str, origin: str, path: str) -> None:
    address = judge_url(typed, allow_loopback=False)

    assert (address.origin, address.path) == (origin, path)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            "larkspur.15five.com/scim/v2",
            "Type https:// in front of it: https://larkspur.15five.com",
        ),
        ("", "has no scheme"),
        ("ftp://app.example/", "must begin with https://"),
        ("http://app.example/scim", "Type https://app.example/scim"),
        ("https://", "cannot be read"),
        ("https://ada:s3cret@app.example/", "Leave them out"),
        ("https://app.example/scim#top", "#"),
        ("https://app.example/scim?tenant=1", "?"),
        ("https://app.example:25/", "Port 25"),
        ("https://10.1.2.3/scim", "private network"),
        ("https://127.0.0.1/scim", "this machine"),
        ("https://localhost/scim", "this machine"),
        ("https://[::1]/scim", "this machine"),
        ("https://[fe80::1]/", "link-local"),
        ("https://[::ffff:10.0.0.1]/", "private network, written as IPv6"),
        ("https://2130706433/", "unusual way"),
        ("https://0177.0.0.1/", "unusual way"),
        ("https://0x7f.1/", "unusual way"),
        ("https://１２７.0.0.1/", "unusual way"),
    ],
)
def test_a_url_that_cannot_be_used_says_what_to_type(typed: str, words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        judge_url(typed, allow_loopback=False)

    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "typed", ["http://127.0.0.1:9000/scim/v2", "http://localhost:9000", "http://[::1]:9000"]
)
def test_the_sandbox_on_this_machine_is_reached_without_tls_where_that_is_allowed(
    typed: str,
) -> None:
    assert judge_url(typed, allow_loopback=True).scheme == "http"


@pytest.mark.parametrize("typed", ["http://app.example/", "http://10.0.0.1/", "http://0x7f.1/"])
def test_allowing_this_machine_allows_nothing_else(typed: str) -> None:
    with pytest.raises(InvalidValue):
        judge_url(typed, allow_loopback=True)


@pytest.mark.parametrize(
    "ip",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1", "169.254.169.254",
        "168.63.129.16", "100.100.100.200", "224.0.0.1", "0.0.0.0", "255.255.255.255", "240.0.0.1",
        "192.0.2.1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:db8::1", "2001:0:4136:e378::1",
    ],
)  # fmt: skip
def test_inner_and_special_addresses_are_refused_even_where_this_machine_is_allowed(
    ip: str,
) -> None:
    assert judge_address(ip, allow_loopback=True)


@pytest.mark.parametrize("ip", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses_pass(ip: str) -> None:
    assert judge_address(ip, allow_loopback=False) is None


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_passes_only_where_allowed(ip: str) -> None:
    assert judge_address(ip, allow_loopback=True) is None
    assert judge_address(ip, allow_loopback=False) == "an address of this machine itself"
