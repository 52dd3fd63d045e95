"""Pages and apps are found by how their words begin, as far as a role leads there."""

from seatkeeper.administration.model import Administrator, Permission, Role
from seatkeeper.console.views.search import page_hits

APPS = [("15five", "15Five"), ("desk", "Désk Booker")]


def everybody(_permission: Permission) -> bool:
    return True


def addresses(text: str) -> list[str]:
    return [hit.address for hit in page_hits(text, APPS, everybody)]


def test_every_word_that_is_typed_begins_a_word_of_what_is_found() -> None:
    assert addresses("desk")[0] == "/apps/desk"
    assert addresses("booker des")[0] == "/apps/desk"
    assert addresses("15five plan") == ["/apps/15five/plan"]
    assert addresses("token des") == ["/apps/desk/connection"]
    assert addresses("audit") == ["/settings/audit"]
    assert addresses("webhooks") == ["/settings/notifications"]
    assert addresses("health") == ["/settings/about"]
    assert addresses("lan") == []


def test_without_words_the_apps_and_the_first_pages_are_offered() -> None:
    found = addresses("")

    assert found[:3] == ["/apps/15five", "/apps/desk", "/"]
    assert not any("/plan" in address for address in found)


def test_what_a_role_does_not_lead_to_is_not_offered() -> None:
    viewer = Administrator("v", "vera@larkspur.example", "Vera", Role.VIEWER)

    found = [hit.address for hit in page_hits("admin", APPS, viewer.may)]

    assert found == []
    assert addresses("admin") == ["/settings/administrators"]
