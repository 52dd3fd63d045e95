"""What marks an administrator of an app: checked, printed, and what it means to the walk."""

from typing import Any

import pytest
from msgspec.structs import replace

from seatkeeper.configuration.administrator_mark import mark_faults, mark_from, mark_in_form
from seatkeeper.configuration.document_printing import print_document
from seatkeeper.configuration.documents import AppDocument, read_documents
from seatkeeper.configuration.guard import guard_in_words
from seatkeeper.configuration.rules import application_of, rules_for
from seatkeeper.configuration.settings import (
    AdministratorMark,
    AppSettings,
    DeletionGuard,
    MappingChange,
    default_settings,
)
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.provisioning.last_administrators import Mark

APP = gallery_app("15five")
ENDED = (("active", False),)
WRITES_ROLES = MappingChange("title", expression="SingleAppRoleAssignment([appRoleAssignments])")


def marked(*users: MappingChange, groups_enabled: bool = True, **mark: Any) -> AppSettings:
    guard = DeletionGuard(administrators=AdministratorMark(**mark))
    start = default_settings(APP)
    return replace(start, users=users, guard=guard, groups_enabled=groups_enabled)


def rules_mark(settings: AppSettings) -> Mark | None:
    rules = rules_for(APP, application_of("15five", APP, "15Five"), settings)
    return rules.limits.administrators


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (marked(), []),
        (marked(attribute="title", values=("Boss",)), []),
        (marked(group="Admins"), []),
        (marked(WRITES_ROLES, role="user"), []),
        (marked(group="Admins", role="User"), ["by one of role, group and attribute"]),
        (marked(values=("Boss",)), ["by one of role, group and attribute"]),
        (marked(attribute="title"), ["needs values"]),
        (marked(attribute="title", values=("Boss", "")), ["needs values"]),
        (marked(group="Admins", values=("Boss",)), ["needs values"]),
        (marked(attribute="nickName", values=("Boss",)), ["no mapping writes nickName"]),
        (marked(WRITES_ROLES, role="Owner"), ["has no role Owner"]),
        (marked(role="User"), ["no mapping writes roles"]),
        (marked(group="Admins", groups_enabled=False), ["not provisioned"]),
    ],
)
def test_a_mark_that_nothing_would_ever_write_is_refused_in_words(
    settings: AppSettings, words: list[str]
) -> None:
    found = mark_faults(APP, settings)

    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))


def test_a_role_becomes_the_value_that_is_written_for_it() -> None:
    assert rules_mark(marked(WRITES_ROLES, role="user")) == Mark(
        "title", frozenset({"user"}), "", ENDED
    )
    assert rules_mark(marked(attribute="title", values=("Boss",))) == Mark(
        "title", frozenset({"boss"}), "", ENDED
    )
    assert rules_mark(marked(group="Admins")) == Mark("", frozenset(), "Admins", ENDED)
    assert rules_mark(marked()) is None


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ({"role": "User"}, "the role User"),
        ({"group": "Admins"}, "the group Admins"),
        ({"attribute": "title", "values": ("Boss", "Owner")}, "title = Boss, Owner"),
    ],
)
def test_a_document_says_it_and_reads_the_same_again(mark: dict[str, Any], said: str) -> None:
    settings = marked(WRITES_ROLES, **mark)

    printed = print_document(AppDocument("15five", settings))
    [again] = read_documents("15five.yaml", printed)

    assert again.settings.guard == settings.guard
    assert mark_from(*mark_in_form(settings.guard.administrators)) == settings.guard.administrators
    assert f"administrators are marked by {said}" in guard_in_words(settings.guard)
