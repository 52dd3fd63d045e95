"""Show and change the faults of a running stand-in.

A door in, beside the walk. The page works without scripts.
"""

from typing import Final
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from seatkeeper.sandbox.faults.grammar import InvalidFaults
from seatkeeper.sandbox.faults.live import LiveFaults
from seatkeeper.sandbox.faults.scenarios import SCENARIOS
from seatkeeper.sandbox.standin import StandIn, html, to

_LARGEST: Final = 100_000
_LARGEST_SEED: Final = 2**53


class _Wish(msgspec.Struct, forbid_unknown_fields=True):
    faults: str
    seed: int | None = None


def fault_routes(site: StandIn, faults: LiveFaults) -> list[BaseRoute]:
    """Return the page on faults, and its API."""

    def page(request: Request, text: str, seed: str, *, problem: str = "") -> Response:
        shown = site.render(
            request,
            "faults.html",
            text=text,
            seed=seed,
            problem=problem,
            requests=faults.counters.requests,
            active=faults.activity(),
            scenarios=SCENARIOS,
        )
        return html(shown, 422 if problem else 200)

    async def show(request: Request) -> Response:
        return page(request, faults.text, str(faults.seed))

    async def take(request: Request) -> Response:
        body = await _body(request)
        fields = parse_qs((body or b"").decode("utf-8", "replace"), keep_blank_values=True)
        # A browser ends lines of a text area with both characters.
        text = fields.get("faults", [""])[0].replace("\r\n", "\n")
        seed = fields.get("seed", ["0"])[0].strip() or "0"
        if body is None:
            return page(request, faults.text, seed, problem="That is far too much text.")
        if not (seed.isascii() and seed.isdecimal() and len(seed) <= 15):
            return page(
                request, text, seed, problem="The seed is a whole number of up to 15 digits."
            )
        try:
            faults.change(text, int(seed))
        except InvalidFaults as error:
            return page(request, text, seed, problem=str(error))
        return to("/faults")

    async def described(request: Request) -> Response:
        return _json(faults.described())

    async def put(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _json({"detail": "That is far too much text."}, 413)
        try:
            wish = _wish(request, body)
            faults.change(wish.faults, faults.seed if wish.seed is None else wish.seed)
        except InvalidFaults as error:
            return _json({"detail": str(error), "at": error.at}, 400)
        except (UnicodeDecodeError, msgspec.DecodeError):
            detail = 'Send the faults as plain text, or as {"faults": "...", "seed": 1}.'
            return _json({"detail": detail}, 400)
        return _json(faults.described())

    return [
        Route("/faults", show),
        Route("/faults", take, methods=["POST"]),
        Route("/_sandbox/faults", described),
        Route("/_sandbox/faults", put, methods=["PUT"]),
    ]


def _wish(request: Request, body: bytes) -> _Wish:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _Wish(body.decode("utf-8"))
    wish = msgspec.json.decode(body, type=_Wish)
    if wish.seed is not None and not 0 <= wish.seed <= _LARGEST_SEED:
        raise msgspec.ValidationError("The seed is out of range.")
    return wish


async def _body(request: Request) -> bytes | None:
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > _LARGEST:
            return None
    return bytes(found)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
