"""Every link leads somewhere, and every form is sent to a route that is there."""

from typing import Final
from urllib.parse import unquote, urlsplit

import pytest
from tests.browser.conftest import Looks
from tests.browser.processes import World
from tests.browser.routes import GET_ROUTES, PARTS, filled, route_of

EXAMPLES: Final = 4
"""So many links of one page to the same kind of page are followed."""

_LINKS: Final = "[...document.querySelectorAll('a[href]')].map((one) => one.href)"
_ASKED: Final = """
[...document.querySelectorAll("[hx-get], [hx-sse\\\\:connect]")]
  .map((one) => new URL(one.getAttribute("hx-get") ?? one.getAttribute("hx-sse:connect"), location))
  .map(String)
"""
_SENT: Final = """
[...document.querySelectorAll("form[method=post], [formaction], [hx-post]")].map((one) =>
  new URL(one.getAttribute("hx-post") ?? one.getAttribute("formaction") ??
          one.getAttribute("action") ?? location, location).href)
"""


def of_ours(site: str, links: list[str]) -> list[str]:
    """Return the addresses of this site without their fragments, each once."""
    plain = (one.partition("#")[0] for one in links)
    return list(dict.fromkeys(one for one in plain if urlsplit(one)[:2] == urlsplit(site)[:2]))


def some_of_each(links: list[str]) -> list[str]:
    """Return a few of each route, and everything that belongs to none."""
    found: dict[str, list[str]] = {}
    for one in links:
        found.setdefault(route_of("GET", urlsplit(one).path) or one, []).append(one)
    return [one for several in found.values() for one in several[:EXAMPLES]]


@pytest.fixture(scope="module")
def followed() -> dict[str, int]:
    """What each address answered that was followed already."""
    return {}


@pytest.mark.parametrize("route", GET_ROUTES)
async def test_every_link_and_form_leads_somewhere(
    route: str, larkspur: World, looks: Looks, followed: dict[str, int]
) -> None:
    window = await looks(larkspur)
    await window.visit(filled(route, larkspur.facts))
    links = of_ours(larkspur.site, await window.run(_LINKS) + await window.run(_ASKED))
    forms = of_ours(larkspur.site, await window.run(_SENT))

    lost = [one for one in forms if not route_of("POST", urlsplit(one).path)]
    lost += [one for one in [*links, *forms] if "<" in unquote(one) or "{" in unquote(one)]
    for one in some_of_each(links):
        if urlsplit(one).path.rpartition("/")[2] in PARTS - {"export"}:
            continue
        if one not in followed:
            answer = await window.page.context.request.get(one, max_redirects=3)
            followed[one] = answer.status
        if followed[one] != 200:
            lost.append(f"{followed[one]} {one}")

    assert lost == []
