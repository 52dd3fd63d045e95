"""What it means when no whole answer came: one class, and words for an administrator.

Beside the last station of the walk. The question that decides everything is
whether the request may have reached the app: if not, the app is away; if it
may have, a write is in doubt and must be looked up before it is repeated.

The HTTP client's class does not tell: it calls a connection that was reset
after the request a ``ConnectError`` too. Only the cause ``client error
(Connect)`` says that nothing was sent, so that is what is asked.
"""

from collections.abc import Sequence
from typing import Final

from pyreqwest.exceptions import (
    BodyDecodeError,
    BuilderError,
    DecodeError,
    PyreqwestError,
    RequestTimeoutError,
)

from seatkeeper.connectors.address import ServiceAddress
from seatkeeper.connectors.secret import Secret
from seatkeeper.connectors.words import clean
from seatkeeper.errors import ConnectorError, Incompatible, InDoubt, Refused, Transient, Unreachable

READS: Final = frozenset({"GET", "HEAD"})

_CERTIFICATES: Final = (
    (
        "expired",
        "its certificate has expired",
        "The app's operator must renew it; nothing was sent.",
    ),
    (
        "not valid yet",
        "its certificate is not valid yet",
        "Check this machine's clock, then ask the app's operator.",
    ),
    (
        "not valid for name",
        "its certificate belongs to another host",
        "Check the host in the tenant URL.",
    ),
    (
        "UnknownIssuer",
        "its certificate comes from an issuer this machine does not know",
        "If the app uses a private certificate authority, add its root certificate to the "
        "settings of the app.",
    ),
    (
        "peer certificate",
        "its certificate cannot be accepted",
        "Ask the app's operator to check it.",
    ),
)
"""What the TLS library says, what it means, what to do; the first that fits counts."""


def no_client(error: Exception) -> Unreachable:
    """Return the error of a machine that gives this process no files or threads to connect with."""
    causes = _causes(error) if isinstance(error, PyreqwestError) else ()
    why = causes[-1] if causes else str(error)
    return Unreachable(
        f"This process cannot make connections: {why}.",
        advice="Raise what it may use (ulimit -n, or LimitNOFILE= and TasksMax= of a service); "
        "nothing was sent, and it is tried again.",
    )


def nothing_was_sent(error: PyreqwestError) -> bool:
    """Say whether it is certain that the app saw nothing of the request."""
    return isinstance(error, BuilderError) or "client error (Connect)" in _causes(error)


def broken(
    error: PyreqwestError, *, method: str, address: ServiceAddress, token: Secret | None
) -> ConnectorError:
    """Return what the client's ``error`` means for this request."""
    causes = _causes(error)
    said = clean(causes[-1], token) if causes else ""
    if nothing_was_sent(error):
        return _no_connection(error, address, causes, said)
    if method not in READS:
        return InDoubt(
            f"The request was sent to {address.host} and its answer was lost.",
            advice="It is looked up before it is repeated; nothing needs to be done.",
            said=said,
        )
    if isinstance(error, RequestTimeoutError):
        return Transient(
            f"{address.host} did not answer in time.",
            advice="It is asked again later. If this stays so, look at the app's status page.",
            said=said,
        )
    if isinstance(error, DecodeError) and not isinstance(error, BodyDecodeError):
        return Incompatible(
            f"What answers at {address.origin} does not speak HTTP.",
            advice="Check host and port of the tenant URL.",
            said=said,
        )
    if "end of file before message length reached" in said:
        return Incompatible(
            f"The answer of {address.host} ended before it was whole.",
            advice="Something between here and the app may cut answers; ask the app's operator.",
            said=said,
        )
    return Transient(
        f"{address.host} closed the connection without answering.",
        advice="It is asked again later. If this stays so, look at the app's status page.",
        said=said,
    )


def unknown_name(host: str) -> Unreachable:
    """Return what a name without an address means."""
    return Unreachable(
        f"The name {host} does not resolve to an address.",
        advice="Check the spelling of the host in the tenant URL, and this machine's name server.",
    )


def forbidden_address(host: str, ip: str, reason: str) -> Incompatible:
    """Return what a name that leads where no request may go means."""
    return Incompatible(
        f"The name {host} leads to {ip}, which is {reason}; nothing was sent.",
        advice="Type the app's public name into the tenant URL.",
    )


def too_large(limit: int, *, method: str, host: str, status: int) -> ConnectorError:
    """Return what an answer that does not end within the limit means."""
    message = f"The answer of {host} is larger than {limit // 1024} KiB; the rest was not read."
    advice = "Check that the tenant URL leads to the app's SCIM service."
    if method in READS:
        return Incompatible(message, advice=advice, status=status)
    return Refused(message, advice=advice, status=status)


def _no_connection(
    error: PyreqwestError, address: ServiceAddress, causes: Sequence[str], said: str
) -> Unreachable:
    where = f"{address.host}, port {address.port}"
    text = " ".join(causes)
    for token, what, advice in _CERTIFICATES:
        if token in text:
            return Unreachable(f"No safe connection to {where}: {what}.", advice=advice, said=said)
    if "InvalidContentType" in text or "fatal alert" in text or "InvalidMessage" in text:
        return Unreachable(
            f"No safe connection to {where}: what answers there does not speak TLS as it should.",
            advice="Check port and scheme of the tenant URL; the app must offer TLS 1.2 or newer.",
            said=said,
        )
    if "refused" in text:
        return Unreachable(
            f"{where}, refuses connections.",
            advice="The app is not running there, or the port in the tenant URL is wrong.",
            said=said,
        )
    if isinstance(error, RequestTimeoutError):
        return Unreachable(
            f"{where}, does not answer to a connection.",
            advice="The app is away, or a firewall stands between. It is asked again later.",
            said=said,
        )
    return Unreachable(
        f"No connection to {where}.",
        advice="Nothing was sent; it is tried again later.",
        said=said,
    )


def _causes(error: PyreqwestError) -> Sequence[str]:
    details = getattr(error, "details", None) or {}
    return [str(cause.get("message", "")) for cause in details.get("causes") or ()]
