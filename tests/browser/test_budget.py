"""What travels when somebody opens Home for the first time, and then another page."""

import gzip
from collections import Counter
from typing import Final

from playwright.async_api import APIRequestContext, Response
from tests.browser.chromium import Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World

KB: Final = 1000
FIRST: Final = {"font": 55 * KB, "script": 22 * KB, "stylesheet": 12 * KB, "document": 20 * KB}
FIRST_OF_ALL: Final = 120 * KB
LATER: Final = 25 * KB


async def weighed(responses: list[Response], asking: APIRequestContext) -> Counter[str]:
    """Return how many bytes travelled by kind, packed as a proxy packs them; fonts are packed.

    Each is asked for once more with the same cookies: the browser may have let go of a body.
    A live stream has no end and no part in it.
    """
    weights: Counter[str] = Counter()
    for one in responses:
        if "text/event-stream" in one.headers.get("content-type", ""):
            continue
        again = await asking.get(one.url)
        assert again.status == one.status, one.url
        body = await again.body()
        kind = one.request.resource_type
        weights[kind] += len(body) if kind == "font" else len(gzip.compress(body, 6, mtime=0))
    return weights


async def test_a_first_visit_and_a_later_page_stay_within_their_budgets(
    larkspur: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    seen: list[Response] = []
    window.page.on("response", lambda answer: seen.append(answer))

    await window.visit("/")
    await window.run("document.fonts.ready.then(() => 0)")
    kept = {one.url for one in seen if "immutable" in one.headers.get("cache-control", "")}
    asking = window.page.context.request
    first = await weighed(seen, asking)
    seen.clear()
    await window.visit("/settings")
    later = await weighed([one for one in seen if one.url not in kept], asking)

    over = {kind: size for kind, size in first.items() if size > FIRST.get(kind, FIRST_OF_ALL)}
    assert over == {}
    assert first.total() <= FIRST_OF_ALL
    assert 0 < later["document"] <= later.total() <= LATER
