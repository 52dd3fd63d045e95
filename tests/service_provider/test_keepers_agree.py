"""Every keeper answers as the model does, whatever is done to it and in whatever order."""

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from tests.databases import kinds, new_postgresql
from tests.service_provider.model import Model, numbered_ids

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.filter import parse_filter, quoted
from seatkeeper.scim.holding import Found, Wanted
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.sorting import Sort
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_tables import FACTS, METADATA
from seatkeeper.store.resources import ResourceStore

PROFILE: Final = profile_of(gallery_app("15five"))
START: Final = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)
BASE: Final = "https://app.example/scim/v2"
LONG: Final = "ö" * 499 + "xy"  # one byte over what a key keeps whole is its last letter

OPERATIONS: Final = int(os.environ.get("SEATKEEPER_SOAK_OPERATIONS", "600"))

# A small pool, so that equal, differing and case-only pairs turn up often.
TEXTS = st.sampled_from(
    [
        *["", "a", "A", "ab", "Ab", "aß", "ASS", "Ａ", "b", "ba", "é", "e\u0301", "z\0", "😀"],
        *["\uffff", LONG, LONG + "z", LONG + "ZZ", "%", "_", "'"],
    ]
)
NAMES = TEXTS.filter(bool)
EMAILS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"value": TEXTS, "type": st.sampled_from(["work", "home"])}
    ).filter(bool),
    max_size=2,
)
PEOPLE = st.fixed_dictionaries(
    {"userName": NAMES},
    optional={
        "externalId": TEXTS,
        "displayName": TEXTS,
        "title": TEXTS,
        "active": st.booleans(),
        "emails": EMAILS,
        "name": st.fixed_dictionaries({"familyName": TEXTS}),
    },
)
TEAMS = st.fixed_dictionaries({"displayName": NAMES}, optional={"externalId": TEXTS})
VALUES = {"User": PEOPLE, "Group": TEAMS}

IDS = st.integers(1, 12).map(lambda number: f"{number:08d}") | st.sampled_from(["", "x\0", "ü"])
MOMENTS = st.integers(0, 60).map(lambda half: START + half * dt.timedelta(microseconds=500))
STAMPS = MOMENTS.map(dt.datetime.isoformat) | st.sampled_from(
    ["2026-11-26T10:00:00.002+01:00", "0001-01-01T00:00:00+14:00", "2026", "9999-12-31T23:59:59Z"]
)
OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
PATHS = {
    "User": [
        "userName",
        "USERNAME",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName",
        "externalId",
        "displayName",
        "emails",
        "emails.value",
        'emails[type eq "work"].value',
        "emails.type",
        "title",
        "name.familyName",
    ],
    "Group": ["displayName", "externalId", "members.display"],
}
RELATED = {"User": "groups", "Group": "members"}
ORDERS = {
    "User": ["userName", "externalId", "displayName", "emails", "title", "active"],
    "Group": ["displayName", "externalId"],
}
ANY_ORDER: Final = ["id", "meta.created", "meta.lastModified"]


