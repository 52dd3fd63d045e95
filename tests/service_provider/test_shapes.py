"""What the stand-ins of shapes refuse, in which words, and when they take it again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.gallery.abilities import Lies
from seatkeeper.gallery.rates import Meter, RateWindow
from seatkeeper.gallery.schema import GalleryApp, gallery_app
from seatkeeper.scim.messages import ERROR, PATCH_OP, USER, Json
from seatkeeper.service_provider.forgetful import as_told, is_dropped
from seatkeeper.service_provider.http import Door, Incoming
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.service_provider.rate import Gate
from seatkeeper.service_provider.wire import Answer
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resources import ResourceStore

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


class Clock:
    """A clock set by hand; a service that takes its time moves it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


class Service:
    """One service without a socket, asked as a client asks."""

    def __init__(self, app: GalleryApp, folder: Path) -> None:
        self.clock = Clock()
        self.file = ResourceFile(folder / "app.db")
        profile = profile_of(app)
        rules = profile.rules
        gate = Gate(rules.rates, rules.latency, now=lambda: self.clock.now, pause=self.clock.pause)
        keeper = as_told(ResourceStore(self.file, profile.keys_of), rules.lies)
        self._door = Door(keeper, profile, lambda token: "admin", b"key", gate=gate)

    def ask(
        self, method: str, path: str, body: Json = None, token: str = "any", **query: str
    ) -> Answer:
        raw = b"" if body is None else json.dumps(body).encode()
        told = {"authorization": f"Bearer {token}", "content-type": "application/scim+json"}
        incoming = Incoming(method, "http://x", path, urlencode(query), told, raw)
        return self._door.answer(incoming)[0]

    def made(self, path: str, body: Json) -> str:
        answer = self.ask("POST", path, body)
        assert answer.status == 201, answer.body
        return str((answer.body or {})["id"])

    def bulk(self, method: str, path: str, data: Json) -> dict[str, Any]:
        operation: Json = {"method": method, "path": path, "bulkId": "one", "data": data}
        answer = self.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": [operation]})
        told: Any = answer.body or {}
        return dict(told["Operations"][0])

    def listed(self, path: str, **query: str) -> dict[str, Any]:
        return dict(self.ask("GET", path, **query).body or {})


@contextmanager
def service(app: GalleryApp | str) -> Iterator[Service]:
    with TemporaryDirectory() as folder:
        one = Service(gallery_app(app) if isinstance(app, str) else app, Path(folder))
        try:
            yield one
        finally:
            one.file.close()


def person(name: str, **more: Json) -> dict[str, Json]:
    return {"schemas": [USER], "userName": name, **more}


def crew(**more: Json) -> dict[str, Json]:
    return {"schemas": [GROUP], "displayName": "Crew", **more}


def patch(*operations: dict[str, Json]) -> dict[str, Json]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def search(**asked: Json) -> dict[str, Json]:
    return {"schemas": [SEARCH], **asked}


def taking_bulk(app_id: str) -> GalleryApp:
    app = gallery_app(app_id)
    return msgspec.structs.replace(
        app, capabilities=msgspec.structs.replace(app.capabilities, bulk=True)
    )


def taking_no_time(app_id: str) -> GalleryApp:
    app = gallery_app(app_id)
    return msgspec.structs.replace(app, sandbox=msgspec.structs.replace(app.sandbox, latency_ms=0))


def detail(answer: Answer) -> str:
    return str((answer.body or {}).get("detail"))


def test_writes_beyond_the_burst_are_told_when_to_come_back_and_are_taken_then() -> None:
    with service("shape-slack") as app:
        statuses = [app.ask("POST", "/Users", person(f"p{at}")).status for at in range(21)]
        refused = app.ask("POST", "/Users", person("late"))
        read = app.ask("GET", "/Users")
        app.clock.now += float(refused.headers["Retry-After"])
        taken = app.ask("POST", "/Users", person("late"))

    assert statuses == [201] * 20 + [429]
    assert refused.headers["Retry-After"] == "1"
    assert "180 writes in 60 s, 20 at once" in detail(refused)
    assert (read.status, taken.status) == (200, 201)


