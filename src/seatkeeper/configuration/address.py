"""Tenant URLs: which may be set, and when a new one forgets the token.

Before the walk. Only the text is judged here; where a name leads is checked
by the connector at the moment it connects.
"""

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def url_fault(url: str, *, allow_loopback: bool, what: str = "The tenant URL") -> str | None:
    """Return what is wrong with a URL, with what to write instead; none: it may be set.

    ``what`` is how it is called in the sentence.
    """
    if any(not c.isprintable() or c.isspace() for c in url):
        return f"{what} has spaces or hidden characters in it."
    if "://" not in url:
        return f"{what} has no scheme; write https://{url.lstrip('/')}."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return f"{what} is no URL; its host or port cannot be read."
    if not host:
        return f"{what} has no host."
    return _part_fault(parts, port, what) or _host_fault(
        parts, host, what, allow_loopback=allow_loopback
    )


def is_loopback(host: str) -> bool:
    """Whether a host, by its text, is this machine."""
    name = host.rstrip(".").casefold()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_is_loopback(url: str) -> bool:
    """Whether a URL, by its text, leads to this machine; one that cannot be read does not."""
    try:
        return is_loopback(urlsplit(url.strip()).hostname or "")
    except ValueError:
        return False


def forgets_secret(old_url: str, new_url: str) -> bool:
    """Whether going from one tenant URL to another must forget the token.

    True where scheme, host or port differ: otherwise whoever may edit the URL
    could point it at a host of their own and receive the token. A URL that
    cannot be read counts as another one.
    """
    old = _endpoint(old_url)
    return old is None or old != _endpoint(new_url)


def _endpoint(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or not parts.scheme:
        return None
    scheme = parts.scheme.lower()
    return scheme, parts.hostname.casefold(), port or _DEFAULT_PORTS.get(scheme)


def _part_fault(parts: SplitResult, port: int | None, what: str) -> str | None:
    if parts.username is not None or parts.password is not None:
        return f"{what} holds a user name or password; the token goes into secret_token."
    if parts.query or parts.fragment:
        return f"{what} has a ? or # part; write it without."
    if port is not None and port not in (80, 443) and port <= 1024:
        return f"{what} names port {port}; 443, 80 and those over 1024 are allowed."
    return None


def _host_fault(parts: SplitResult, host: str, what: str, *, allow_loopback: bool) -> str | None:
    local = is_loopback(host)
    if parts.scheme not in _DEFAULT_PORTS:
        return f"{what} begins with {parts.scheme}://; write https://."
    if local and not allow_loopback:
        return f"{what} is on this machine; that needs allow_loopback: true."
    if allow_loopback and not local:
        return "allow_loopback is for a stand-in on this machine; this URL is not."
    if parts.scheme == "http" and not local:
        return f"{what} is not encrypted; write https://."
    return None
