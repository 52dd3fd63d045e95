"""Whatever is sent, the service answers in SCIM's form, and never with a fault of its own.

``HOSTILE_REQUESTS`` says how many requests; ``make soak`` sends a million, a part at
a time: each begins where ``HOSTILE_AFTER`` requests were sent before it. A request
that does harm is shown whole, with the seed of its round.
"""

import base64
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.service_provider.visiting import (
    BASE,
    BULK,
    PATCH,
    SEARCH,
    TOKEN,
    Visitor,
    app_with_bulk,
    visiting,
)

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.dialect import STRICT, TOLERANT
from seatkeeper.scim.messages import ENTERPRISE_USER, ERROR, Json
from seatkeeper.service_provider.http import Incoming

REQUESTS = int(os.environ.get("HOSTILE_REQUESTS", "20000"))
AFTER = int(os.environ.get("HOSTILE_AFTER", "0"))
ROUND = 250
FIVE = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"
METHODS = ["GET"] * 6 + ["POST"] * 5 + ["PATCH"] * 6 + ["PUT"] * 4
METHODS += ["DELETE", "HEAD", "OPTIONS", "TRACE", "get", "", "M-SEARCH", "\u00e9"]
TEXTS = [
    *("", "ada", "Ada", "work", "x" * 300, "\x00", "\u202e", "\U0001f600", "ǅ", "ﬃ", "e\u0301"),
    *("%", "_", "'", '"', "\\", "null", "true", "False", "-1", "1e400", "2026-01-31T08:00:00Z"),
    *("9999-99-99T99:99:99Z", "0000-00-00T00:00:00Z", "bulkId:a", "bulkId:", "a@x", "=1+1"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-31T08:00:00.99999999999Z"),
]
NUMBERS: list[Any] = [0, 1, -1, 5, 2**31, 2**53, 2**63 - 1, -(2**63), 2**63, 2**70, 0.5, 1e308]
NAMES = [
    *("userName", "USERNAME", "name", "name.givenName", "emails", "emails.value", "active", "id"),
    *("members", "members.value", "members.display", "groups", "groups.value", "meta", "schemas"),
    *("meta.created", "meta.version", "meta.lastModified", "password", "externalId", "displayName"),
    *("$ref", "manager", f"{ENTERPRISE_USER}:manager.value", ENTERPRISE_USER, f"{FIVE}:startDate"),
    *(FIVE, f"{ENTERPRISE_USER}:", f"{ENTERPRISE_USER}.department", "urn:x:y:z", "urn:", "a.b.c"),
    *("x509Certificates", "photos.value", "roles", "", ".", ":", "[", "a[", "emails[", "é", "_x"),
    *(
        'emails[type eq "work"]',
        'emails[type eq "work"].value',
        'members[value eq "x"]',
        "members[]",
    ),
    *("emails[primary eq true].value", "emails[not (type pr)]", "roles[value co null].display"),
    *("urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User:"),
    *("urn:ietf:params:scim:schemas:core:2.0:User:userName", "members.value.value", "addresses"),
]
WORDS = [
    *("and", "or", "not", "(", ")", "[", "]", "eq", "ne", "co", "sw", "ew", "pr", "gt", "ge", "lt"),
    *(
        "le",
        "EQ",
        "xx",
        "null",
        "true",
        "false",
        '"ada"',
        '"',
        '"\\u',
        '"\\ud800"',
        "1",
        "-",
        "1e9",
    ),
    *("1.5", ".", ",", "'a'", "%", "\\", '"2026-01-31T08:00:00Z"', "", "  ", "\t", "\u3000"),
]
PIECES = [
    *("Users", "Users", "Users", "Groups", "Groups", "users", "Me", "Bulk", ".search", "Schemas"),
    *("ResourceTypes", "ServiceProviderConfig", "..", ".", "", "\x00", "é", "x" * 400, "Nothing"),
    *("User", "Group", ENTERPRISE_USER, "%2e", "0", "-1", "null", "a b"),
]
KINDS = [
    *("application/scim+json", "application/scim+json", "application/json; charset=utf-8", ""),
    *("text/plain", "application/json;charset=utf-16", ";", "application/xml", "a/b/c", "*/*"),
]
ACCEPTS = ["", "*/*", "application/json", "text/html", "a/b;q=x", "application/*;q=0.1", ",,;", "q"]
TAGS = [
    "",
    "*",
    'W/"1"',
    '"1"',
    'W/"2", "1"',
    "W/",
    '"',
    '"é"',
    "W/1",
    'W/"' + "1" * 500 + '"',
    "**",
]
OPERATIONS: list[Any] = [*("add", "replace", "remove") * 8, "Add", "x", 1]
PREFERENCES = ["", "", "return=minimal", "return=representation", "return=", "x, return=minimal"]


class Hostile:
    """Makes requests out of one seed; knows some ids, so that not all of them miss."""

    def __init__(self, seed: int, known: list[str]) -> None:
        self.chance = random.Random(seed)
        self.known = known
        self.cursors = ["", "AAAA", "x" * 3_000]

    def request(self) -> Incoming:
        """Return a request: mostly one that means something, with a hostile part or two."""
        chance = self.chance
        one = f"{chance.choice(['Users', 'Users', 'Groups'])}/{chance.choice(self.known)}"
        method, path = chance.choices(
            [
                ("GET", chance.choice(["Users", "Groups", "Users/", ""])),
                ("GET", one),
                ("POST", chance.choice(["Users/.search", "Groups/.search", ".search"])),
                ("POST", chance.choice(["Users", "Groups"])),
                ("PUT", one),
                ("PATCH", one),
                ("POST", "Bulk"),
                (chance.choice(METHODS), self.path()),
            ],
            weights=[5, 1, 4, 3, 2, 8, 3, 3],
        )[0]
        asks = path in ("Users", "Groups", "") or chance.random() < 0.1
        query = self.query() if asks else ""
        return Incoming(method, BASE, path, query, self.headers(), self.body(method, path))

    def path(self) -> str:
        chance = self.chance
        head = chance.choice(PIECES)
        if chance.random() < 0.5:
            return f"{head}/{chance.choice(self.known)}"
        more = [
            chance.choice([*PIECES, *self.known]) for _ in range(chance.choice([0, 0, 1, 1, 3]))
        ]
        return "/".join([head, *more]) + chance.choice(["", "", "/", "//"])

    def query(self) -> str:
        chance = self.chance
        makers: dict[str, Callable[[], str]] = {
            "filter": self.filter,
            "attributes": lambda: ",".join(chance.choices(NAMES, k=chance.randint(0, 4))),
            "excludedAttributes": lambda: ",".join(chance.choices(NAMES, k=chance.randint(0, 4))),
            "sortBy": lambda: chance.choice(NAMES),
            "sortOrder": lambda: chance.choice(["ascending", "DESCENDING", "", "up"]),
            "startIndex": lambda: str(chance.choice([1, 2, 3, 4, *NUMBERS, "", "x", "٣", "1_0"])),
            "count": lambda: str(chance.choice([0, 1, 2, 3, 4, *NUMBERS, "", "x", " 1 "])),
            "cursor": lambda: chance.choice([*self.cursors, self.broken_cursor()]),
            "nothing": lambda: chance.choice(TEXTS),
        }
        names = chance.sample(list(makers), k=chance.choice([0, 1, 1, 1, 2, 3]))
        pairs = [f"{name}={_quoted(makers[name]())}" for name in names]
        if chance.random() < 0.02:
            pairs.append(chance.choice(["&" * 300, "%ff=%fe", "=", "%", "filter", "a=1;b=2"]))
        return "&".join(pairs)

    def broken_cursor(self) -> str:
        raw = base64.urlsafe_b64encode(self.chance.randbytes(60)).decode()
        return self.chance.choice([raw, "é", "a=b", *(one[:-3] + "AAA" for one in self.cursors)])

    def filter(self) -> str:
        chance = self.chance
        luck = chance.random()
        if luck < 0.03:
            return chance.choice(["(" * 500 + ")" * 500, "not " * 300, 'a eq "b" and ' * 200, "("])
        if luck < 0.85:
            parts = [self.comparison() for _ in range(chance.randint(1, 4))]
            return f" {chance.choice(['and', 'or', 'and not'])} ".join(parts)
        return " ".join(chance.choices([*WORDS, *NAMES], k=chance.randint(0, 8)))

    def comparison(self) -> str:
        chance = self.chance
        operator = chance.choice(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"])
        value = json.dumps(self.value(2)) if operator != "pr" else ""
        return f"{chance.choice(NAMES)} {operator} {value}"

    def headers(self) -> dict[str, str]:
        chance = self.chance
        found = {
            "authorization": f"Bearer {TOKEN}",
            "content-type": KINDS[0] if chance.random() < 0.97 else chance.choice(KINDS),
            "accept": "*/*" if chance.random() < 0.95 else chance.choice(ACCEPTS),
            "if-match": chance.choice(TAGS) if chance.random() < 0.1 else "",
            "if-none-match": chance.choice(TAGS) if chance.random() < 0.1 else "",
            "prefer": chance.choice(PREFERENCES),
        }
        if chance.random() < 0.02:
            found["authorization"] = chance.choice(["", "Basic x", "Bearer", "Bearer \xff", "é"])
        if chance.random() < 0.01:
            found |= chance.choice([{"x": "y" * 20_000}, {"content-encoding": "gzip"}])
        return {name: value for name, value in found.items() if value}

    def body(self, method: str, path: str) -> bytes | None:
        chance = self.chance
        luck = chance.random()
        if luck < 0.02:
            return chance.choice([None, b"", b"\xff\xfe", b"null", b"[]", b"{", b'"x"', b"NaN"])
        if luck < 0.03:
            deep = chance.choice([20, 40, 5_000])
            return b'{"a":' * deep + b"1" + b"}" * deep
        if luck < 0.031:
            return json.dumps({"members": ["x"] * 20_000, "userName": "y" * 70_000}).encode()
        raw = json.dumps(self.message(method, path), ensure_ascii=chance.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
        if luck < 0.1:
            at = chance.randrange(len(raw) + 1)
            return (
                raw[:at] + chance.choice([b"", b"\x00", b"\xff", b'"', b"{", b"9" * 400]) + raw[at:]
            )
        if luck < 0.12:
            return raw.decode("utf-8", "replace").encode(chance.choice(["utf-16", "utf-32"]))
        return raw

    def message(self, method: str, path: str) -> Any:
        chance = self.chance
        if path.endswith(".search"):
            return {"schemas": [SEARCH], **self.question()}
        if path.startswith("Bulk"):
            operations = [self.operation_of_bulk(at) for at in range(chance.randint(0, 6))]
            limit = {"failOnErrors": chance.choice([0, 1, *NUMBERS])}
            more = limit if chance.random() < 0.2 else {}
            return {"schemas": [BULK], "Operations": operations, **more}
        if (method == "PATCH") == (chance.random() < 0.95):
            return self.patch()
        return self.resource()

    def question(self) -> Any:
        chance = self.chance
        makers: dict[str, Callable[[], Any]] = {
            "filter": self.filter,
            "attributes": lambda: chance.choices(NAMES, k=chance.randint(0, 4)),
            "excludedAttributes": lambda: chance.choices(NAMES, k=chance.randint(0, 4)),
            "sortBy": lambda: chance.choice(NAMES),
            "sortOrder": lambda: chance.choice(["ascending", "descending"]),
            "startIndex": lambda: chance.choice([1, 2, 3, *NUMBERS]),
            "count": lambda: chance.choice([0, 1, 2, 3, *NUMBERS]),
            "cursor": lambda: chance.choice(self.cursors),
        }
        found = {name: make() for name, make in makers.items() if chance.random() < 0.25}
        return {**found, **(self.object(2) if chance.random() < 0.1 else {})}

    def resource(self) -> Any:
        chance = self.chance
        name = f"p{chance.randint(0, 6)}"
        plain = {"userName": name, "displayName": name}
        plain["emails"] = [{"type": "work", "value": f"{name}@x"}]  # type: ignore[assignment]
        more = {chance.choice(NAMES): self.value(3) for _ in range(chance.randint(0, 4))}
        members = [{"value": chance.choice(self.known)} for _ in range(chance.randint(0, 3))]
        return {**plain, **({"members": members} if chance.random() < 0.3 else {}), **more}

    def patch(self) -> Any:
        operations = [self.operation() for _ in range(self.chance.choice([0, 1, 1, 1, 2, 4]))]
        found: dict[str, Any] = {"schemas": [PATCH], "Operations": operations}
        if self.chance.random() < 0.1:
            found |= self.object(2)
        return found

    def operation(self) -> Any:
        chance = self.chance
        found: dict[str, Any] = {"op": chance.choice(OPERATIONS)}
        if chance.random() < 0.8:
            path = chance.choice(NAMES)
            found["path"] = path if chance.random() < 0.9 else f"{path}[{self.filter()}].value"
        if chance.random() < 0.8:
            found["value"] = self.value(3)
        return found if chance.random() < 0.95 else self.value(2)

    def operation_of_bulk(self, at: int) -> Any:
        chance = self.chance
        method = chance.choice(["POST", "POST", "POST", "PUT", "PATCH", "DELETE"])
        target = "/" + chance.choice([*self.known, "bulkId:0", "bulkId:1", "x"])
        references = [{"value": f"bulkId:{chance.randint(0, 5)}"} for _ in range(2)]
        data = self.patch() if method == "PATCH" else {**self.resource(), "members": references}
        found = {
            "method": method,
            "path": chance.choice(["/Users", "/Groups"]) + ("" if method == "POST" else target),
            "bulkId": str(at),
            "data": data,
        }
        if chance.random() < 0.2:
            found["version"] = chance.choice(TAGS)
        if chance.random() < 0.1:
            bad = [3, None, "", "/Bulk", "/.search", "Users", "GET", "0", self.value(2)]
            name = chance.choice(["method", "path", "bulkId", "data", "version"])
            found[name] = chance.choice(bad)
        return found

    def value(self, depth: int) -> Any:
        chance = self.chance
        kind = chance.randrange(8 if depth else 5)
        match kind:
            case 0 | 1:
                return chance.choice([*TEXTS, *self.known])
            case 2:
                return chance.choice(NUMBERS)
            case 3:
                return chance.choice([True, False, None, [], {}])
            case 4:
                return {"value": chance.choice([*TEXTS, *self.known]), "type": chance.choice(TEXTS)}
            case 5 | 6:
                return [self.value(depth - 1) for _ in range(chance.randint(0, 3))]
            case _:
                return self.object(depth - 1)

    def object(self, depth: int) -> dict[str, Any]:
        chance = self.chance
        keys = ["value", "type", "primary", "op", "path", "Operations", *NAMES]
        return {chance.choice(keys): self.value(depth) for _ in range(chance.randint(0, 3))}


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("part", range(4))
def test_nothing_that_is_sent_makes_the_service_fail(part: int) -> None:
    apps = [(app_with_bulk(), TOLERANT), (gallery_app("15five"), TOLERANT)]
    apps += [(app_with_bulk(), STRICT)]
    statuses: Counter[int] = Counter()
    first = part * 1_000_000 + AFTER // 4 // ROUND
    for seed in range(first, first + max(1, REQUESTS // 4 // ROUND)):
        app, dialect = apps[seed % len(apps)]
        with visiting(app, dialect, page_size=3) as visitor:
            hostile = Hostile(seed, settled_in(visitor))
            for number in range(ROUND):
                incoming = hostile.request()
                try:
                    status = answered(visitor, incoming, hostile)
                except Exception as error:
                    error.add_note(f"seed {seed}, request {number}: {incoming}")
                    raise
                statuses[status] += 1
    assert {200, 201, 204, 400, 401, 404, 405, 409, 412} <= set(statuses)
    assert sum(statuses[good] for good in (200, 201, 204)) > statuses.total() / 10


def settled_in(visitor: Visitor) -> list[str]:
    """Make somebody and a group, for requests that find something; return their ids."""
    core = "urn:ietf:params:scim:schemas:core:2.0:"
    mail: Json = [{"type": "work", "value": "ada@x"}]
    ada = visitor.made("Users", schemas=[core + "User"], userName="ada", emails=mail)
    members: Json = [{"value": ada}]
    crew = visitor.made("Groups", schemas=[core + "Group"], displayName="Crew", members=members)
    return [ada, crew]


def answered(visitor: Visitor, incoming: Incoming, hostile: Hostile) -> int:
    """Return the status of the answer, which must be one that SCIM knows, in its form."""
    answer, form = visitor.door.answer(incoming)
    encoded = answer.encoded()
    body: Any = json.loads(encoded) if encoded else {}
    for name, value in answer.all_headers(form).items():
        assert name.isascii()
        assert value.isascii()
        assert value.isprintable()
    assert answer.status < 500 or answer.status == 501
    if answer.status >= 400:
        assert body["schemas"] == [ERROR]
        assert body["status"] == str(answer.status)
        assert body["detail"]
        assert len(encoded) < 2_000
    elif "nextCursor" in body:
        hostile.cursors.append(body["nextCursor"])
    return answer.status