def conditions(kind: str) -> st.SearchStrategy[str]:
    """Return filters of one condition, as texts."""
    path, texts = st.sampled_from(PATHS[kind]), TEXTS.map(quoted)
    related = RELATED[kind]
    found = [
        st.builds("{} {} {}".format, path, OPERATORS, texts),
        st.builds("{} {}".format, path | st.sampled_from(["active", "id", related]), st.just("pr")),
        st.builds("{} {} null".format, path, st.sampled_from(["eq", "ne"])),
        st.builds("{} {} {}".format, path, st.just("eq"), st.sampled_from(["5", "true"])),
        st.builds(
            "{} {} {}".format,
            st.sampled_from(["meta.created", "meta.lastModified"]),
            OPERATORS,
            STAMPS.map(quoted),
        ),
        st.builds("id {} {}".format, OPERATORS, IDS.map(quoted)),
        st.builds("meta.version eq {}".format, st.sampled_from(['"W/\\"1\\""', '"W/\\"2\\""'])),
        st.builds(
            (related + "{} {}").format,
            st.sampled_from([".value eq", ".value ne", " eq", ".value sw", ".display eq"]),
            IDS.map(quoted),
        ),
        st.builds((related + "[value eq {}]").format, IDS.map(quoted)),
        st.just(related + ".value pr"),
    ]
    if kind == "User":
        found += [
            st.builds(
                "active {} {}".format,
                st.sampled_from(["eq", "ne"]),
                st.sampled_from(["true", "false", '"True"', '"no"', "null"]),
            ),
            st.builds(
                'emails[type eq "work" {} value {} {}]'.format,
                st.sampled_from(["and", "or"]),
                OPERATORS,
                texts,
            ),
            st.builds("emails[value {} {}]".format, OPERATORS, texts),
            st.builds("emails[not (value {} {})]".format, OPERATORS, texts),
            st.builds('emails[value eq {}].type eq "home"'.format, texts),
            st.sampled_from(["emails[value pr]", 'emails[value pr and type eq "home"]']),
        ]
    return st.one_of(found)


def filters(kind: str) -> st.SearchStrategy[str]:
    """Return filters of any shape, as texts."""
    return st.recursive(
        conditions(kind),
        lambda inner: st.one_of(
            st.builds("({}) and ({})".format, inner, inner),
            st.builds("({}) or ({})".format, inner, inner),
            st.builds("not ({})".format, inner),
        ),
        max_leaves=4,
    )


@dataclass(frozen=True)
class Question:
    """What is asked for, in the words of a client."""

    kind: str
    filter: str | None
    order: str | None
    descending: bool
    offset: int
    limit: int

    def wanted(self, after: str = "") -> Wanted:
        schema = PROFILE.kind(self.kind).schema
        order = None if self.order is None else schema.path(self.order)
        return Wanted(
            schema,
            filter=None if self.filter is None else parse_filter(self.filter),
            sort=None if order is None else Sort(order, schema, self.descending),
            offset=self.offset,
            after=after,
            limit=self.limit,
            base=BASE,
        )


def questions(kind: str) -> st.SearchStrategy[Question]:
    return st.builds(
        Question,
        st.just(kind),
        st.none() | filters(kind),
        st.none() | st.sampled_from(ORDERS[kind] + ANY_ORDER),
        st.booleans(),
        st.just(0) | st.integers(0, 5),
        st.integers(0, 4),
    )


KINDS = st.sampled_from(["User", "Group"])
QUESTIONS = questions("User") | questions("Group")
CHANGES = st.one_of(
    st.builds(
        MemberChange,
        st.sampled_from(MemberWrite),
        st.lists(IDS, max_size=3, unique=True).map(tuple),
    ),
    st.sampled_from(
        ['type eq "User"', 'display sw "a"', 'value ne "00000001"', 'not (display eq "Ab")']
    ).map(lambda text: MemberChange(MemberWrite.REMOVE, (), parse_filter(text))),
)


