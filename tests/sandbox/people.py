"""People for the stand-in, as its client sends them."""

from typing import Any

import httpx

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FIFTEEN = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def person(name: str, *, manager: str = "", start: str = "", **values: Any) -> dict[str, Any]:
    """Return a new account; ``name`` is also their e-mail before the @."""
    enterprise = {ENTERPRISE: {"manager": {"value": manager}}} if manager else {}
    own = {FIFTEEN: {"startDate": start}} if start else {}
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", *enterprise, *own],
        "userName": f"{name}@larkspur.example",
        "name": {"givenName": name.title(), "familyName": "Larsen"},
        "emails": [{"type": "work", "value": f"{name}@larkspur.example", "primary": True}],
        **enterprise,
        **own,
        **values,
    }


async def hired(client: httpx.AsyncClient, name: str, **given: Any) -> str:
    """Create an account and return its id."""
    answer = await client.post("/Users", json=person(name, **given))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def replaced(client: httpx.AsyncClient, account_id: str, path: str, value: Any) -> None:
    """Replace one value of an account."""
    body = {
        "schemas": [PATCH_OP],
        "Operations": [{"op": "replace", "path": path, "value": value}],
    }
    answer = await client.patch(f"/Users/{account_id}", json=body)
    assert answer.status_code == 200, answer.text


async def joined(client: httpx.AsyncClient, group: str, *members: str, op: str = "add") -> None:
    """Add members to a group, or remove them."""
    value = [{"value": one} for one in members]
    body = {"schemas": [PATCH_OP], "Operations": [{"op": op, "path": "members", "value": value}]}
    answer = await client.patch(f"/Groups/{group}", json=body)
    assert answer.status_code == 204, answer.text


async def grouped(client: httpx.AsyncClient, name: str, *members: str) -> str:
    """Create a group and return its id."""
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name,
        "members": [{"value": one} for one in members],
    }
    answer = await client.post("/Groups", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
