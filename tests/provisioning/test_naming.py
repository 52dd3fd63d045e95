"""Managers and members are called by name where people read, and stay ids where they are sent."""

from dataclasses import replace

from tests.provisioning.builders import IN_STEP, MANAGER, ada, facts, linked, rules

from seatkeeper.provisioning.explain import explain
from seatkeeper.provisioning.four_steps import import_step, match_step
from seatkeeper.provisioning.log import Modified
from seatkeeper.provisioning.naming import by_name, ends

NEW_BOSS = Modified(MANAGER, "t-9", "t-2")
JOINED = Modified("members", None, "t-1")


def test_only_references_are_looked_up():
    title = Modified("title", "t-9", "Boss")

    assert ends([NEW_BOSS, JOINED, title], rules()) == {
        (MANAGER, "t-9"), (MANAGER, "t-2"), ("members", "t-1"),
    }  # fmt: skip


def test_an_end_is_called_by_name_and_a_stranger_by_the_account():
    called = {(MANAGER, "t-2"): "Bo", ("members", "t-9"): "somebody else"}

    assert by_name(NEW_BOSS, called) == Modified(MANAGER, "t-9", "Bo (account t-2)")
    assert by_name(JOINED, called) == JOINED


def test_an_explanation_and_the_steps_call_a_manager_by_name():
    led = facts(ada(manager="bo"), link=linked(**{MANAGER: "t-2"}), accounts={"bo": "t-2"})
    named = replace(led, names={"bo": "Bo"})

    values = {one.name: one.facts for one in explain(named, rules()).checks}["values"]

    assert values == {"values": {**IN_STEP, "active": "True", MANAGER: "Bo (account t-2)"}}
    assert match_step(named).details[MANAGER] == "Bo (account t-2)"
    assert import_step(named).details["manager"] == "Bo"
    assert import_step(led).details["manager"] == "bo"