class KeepersAgree(RuleBasedStateMachine):
    """Does one thing after another to every keeper, and compares what each says."""

    def __init__(self, stores: Sequence[Keeper]) -> None:
        super().__init__()
        self.keepers: list[Keeper] = [Model(PROFILE.keys_of), *stores]
        self.moments = 0
        self.open: list[tuple[Question, list[str]]] = []

    def now(self) -> dt.datetime:
        self.moments += 1
        return START + self.moments * dt.timedelta(milliseconds=1)

    def agree(self, act: Callable[[Keeper], Any]) -> Any:
        answers = [answer_of(act, keeper) for keeper in self.keepers]
        for other in answers[1:]:
            assert other == answers[0]
        return answers[0]

    @rule(values=PEOPLE)
    def joiner(self, values: Resource) -> None:
        now = self.now()
        self.agree(lambda keeper: keeper.create("User", values, now))

    @rule(values=TEAMS, members=st.lists(IDS, max_size=3, unique=True))
    def new_group(self, values: Resource, members: list[str]) -> None:
        now = self.now()
        self.agree(lambda keeper: keeper.create("Group", values, now, members))

    @rule(
        wanted=KINDS.flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind])),
        resource_id=IDS,
        changes=st.lists(CHANGES, max_size=2),
    )
    def mover(
        self, wanted: tuple[str, Resource], resource_id: str, changes: list[MemberChange]
    ) -> None:
        kind, values = wanted
        now, moves = self.now(), changes if kind == "Group" else []
        self.agree(lambda keeper: keeper.edit(kind, resource_id, lambda _: values, now, moves))

    @rule(group=IDS, changes=st.lists(CHANGES, min_size=1, max_size=2))
    def moves(self, group: str, changes: list[MemberChange]) -> None:
        now = self.now()
        self.agree(lambda keeper: keeper.edit("Group", group, lambda held: held, now, changes))

    @rule(kind=KINDS, resource_id=IDS)
    def leaver(self, kind: str, resource_id: str) -> None:
        self.agree(lambda keeper: keeper.delete(kind, resource_id))

    @rule(kind=KINDS, resource_id=IDS)
    def look(self, kind: str, resource_id: str) -> None:
        self.agree(lambda keeper: keeper.get(kind, resource_id))
        self.agree(lambda keeper: keeper.members(resource_id))
        self.agree(lambda keeper: keeper.groups_of(resource_id))

    @rule(kind=KINDS, ids=st.lists(IDS, max_size=4))
    def look_at_several(self, kind: str, ids: list[str]) -> None:
        self.agree(lambda keeper: keeper.related(kind, ids))

    @rule(question=QUESTIONS)
    def ask(self, question: Question) -> None:
        wanted = question.wanted()
        self.compare(
            question,
            [answer_of(lambda one: one.find(question.kind, wanted), one) for one in self.keepers],
        )

    @rule()
    def turn_a_page(self) -> None:
        if self.open:
            question, positions = self.open.pop()
            pages = [
                keeper.find(question.kind, question.wanted(after))
                for keeper, after in zip(self.keepers, positions, strict=True)
            ]
            self.compare(question, pages)

    def compare(self, question: Question, found: list[Any]) -> None:
        for other in found[1:]:
            assert shape(other) == shape(found[0]), question
        if isinstance(found[0], Found) and found[0].next:
            self.open.append((question, [one.next for one in found]))


def shape(found: Any) -> Any:
    """Return what must be alike; positions are each keeper's own."""
    if not isinstance(found, Found):
        return found
    return list(found.page), found.total, bool(found.next)


def answer_of(act: Callable[[Keeper], Any], keeper: Keeper) -> Any:
    try:
        found = act(keeper)
    except ScimError as error:
        return (error.status, error.scim_type, error.message)
    return list(found) if isinstance(found, list | tuple) else found


def emptied(file: ResourceFile) -> None:
    def work(db: sa.Connection) -> None:
        for table in METADATA.sorted_tables:
            if table is not FACTS:
                db.execute(table.delete())

    file.write(work)


