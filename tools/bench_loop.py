"""The loop that people write themselves: look somebody up, create them, next.

It is fair to what such a script is: one person after the other, over one connection that is kept,
with a client library that knows SCIM (scim2-client) and nothing written down. It cannot go on
after a crash, knows no limit of the app, and does not say why somebody has no account.
"""

import time
from collections.abc import Sequence
from typing import Any

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Email, ListResponse, Name, SearchRequest, User

from seatkeeper.ports import PersonRow


def looped(base_url: str, token: str, people: Sequence[PersonRow]) -> float:
    """Create these people one by one; return people per second. Fails where one is not made."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=base_url, headers=headers) as connection:
        client = SyncSCIMClient(connection, resource_models=[User])
        client.discover()
        started = time.perf_counter()
        for row in people:
            asked = SearchRequest[User[Any]](filter=f'userName eq "{row.user_name}"')  # type: ignore[arg-type]  # text is what it parses
            found = client.query(User, query_parameters=asked)
            assert isinstance(found, ListResponse)
            if not found.resources:
                made = client.create(_user(row))
                assert isinstance(made, User), made
        return len(people) / (time.perf_counter() - started)


def _user(row: PersonRow) -> User[Any]:
    text = {name: str(value) for name, value in row.attributes.items()}
    return User(
        user_name=row.user_name,
        external_id=f"{row.line:036d}",
        active=True,
        title=text["jobTitle"],
        name=Name(given_name=text["givenName"], family_name=text["surname"]),
        emails=[Email(type=Email.Type.work, value=f"{row.line}@larkspur.example")],
    )
