"""What the service says of itself is what it does."""

from typing import Any

import pytest
from tests.service_provider.visiting import BASE, Visitor, app_with_bulk, visiting

from seatkeeper.gallery.schema import GalleryApp, gallery_app
from seatkeeper.service_provider.http import Incoming

CORE = "urn:ietf:params:scim:schemas:core:2.0:"


def config_of(app: GalleryApp) -> Any:
    with visiting(app) as visitor:
        return visitor.ask("GET", "ServiceProviderConfig").body


def attribute(schema: Any, name: str) -> Any:
    return next(one for one in schema["attributes"] if one["name"] == name)


def test_the_configuration_is_what_the_gallery_file_allows() -> None:
    plain, bulky = config_of(gallery_app("15five")), config_of(app_with_bulk())

    assert plain["bulk"] == {"supported": False, "maxOperations": 0, "maxPayloadSize": 0}
    assert bulky["bulk"] == {
        "supported": True,
        "maxOperations": 1_000,
        "maxPayloadSize": 10 * 1024 * 1024,
    }
    assert plain["patch"] == plain["sort"] == plain["etag"] == {"supported": True}
    assert plain["filter"] == {"supported": True, "maxResults": 1_000}
    assert plain["changePassword"] == {"supported": False}
    assert plain["pagination"] == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 1_000,
        "cursorTimeout": 3_600,
    }
    assert [one["type"] for one in plain["authenticationSchemes"]] == ["oauthbearertoken"]


def test_how_to_sign_in_is_told_to_those_who_have_not() -> None:
    with visiting() as visitor:
        stranger = Incoming("GET", BASE, "ServiceProviderConfig", "")
        answers = [
            visitor.door.answer(one)[0].status
            for one in (stranger, Incoming("GET", BASE, "Schemas", ""))
        ]
        wrong = visitor.ask("GET", "ServiceProviderConfig", headers={"authorization": "Bearer "})

    assert answers == [200, 401]
    assert (wrong.status, wrong.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_the_schemas_say_what_15five_requires_and_keeps_unique() -> None:
    with visiting(gallery_app("15five")) as visitor:
        schema = visitor.ask("GET", f"Schemas/{CORE}User").body
        extension = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"
        own = visitor.ask("GET", f"Schemas/{extension}/").body

    emails = attribute(schema, "emails")
    parts = {one["name"]: one for one in emails["subAttributes"]}
    assert emails["required"] is True
    assert (parts["value"]["required"], parts["value"]["uniqueness"]) == (True, "server")
    assert (parts["type"]["required"], parts["type"]["canonicalValues"]) == (True, ["work"])
    assert attribute(schema, "userName")["uniqueness"] == "server"
    assert schema["meta"]["location"] == f"{BASE}/Schemas/{CORE}User"
    assert own["id"] == extension


def test_the_resource_types_say_where_people_and_groups_are() -> None:
    with visiting(gallery_app("15five")) as visitor:
        listed = visitor.ask("GET", "ResourceTypes").body
        one = visitor.ask("GET", "ResourceTypes/Group").body

    assert [kind["endpoint"] for kind in listed["Resources"]] == ["/Users", "/Groups"]
    assert (one["schema"], one["meta"]["location"]) == (
        f"{CORE}Group",
        f"{BASE}/ResourceTypes/Group",
    )


@pytest.mark.parametrize("path", ["ServiceProviderConfig", "Schemas", "ResourceTypes"])
def test_descriptions_are_not_filtered_and_other_questions_are_passed_over(path: str) -> None:
    with visiting() as visitor:
        filtered = visitor.ask("GET", path, filter='name eq "User"')
        asked = visitor.ask("GET", f"{path}/", count="0", sortBy="name", attributes="id", x="y")
        plain = visitor.ask("GET", path)

    assert (filtered.status, filtered.body["status"]) == (403, "403")
    assert asked.body == plain.body


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE", "POST", "HEAD"])
def test_nobody_is_me_where_a_token_belongs_to_no_person(method: str) -> None:
    with visiting() as visitor:
        reply = visitor.ask(method, "Me")

    assert (reply.status, reply.body["status"]) == (501, "501")


@pytest.mark.parametrize("path", ["Me/x", "Users/a/b", "Nothing", "Schemas/a/b", "Schemas/urn:x"])
def test_where_nothing_is_nothing_is_found(path: str) -> None:
    with visiting() as visitor:
        reply = visitor.ask("GET", path)

    assert (reply.status, reply.body["status"]) == (404, "404")


def test_too_long_an_address_and_too_many_headers_are_refused() -> None:
    with visiting() as visitor:
        long = visitor.ask("GET", "Users", filter="x" * 9_000)
        many = visitor.ask("GET", "Users", headers={"x": "y" * 17_000})
        fields = visitor.ask("GET", "Users", **{f"p{at}": "1" for at in range(101)})

    assert [long.status, many.status, fields.status] == [414, 431, 400]


def test_what_is_larger_than_the_service_takes_is_refused(visitor: Visitor) -> None:
    headers = {"authorization": "Bearer a"}
    answer, _ = visitor.door.answer(Incoming("POST", BASE, "Users", "", headers, None))

    assert answer.status == 413


@pytest.fixture
def visitor() -> Any:
    with visiting() as found:
        yield found
