"""Post one signed message to whoever listens at a URL, under the address policy of apps.

Beside the walk. The URL is judged as a tenant URL is, its name is resolved
once, judged and pinned; no redirect is followed, and no token of an app goes
along. What the message says and how it is signed is decided before.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from seatkeeper.connectors.address import judge_url
from seatkeeper.connectors.http import Limits, Resolver, Wire, resolve_name
from seatkeeper.connectors.words import clean_bytes
from seatkeeper.errors import ConnectorError, InvalidValue, Refused, Unreachable
from seatkeeper.ports import Trace

LIMITS: Final = Limits(idle_seconds=10, total_seconds=20, answer_bytes=64 * 1024)

_PASSING: Final = frozenset({408, 425, 429})


async def post_message(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_loopback: bool = False,
    roots: Sequence[bytes] = (),
    resolver: Resolver = resolve_name,
) -> None:
    """Post ``body`` and return when it was taken (2xx).

    Raises ``Refused`` for a URL that may not be asked or an answer that says no, ``Unreachable``
    where trying again may help.
    """
    try:
        address = judge_url(url, allow_loopback=allow_loopback)
    except InvalidValue as error:
        raise Refused(f"The webhook cannot be used. {error.message}", advice=error.advice) from None
    wire = Wire(
        address,
        None,
        allow_loopback=allow_loopback,
        limits=LIMITS,
        roots=roots,
        resolver=resolver,
    )
    where = f"The webhook at {address.host}"
    try:
        answer = await wire.send("POST", "", Trace(), body=body, headers=headers)
    except ConnectorError as error:
        raise Unreachable(
            f"{where} was not reached. {error.message}",
            advice="It is tried again later; check the webhook's URL and whoever listens there.",
            said=error.said,
        ) from None
    finally:
        await wire.close()
    if 200 <= answer.status < 300:
        return
    passing = answer.status >= 500 or answer.status in _PASSING
    raise (Unreachable if passing else Refused)(
        f"{where} answered {answer.status}.",
        advice="A redirect is not followed; name the URL that it leads to."
        if 300 <= answer.status < 400
        else "Look at what listens there; any answer from 200 to 299 takes the message.",
        said=clean_bytes(answer.body, None),
        status=answer.status,
    )