def test_a_fifth_change_of_groups_is_the_last_one_in_half_a_minute() -> None:
    rename = patch({"op": "replace", "path": "displayName", "value": "New"})
    with service("shape-miro") as app:
        group, ada = app.made("/Groups", crew()), app.made("/Users", person("ada"))
        app.clock.now += 10
        statuses = [app.ask("PATCH", f"/Groups/{group}", rename).status for _ in range(5)]
        app.clock.now += 12
        refused = app.ask("PATCH", f"/Groups/{group}", rename)
        other = app.ask(
            "PATCH", f"/Users/{ada}", patch({"op": "add", "path": "title", "value": "x"})
        )
        app.clock.now += 18
        again = app.ask("PATCH", f"/Groups/{group}", rename)

    assert statuses == [204] * 5
    assert (refused.status, refused.headers["Retry-After"]) == (429, "18")
    assert (other.status, again.status) == (200, 204)


def test_a_change_of_a_group_may_hold_so_many_members_and_bytes() -> None:
    many: Json = [{"value": f"m{at}"} for at in range(8_001)]
    long: Json = [{"value": "m", "display": "x" * 800_000}]
    with service("shape-miro") as app:
        group = app.made("/Groups", crew())
        answers = [
            app.ask(
                "PATCH", f"/Groups/{group}", patch({"op": "add", "path": "members", "value": value})
            )
            for value in (many, long)
        ]

    assert [one.status for one in answers] == [413, 413]
    assert "8,000 members" in detail(answers[0])
    assert "800,000 bytes" in detail(answers[1])


def test_members_are_added_in_hundreds_never_replaced_and_never_listed() -> None:
    hundred: list[Json] = []
    with service("shape-aws") as app:
        hundred = [{"value": app.made("/Users", person(f"p{at}"))} for at in range(101)]
        group = app.made("/Groups", crew())
        too_many = app.ask(
            "PATCH", f"/Groups/{group}", patch({"op": "add", "path": "members", "value": hundred})
        )
        whole: list[dict[str, Json]] = [
            {"op": "replace", "path": "members", "value": hundred[:1]},
            {"op": "remove", "path": "members"},
        ]
        replaced = [app.ask("PATCH", f"/Groups/{group}", patch(one)) for one in whole]
        put = app.ask("PUT", f"/Groups/{group}", crew(members=hundred[:1]))
        joined = app.ask(
            "PATCH",
            f"/Groups/{group}",
            patch({"op": "add", "path": "members", "value": hundred[:100]}),
        )
        shown = app.ask("GET", f"/Groups/{group}").body or {}
        person_shown = app.listed("/Users", filter='userName eq "p0"')["Resources"][0]

    assert (too_many.status, joined.status) == (413, 204)
    assert [one.status for one in (*replaced, put)] == [400, 400, 400]
    assert all("never replaces" in detail(one) for one in (*replaced, put))
    assert "members" not in shown
    assert "groups" not in person_shown


def test_a_page_has_fifty_at_most_and_filters_are_plain() -> None:
    with service("shape-aws") as app:
        for at in range(51):
            app.made("/Users", person(f"p{at}"))
        page = app.listed("/Users", count="1000")
        both = app.listed("/Users", filter='userName eq "p1" and active pr')
        plain = app.listed("/Users", filter='userName eq "p1" and id eq "x"')
        either = app.listed("/Users", filter='userName eq "p1" or userName eq "p2"')
        config = app.listed("/ServiceProviderConfig")

    assert (len(page["Resources"]), page["totalResults"]) == (50, 51)
    assert (both["status"], either["status"]) == ("400", "400")
    assert "only eq, and" in either["detail"]
    assert plain["totalResults"] == 0
    assert config["filter"] == {"supported": True, "maxResults": 50}


def test_one_e_mail_is_kept_and_a_second_one_is_refused_however_it_comes() -> None:
    two: Json = [{"type": "work", "value": "a@x"}, {"type": "home", "value": "b@x"}]
    home: Json = [{"type": "home", "value": "b@x"}]
    with service("shape-aws") as app:
        created = app.ask("POST", "/Users", person("ada", emails=two))
        ada = app.made("/Users", person("ada", emails=[{"type": "work", "value": "a@x"}]))
        added = app.ask(
            "PATCH", f"/Users/{ada}", patch({"op": "add", "path": "emails", "value": home})
        )
        shown = app.ask("GET", f"/Users/{ada}").body or {}

    assert (created.status, added.status) == (400, 400)
    assert "one value of emails" in detail(added)
    assert [one["value"] for one in shown["emails"]] == ["a@x"]  # type: ignore[union-attr,index,call-overload]


