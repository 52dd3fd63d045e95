"""Every line of the table "Every case" in docs/decision-table.md, decided by the real code."""

import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.provisioning.builders import (
    DEFAULT_ROLE,
    GROUPS,
    IN_STEP,
    MANAGER,
    SALES,
    SALES_LINK,
    USER_ROLE,
    USERS,
    account,
    ada,
    facts,
    group_facts,
    linked,
    rules,
)

from seatkeeper.directory.model import User
from seatkeeper.errors import RecordError
from seatkeeper.provisioning.account import (
    Account,
    Capabilities,
    GroupAbilities,
    UserAbilities,
)
from seatkeeper.provisioning.condition.model import Clause
from seatkeeper.provisioning.decision import TABLE
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Direct,
    Mapping,
    ObjectMapping,
    WhenNull,
)
from seatkeeper.provisioning.match import the_one
from seatkeeper.provisioning.plan import Action, Adopt, Create, Delete, Disable, Skip, Update
from seatkeeper.provisioning.rules import Rules, ScopeSetting
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.walk import Decided, Facts, decide, decide_matched

PAGE = Path(__file__).parents[2] / "docs" / "decision-table.md"
OUTSIDE = Clause("department", "EQUALS", ("Lamps",))
STATUS = Mapping("status", compiled('IIF([IsSoftDeleted], "off", "on")'))
BROKEN = Mapping("title", compiled('Append([skills], "x")'))


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    line: str
    record: list[str]
    directory: list[str]
    answers: str
    switches: list[str]
    happens: str


def cases() -> list[Case]:
    text = PAGE.read_text(encoding="utf-8").split("## Every case")[1]
    lines = re.findall(r"^\| (\d+ \|.*) \|$", text.split("\n## ")[0], re.MULTILINE)
    found = []
    for line in lines:
        _, record, directory, answers, switches, happens = (
            part.strip() for part in line.split(" | ")
        )
        found.append(
            Case(
                line, record.split(", "), directory.split(", "), answers,
                switches.split(", "), happens,
            )
        )  # fmt: skip
    return found


CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=[case.line for case in CASES])
def test_what_the_table_says_is_what_is_decided(case: Case) -> None:
    happened = what_happens(case)

    assert happened == case.happens


def test_the_table_has_every_row_that_can_be_decided_here() -> None:
    rows = {int(case.line.split(" ")[0]) for case in CASES}

    assert rows == set(range(1, 23)) - {16, 19, 20}


def test_the_page_shows_the_rows_as_the_code_has_them() -> None:
    text = PAGE.read_text(encoding="utf-8")

    shown = text.split("## As the code reads it")[1].split("## Every case")[0]

    for row in TABLE:
        assert f"| {row.numbers} | {row.case} | {row.answer} |" in shown
    assert shown.count("\n| ") == len(TABLE) + 1


def the_facts(case: Case) -> Facts:
    told = set(case.directory)
    grants: tuple[Grant, ...] = (USER_ROLE,)
    if told & {"not assigned", "everybody"}:
        grants = ()
    elif "default access" in told:
        grants = (DEFAULT_ROLE,)
    if case.record[0] == "group":
        link = SALES_LINK if "linked" in case.record else None
        return group_facts(None if "purged" in told else SALES, grants=grants, link=link)
    accounts = {"grace": "t-grace"} if "manager with account" in told else {}
    return facts(
        None if "purged" in told else the_person(told),
        grants=grants,
        link=the_link(case),
        accounts=accounts,
    )


def the_person(told: set[str]) -> User:
    title: str | None = "Engineer"
    if "new title" in told:
        title = "Captain"
    elif "title in other case" in told:
        title = "ENGINEER"
    elif "no title" in told:
        title = None
    manager = "grace" if told & {"manager without account", "manager with account"} else None
    person = ada(
        enabled="disabled" not in told, deleted="deleted" in told, manager=manager,
        jobTitle=title, department="Harbour" if "filtered out" in told else "Lamps",
    )  # fmt: skip
    attributes = {**person.attributes, "skills": ("knots", "lamps")}
    if "no user name" in told:
        del attributes["userPrincipalName"]
    return replace(person, attributes=attributes)


def the_link(case: Case) -> Link | None:
    if "linked" not in case.record:
        return None
    known: dict[str, str | bool] = dict(IN_STEP)  # type: ignore[arg-type]
    if "access tells status" in case.switches:
        known["status"] = "off" if "status off" in case.record else "on"
        del known["active"]
    if "inactive" in case.record:
        known["active"] = False
    if "manager" in case.record:
        known[MANAGER] = "t-grace"
    return replace(linked(), known=known)


