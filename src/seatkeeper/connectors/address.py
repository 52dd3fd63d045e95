"""Decide where requests may go: which URLs, and which addresses behind a name.

Before the last station of the walk. An administrator types the URL, a name
server answers with addresses, and both may be wrong or hostile. ``judge_url``
judges what was typed, ``judge_address`` what a name resolved to. Nothing here
opens a connection; ``http`` resolves once, asks here, and pins the answer.

URLs are read by the parser of the HTTP client itself, so what is judged and
what is requested cannot differ.
"""

import ipaddress
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyreqwest.http import Url

from seatkeeper.errors import InvalidValue

IP: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

EXAMPLE: Final = "https://app.example/scim/v2"

_FEATURE_FLAGS: Final = frozenset({"aadOptscim062020", "AzureAdScimPatch2017"})
"""Flags that administrators of the reference service append; no part of the address."""

_METADATA: Final = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "100.100.100.200",
        "fd00:ec2::254",
    )
)
_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_SHARED: Final = ipaddress.ip_network("100.64.0.0/10")
_UNIQUE_LOCAL: Final = ipaddress.ip_network("fc00::/7")


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """A URL that was found good: where a SCIM service lives.

    ``path`` has no slash at its end, so an endpoint such as ``/Users`` follows.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, as they stand before the path."""
        usual = {"https": 443, "http": 80}[self.scheme]
        return f"{self.scheme}://{self.host}" + ("" if self.port == usual else f":{self.port}")

    @property
    def literal(self) -> IP | None:
        """The address, where the host is one and no name."""
        return _literal(self.host)


def judge_url(url: str, *, allow_loopback: bool) -> ServiceAddress:
    """Return the address that ``url`` names, or raise ``InvalidValue`` with what to type.

    Plain http is taken for this machine only, and only where loopback is
    allowed. A name is not resolved here.
    """
    text = url.strip()
    if "://" not in text:
        shown = _without_user(text)
        raise _wrong(
            f"The URL {shown!r} has no scheme.", f"Type https:// in front of it: {_guess(shown)}"
        )
    try:
        parsed = Url.parse(text)
    except ValueError as error:
        raise _wrong(
            f"The URL {_without_user(text)!r} cannot be read.", f"It looks like {EXAMPLE}"
        ) from error
    if parsed.scheme not in ("https", "http"):
        raise _wrong(
            f"The URL begins with {parsed.scheme}://.",
            f"It must begin with https://, as in {EXAMPLE}",
        )
    if not parsed.host_str:
        raise _wrong("The URL names no host.", f"It looks like {EXAMPLE}")
    if parsed.username or parsed.password:
        raise _wrong(
            "The URL holds a user name or a password before an @.",
            "Leave them out; the token goes into its own field.",
        )
    _judge_rest(parsed)
    address = ServiceAddress(
        parsed.scheme,
        parsed.host_str,
        parsed.port_or_known_default or 443,
        parsed.path.rstrip("/"),
    )
    _judge_host(text, address, allow_loopback=allow_loopback)
    return address


def judge_address(ip: str, *, allow_loopback: bool) -> str | None:
    """Return why no request may go to ``ip``, or none if it may.

    Addresses of this machine pass only where allowed; those of inner networks,
    of cloud metadata services and of no single host never do.
    """
    address = ipaddress.ip_address(ip)
    inner = _inside(address)
    if inner is not None:
        reason = judge_address(str(inner), allow_loopback=False)
        return reason and f"{reason}, written as IPv6"
    if address.is_loopback:
        return None if allow_loopback else "an address of this machine itself"
    return _not_public(address)


def _not_public(address: IP) -> str | None:
    if address in _METADATA:
        return "an address of a cloud metadata service"
    if address.is_unspecified:
        return "the unspecified address"
    if address.is_multicast:
        return "a multicast address"
    if address.is_link_local or (
        isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    ):
        return "a link-local address"
    if address in _SHARED or address in _UNIQUE_LOCAL or address.is_private:
        return "an address of a private network"
    return None if address.is_global else "a reserved address"


def _inside(address: IP) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one only wraps (mapped, NAT64, 6to4)."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _judge_rest(parsed: Url) -> None:
    if parsed.fragment is not None:
        raise _wrong("The URL holds a # and something behind it.", f"It looks like {EXAMPLE}")
    if parsed.query_string and parsed.query_string not in _FEATURE_FLAGS:
        raise _wrong("The URL holds a ? and something behind it.", f"It looks like {EXAMPLE}")
    port = parsed.port_or_known_default or 443
    if port not in (80, 443) and port <= 1024:
        raise _wrong(f"Port {port} is not one of a web service.", "Use 443 or one above 1024.")


def _judge_host(typed: str, address: ServiceAddress, *, allow_loopback: bool) -> None:
    literal = address.literal
    if isinstance(literal, ipaddress.IPv4Address) and f"//{literal}" not in typed:
        # 2130706433, 0177.0.0.1 and 0x7f.1 are all 127.0.0.1; honest people do not write so.
        raise _wrong(
            f"The URL spells the address {literal} in an unusual way.",
            f"Type the app's name, as in {EXAMPLE}",
        )
    if literal is not None:
        reason = judge_address(str(literal), allow_loopback=allow_loopback)
        if reason:
            raise _wrong(
                f"{literal} is {reason}; requests do not go there.",
                f"Type the app's public name, as in {EXAMPLE}",
            )
    here = address.host == "localhost" or (literal is not None and literal.is_loopback)
    if address.scheme == "http" and not (allow_loopback and here):
        raise _wrong(
            "The URL begins with http://, so the token would travel unprotected.",
            f"Type https://{address.host}{address.path}",
        )
    if address.host == "localhost" and not allow_loopback:
        raise _wrong(
            "localhost is this machine itself; requests do not go there.",
            f"Type the app's public name, as in {EXAMPLE}",
        )


def _literal(host: str) -> IP | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _guess(text: str) -> str:
    return f"https://{text.lstrip('/')}" if text else EXAMPLE


def _without_user(text: str) -> str:
    return text.rpartition("@")[2][:200]


def _wrong(message: str, advice: str) -> InvalidValue:
    return InvalidValue(message, advice=advice)