def test_without_patch_people_are_replaced_whole_and_found_by_name_alone() -> None:
    with service("shape-put") as app:
        ada = app.made("/Users", person("ada", title="Lead"))
        patched = app.ask("PATCH", f"/Users/{ada}", patch({"op": "remove", "path": "title"}))
        put = app.ask("PUT", f"/Users/{ada}", person("ada", title="Head"))
        by_name = app.listed("/Users", filter='userName eq "ada"')
        by_title = app.listed("/Users", filter='title eq "Head"')
        groups = app.listed("/Groups", filter='displayName eq "Crew"')
        config = app.listed("/ServiceProviderConfig")

    assert (patched.status, put.status) == (501, 200)
    assert "PUT" in detail(patched)
    assert by_name["totalResults"] == 1
    assert (by_title["status"], by_title["scimType"]) == ("400", "invalidFilter")
    assert "by userName only" in by_title["detail"]
    assert groups["status"] == "501"
    assert config["patch"] == {"supported": False}


def test_an_operation_in_a_bulk_message_meets_the_same_rules() -> None:
    rename = patch({"op": "replace", "path": "displayName", "value": "New"})
    two: Json = [{"type": "work", "value": "a@x"}, {"type": "home", "value": "b@x"}]
    replaced = patch({"op": "replace", "path": "members", "value": [{"value": "m"}]})
    many: Json = [{"value": "m", "display": "x" * 900}] * 1_000
    long = patch({"op": "add", "path": "members", "value": many})
    told: dict[str, tuple[str, str]] = {}
    for shape, method, path, data in (
        ("shape-put", "PATCH", "/Groups/{group}", rename),
        ("shape-aws", "POST", "/Users", person("ada", emails=two)),
        ("shape-aws", "PATCH", "/Groups/{group}", replaced),
        ("shape-aws", "PUT", "/Groups/{group}", crew(members=[{"value": "m"}])),
        ("shape-miro", "PATCH", "/Groups/{group}", long),
    ):
        with service(taking_bulk(shape)) as app:
            group = app.made("/Groups", crew())
            answer = app.bulk(method, path.format(group=group), data)
            after = app.listed("/Groups")["Resources"][0]
        told[f"{shape} {method}"] = (answer["status"], answer["response"]["detail"])
        assert after["displayName"] == "Crew"

    assert {name: status for name, (status, _) in told.items()} == {
        "shape-put PATCH": "501",
        "shape-aws POST": "400",
        "shape-aws PATCH": "400",
        "shape-aws PUT": "400",
        "shape-miro PATCH": "413",
    }
    assert "800,000 bytes" in told["shape-miro PATCH"][1]


def test_a_search_meets_the_rules_of_a_list_and_is_counted_as_a_read() -> None:
    with service("shape-aws") as app:
        for at in range(51):
            app.made("/Users", person(f"p{at}"))
        page = app.ask("POST", "/Users/.search", search(count=1_000)).body or {}
        either = app.ask("POST", "/.search", search(filter='id eq "x" or id eq "y"'))
    with service("shape-slack") as app:
        searches = [app.ask("POST", "/Users/.search", search()).status for _ in range(21)]

    assert len(list(page["Resources"])) == 50  # type: ignore[arg-type]
    assert (either.status, (either.body or {})["scimType"]) == (400, "invalidFilter")
    assert searches == [200] * 21


def test_everything_strange_is_ignored_by_cursor_too() -> None:
    with service("shape-liar") as app:
        for at in range(3):
            app.made("/Users", person(f"p{at}"))
        asked = {"filter": 'title eq "nobody has it"', "count": "2"}
        first = app.listed("/Users", cursor="", **asked)
        second = app.listed("/Users", cursor=first["nextCursor"], **asked)

    assert [one["userName"] for one in (*first["Resources"], *second["Resources"])] == [
        "p0",
        "p1",
        "p2",
    ]