def the_rules(case: Case) -> Rules:
    said = set(case.switches)
    assert said <= KNOWN_SWITCHES
    filtered = OUTSIDE if "filtered out" in case.directory else None
    if filtered is not None and case.record[0] == "group":
        filtered = Clause("displayName", "EQUALS", ("Lamps",))
    made = rules(
        scope=ScopeSetting.ALL if "scope all" in said else ScopeSetting.ASSIGNED,
        exclude_default_access="exclude default access" in said,
        has_own_roles="no own roles" not in said,
        users=the_mapping(said, case),
    )
    groups = replace(GROUPS, delete="no delete" not in said)
    abilities = UserAbilities(
        create="app cannot create" not in said,
        disable="app knows no inactive accounts" not in said,
        delete="hard delete" in said,
    )
    app = Capabilities(abilities, GroupAbilities(delete="app cannot delete groups" not in said))
    return replace(
        made,
        groups=groups,
        capabilities=app,
        user_filter=filtered,
        group_filter=filtered,
        skip_out_of_scope_deletions="SkipOutOfScopeDeletions" in said,
    )


TITLES = {
    "title only at creation": {"applies": Applies.ON_CREATE},
    "title only if empty": {"applies": Applies.IF_EMPTY},
    "title only adds": {"applies": Applies.VALUE_ADD},
    "empty titles are left": {"when_null": WhenNull.SKIP},
    "empty titles become the default": {"when_null": WhenNull.DEFAULT, "default": "Hand"},
    "title has a default": {"default": "Hand"},
    "case counts in titles": {"case_exact": True},
}
KNOWN_SWITCHES = {
    "-", "no create", "no update", "no delete", "hard delete", "scope all", "no own roles",
    "exclude default access", "SkipOutOfScopeDeletions", "active not mapped",
    "access tells status", "app cannot create", "app cannot delete groups",
    "app knows no inactive accounts", "nickname only at creation", *TITLES,
}  # fmt: skip


def the_mapping(said: set[str], case: Case) -> ObjectMapping:
    made = []
    for one in USERS.mappings:
        if one.target == "title":
            changes = [TITLES[switch] for switch in said if switch in TITLES]
            one = replace(one, **changes[0]) if changes else one  # type: ignore[arg-type]
            one = BROKEN if "title cannot be made" in case.directory else one
        if one.target == "active" and "access tells status" in said:
            one = STATUS
        if one.target != "active" or "active not mapped" not in said:
            made.append(one)
    if "nickname only at creation" in said:
        made.append(Mapping("nickName", Direct("displayName"), applies=Applies.ON_CREATE))
    return ObjectMapping(
        USERS.kind,
        tuple(made),
        create="no create" not in said,
        update="no update" not in said,
        delete="no delete" not in said,
    )


def what_happens(case: Case) -> str:
    try:
        answer = decided_in(case)
    except RecordError as error:
        return f"fail {error.code}"
    waits = "".join(f", {path.rpartition(':')[2]} waits" for path in answer.waiting)
    return told(answer.action) + waits


def decided_in(case: Case) -> Decided:
    """Return what is decided in a line of the table. Raises what the record fails with."""
    accounts: MappingType[str, list[Account]] = {
        "-": [],
        "no account": [],
        "same account": [account()],
        "other title": [account(title="Keeper")],
        "two accounts": [account("t-1"), account("t-2")],
    }
    known, obeyed = the_facts(case), the_rules(case)
    answer = decide(known, obeyed)
    if isinstance(answer, Decided):
        return answer
    assert case.answers != "-"
    found = the_one(answer.questions[0], accounts[case.answers])
    return decide_matched(known, answer, found, obeyed)


def told(action: Action) -> str:
    match action:
        case Create(values):
            return f"create {' '.join(values)}"
        case Adopt():
            return "link"
        case Update(_, _, found):
            return f"{'link and ' if found else ''}update {_paths(action)}"
        case Disable(_, _, release):
            return f"disable {_paths(action)}{', end the link' if release else ''}"
        case Delete():
            return "delete"
        case Skip(reason, _, release):
            return f"skip {reason}{', end the link' if release else ''}"


def _paths(action: Update | Disable) -> str:
    emptied = " to nothing" if any(change.new is None for change in action.changes) else ""
    return " ".join(change.path.rpartition(":")[2] for change in action.changes) + emptied