@contextlib.contextmanager
def opened(places: Sequence[str]) -> Iterator[list[ResourceFile]]:
    files = [ResourceFile(place) for place in places]
    yield files
    for file in files:
        file.close()


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Return where a store of each kind of database is."""
    every = {
        "sqlite": lambda: str(tmp_path / "app.db"),
        "postgresql": lambda: new_postgresql(request.getfixturevalue("postgresql_server")),
    }
    return [every[kind]() for kind in kinds()]


def test_every_keeper_answers_as_the_model_does(places: list[str]) -> None:
    steps = 50

    with opened(places) as files:

        def machine() -> Any:
            for file in files:
                emptied(file)
            return KeepersAgree(
                [ResourceStore(file, PROFILE.keys_of, new_id=numbered_ids()) for file in files]
            )

        run_state_machine_as_test(
            cast("type[RuleBasedStateMachine]", machine),
            settings=settings(
                max_examples=max(1, OPERATIONS // steps),
                stateful_step_count=steps,
                deadline=None,
                phases=[Phase.generate],  # making a failure of fifty steps smaller takes minutes
                suppress_health_check=list(HealthCheck),
            ),
        )


PEOPLE_HERE: Final[list[Resource]] = [
    {"userName": "a", "externalId": "", "active": True, "emails": [{"value": "b", "type": "work"}]},
    {"userName": "Ab", "displayName": "é", "active": False, "title": "a"},
    {"userName": "aß", "displayName": "E\u0301", "externalId": "A"},
    {"userName": "b", "displayName": "", "externalId": "a", "emails": [{"type": "home"}]},
    {"userName": LONG, "displayName": "ba", "emails": [{"value": "A"}, {"value": "ab"}]},
    {
        "userName": LONG + "ZZ",
        "displayName": LONG + "z",
        "emails": [{"value": "a", "type": "home"}, {"value": "Ba", "type": "work"}],
    },
    {"userName": LONG + "z", "displayName": LONG + "ZZ", "externalId": LONG + "z"},
    {"userName": "z\0", "displayName": "z", "externalId": "z\0", "active": True},
    {"userName": "😀", "displayName": "\uffff", "emails": [{"value": "%", "type": "work"}]},
    {"userName": "\uffff", "displayName": "😀", "externalId": "_", "title": ""},
    {"userName": "'", "active": True, "emails": []},
]
TEAMS_HERE: Final[list[tuple[Resource, list[str]]]] = [
    ({"displayName": "a"}, ["00000001", "00000002", "00000005"]),
    ({"displayName": "aß", "externalId": "é"}, ["00000001"]),
    ({"displayName": "b", "externalId": ""}, []),
    ({"displayName": LONG}, ["00000012", "00000003"]),
]


def peopled(keeper: Keeper) -> Keeper:
    """Fill a keeper with people and groups of every shape that questions ask for."""
    moments = iter(range(100))

    def now() -> dt.datetime:
        return START + next(moments) * dt.timedelta(milliseconds=1)

    for person in PEOPLE_HERE:
        keeper.create("User", person, now())
    for team, members in TEAMS_HERE:
        keeper.create("Group", team, now(), members)
    keeper.edit("User", "00000002", lambda held: {**held, "title": "b"}, now())
    return keeper


def every_page(keeper: Keeper, question: Question) -> Any:
    pages = [keeper.find(question.kind, question.wanted())]
    while pages[-1].next:
        pages.append(keeper.find(question.kind, question.wanted(pages[-1].next)))
    return [shape(page) for page in pages]


def test_every_question_has_the_answer_that_its_filter_means(places: list[str]) -> None:
    with opened(places) as files:
        model = peopled(Model(PROFILE.keys_of))
        stores = [
            peopled(ResourceStore(file, PROFILE.keys_of, new_id=numbered_ids())) for file in files
        ]

        @settings(max_examples=OPERATIONS, deadline=None, suppress_health_check=list(HealthCheck))
        @given(question=QUESTIONS)
        def answers_are_the_models(question: Question) -> None:
            meant = answer_of(lambda keeper: every_page(keeper, question), model)

            for store in stores:
                assert answer_of(lambda keeper: every_page(keeper, question), store) == meant

        answers_are_the_models()


@pytest.mark.parametrize("name", ["meta.created", "meta.lastModified"])
def test_a_moment_between_two_milliseconds_divides_those_before_from_those_after(
    places: list[str], name: str
) -> None:
    with opened(places) as files:
        model = peopled(Model(PROFILE.keys_of))
        stores = [
            peopled(ResourceStore(file, PROFILE.keys_of, new_id=numbered_ids())) for file in files
        ]

        for op in ("eq", "ne", "gt", "ge", "lt", "le"):
            for half in range(6, 10):
                at = START + half * dt.timedelta(microseconds=500)
                text = f"{name} {op} {quoted(at.isoformat())}"
                question = Question("User", text, None, False, 0, 20)
                meant = every_page(model, question)
                assert [every_page(store, question) for store in stores] == [meant] * len(stores)