def test_what_an_app_has_not_is_not_among_its_methods() -> None:
    with service("shape-put") as app:
        ada = app.made("/Users", person("ada"))
        asked = app.ask("OPTIONS", f"/Users/{ada}")

    assert "PUT" in asked.headers["Allow"]
    assert "PATCH" not in asked.headers["Allow"]


def test_a_request_too_early_is_refused_in_the_form_of_every_error() -> None:
    with service(taking_no_time("shape-slow")) as app:
        answers = [app.ask("GET", path) for path in ("/Users", "/Schemas", "/nowhere") * 2]

    told = answers[-1].body or {}
    assert [one.status for one in answers] == [200, 200, 404, 200, 200, 429]
    assert (told["schemas"], told["status"]) == ([ERROR], "429")


def test_a_stranger_uses_up_nothing_of_what_an_app_takes() -> None:
    with service(taking_no_time("shape-slow")) as app:
        strangers = [app.ask("GET", "/Users", token="").status for _ in range(9)]
        known = app.ask("GET", "/Users").status

    assert strangers == [401] * 9
    assert known == 200


def test_a_slow_app_takes_its_time_and_five_requests_a_second() -> None:
    with service("shape-slow") as app:
        before = app.clock.now
        app.ask("GET", "/Users")
        taken = app.clock.now - before
    with service(taking_no_time("shape-slow")) as app:
        statuses = [app.ask("GET", "/Users").status for _ in range(6)]

    assert taken == pytest.approx(0.4)
    assert statuses == [200] * 5 + [429]


def test_a_liar_lowers_names_lists_all_for_strange_filters_and_forgets_some_writes() -> None:
    app_file = gallery_app("shape-liar")
    number = next(at for at in range(1, 10_000) if is_dropped(app_file.sandbox.lies, at))
    with service(app_file) as app:
        for at in range(1, number):
            app.made("/Users", person(f"Person.{at}"))
        forgotten = app.made("/Users", person("Person.Lost"))
        named = app.listed("/Users", filter='userName eq "Person.1"')["Resources"][0]
        strange = app.listed("/Users", filter='title eq "nobody has it"')
        gone = app.ask("GET", f"/Users/{forgotten}")

    assert named["userName"] == "person.1"
    assert strange["totalResults"] == number - 1
    assert gone.status == 404


@given(st.integers())
def test_about_one_write_in_a_hundred_is_forgotten_and_the_same_ones_each_time(seed: int) -> None:
    lies = Lies(drops=0.01, seed=seed)

    dropped = [at for at in range(1, 3_000) if is_dropped(lies, at)]

    assert dropped == [at for at in range(1, 3_000) if is_dropped(lies, at)]
    assert 2 <= len(dropped) <= 90
    assert not any(is_dropped(Lies(seed=seed), at) for at in range(1, 300))


RULES = st.builds(
    RateWindow,
    requests=st.just("all"),
    count=st.integers(1, 6),
    seconds=st.integers(1, 20).map(float),
    burst=st.none() | st.integers(1, 6),
)


@given(st.lists(RULES, max_size=3), st.lists(st.integers(0, 40), max_size=60))
def test_no_window_is_ever_passed_and_the_promised_moment_is_kept(
    rules: list[RateWindow], gaps: list[int]
) -> None:
    meter, now = Meter(rules), 0.0
    taken: list[float] = []

    for gap in gaps:
        now += gap / 8
        held = meter.admit("GET", "", now)
        if held is not None:
            now = held[0]
            held = meter.admit("GET", "", now)
            assert held is None
        taken.append(now)

    for rule in rules:
        at_once = rule.count if rule.burst is None else rule.burst
        for first, moment in enumerate(taken):
            # Half-open windows: what falls due exactly at the end is outside.
            within = [one for one in taken[first:] if one < moment + rule.seconds - 1e-4]
            assert len(within) <= (at_once if rule.burst is None else at_once + rule.count)


def test_a_request_that_is_refused_costs_nothing_in_the_other_windows() -> None:
    every = RateWindow("all", count=3, seconds=60)
    writes = RateWindow("writes", count=1, seconds=60)
    meter = Meter([every, writes])

    posts = [meter.admit("POST", "User", 0.0) for _ in range(5)]
    gets = [meter.admit("GET", "User", 0.0) for _ in range(3)]

    assert [one is None for one in posts] == [True, False, False, False, False]
    assert [one is None for one in gets] == [True, True, False]
