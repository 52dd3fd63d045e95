"""From where a server can be reached: addresses, hosts, certificate, proxies.

Below ``serving``. It decides from settings and the host to listen on whether
that may be: beyond loopback only where passphrases and tokens travel encrypted.
(Reliability and security, 15.)
"""

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from seatkeeper.console.guard import host_and_port
from seatkeeper.errors import BadInput
from seatkeeper.service_provider.listening import Certificate, is_loopback
from seatkeeper.settings import Settings

_HTTPS: Final = "https"


@dataclass(frozen=True, slots=True)
class Reach:
    """How a server is reached: its certificate, trusted proxies, and hosts beside loopback's."""

    certificate: Certificate | None
    proxies: tuple[str, ...]
    hosts: frozenset[str]
    public_url: str


def reach_of(settings: Settings, host: str) -> Reach:
    """Return how a server that listens on ``host`` is reached.

    Raises ``BadInput`` for a setting that cannot be, and for a host beyond
    loopback without a certificate or a proxy that has one.
    """
    certificate = _certificate(settings)
    proxies = tuple(_network(one) for one in _words(settings.trusted_proxies))
    public = urlsplit(settings.public_url)
    if public.scheme not in ("http", _HTTPS) or not public.hostname:
        raise BadInput(
            f"{settings.public_url!r} is not an address of a server.",
            advice="Set SEATKEEPER_PUBLIC_URL, such as https://seatkeeper.larkspur.example.",
        )
    if not is_loopback(host) and certificate is None and not (proxies and public.scheme == _HTTPS):
        raise BadInput(
            f"On {host} others could read passphrases and tokens on their way.",
            advice="Set SEATKEEPER_TLS_CERTIFICATE and SEATKEEPER_TLS_KEY; or, behind a proxy that "
            "has the certificate, SEATKEEPER_TRUSTED_PROXIES and an https SEATKEEPER_PUBLIC_URL.",
        )
    hosts = frozenset({public.netloc.rpartition("@")[2], *_words(settings.allowed_hosts)})
    for one in hosts:
        if host_and_port(one) is None:
            raise BadInput(
                f"{one!r} in the allowed hosts is not a host.",
                advice="Write names with or without a port, separated by commas.",
            )
    return Reach(certificate, proxies, hosts, settings.public_url)


def _certificate(settings: Settings) -> Certificate | None:
    given = (settings.tls_certificate, settings.tls_key)
    if not any(given):
        return None
    if not all(given):
        raise BadInput(
            "A certificate needs its key, and a key its certificate.",
            advice="Set both SEATKEEPER_TLS_CERTIFICATE and SEATKEEPER_TLS_KEY.",
        )
    chain, key = (Path(one).expanduser() for one in given)
    try:
        # A key under a passphrase would be asked for on the terminal; an empty one is refused.
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(chain, key, password="")
    except (OSError, ValueError) as error:  # what ssl raises is an OSError
        raise BadInput(
            f"{chain} and {key} cannot be used as certificate and key: {error}.",
            advice="Both are PEM files, readable by this user, that belong together; "
            "the key has no passphrase.",
        ) from error
    return Certificate(chain, key)


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise BadInput(
            f"{text!r} in the trusted proxies is no address or network.",
            advice="Write 10.0.0.5 or 10.0.0.0/24, separated by commas.",
        ) from error


def _words(text: str) -> list[str]:
    return [word for one in text.split(",") if (word := one.strip())]
