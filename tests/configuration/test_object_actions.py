"""Which actions may reach the app: said per kind of record, read, printed, obeyed."""

import pytest
from msgspec.structs import replace

from seatkeeper.configuration.check import checked_settings
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.document_printing import print_document
from seatkeeper.configuration.documents import AppDocument, read_documents
from seatkeeper.configuration.rules import application_of, rules_for
from seatkeeper.configuration.settings import AppSettings, default_settings
from seatkeeper.directory.model import Kind
from seatkeeper.errors import InvalidFile, InvalidValue
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.provisioning.rules import Rules

APP = gallery_app("15five")
START = default_settings(APP)
HEAD = "app: 15five\ngallery: 15five\n"


def read(text: str) -> AppSettings:
    [document] = read_documents("app.yaml", HEAD + text)
    return document.settings


def rules(settings: AppSettings) -> Rules:
    return rules_for(APP, application_of("15five", APP, "15Five"), settings)


def test_every_action_reaches_the_app_where_nothing_is_said() -> None:
    found = rules(read(""))

    assert found.can_create(Kind.USER)
    assert found.users.update
    assert found.can_delete(Kind.GROUP)


def test_an_action_that_is_not_named_never_reaches_the_app() -> None:
    found = rules(read("actions: {users: [update], groups: [create, update]}"))

    assert not found.can_create(Kind.USER)
    assert not found.users.delete
    assert found.can_create(Kind.GROUP)
    assert not found.can_delete(Kind.GROUP)


def test_no_action_at_all_can_be_named() -> None:
    found = rules(read("actions: {users: []}"))

    assert (found.users.create, found.users.update, found.users.delete) == (False, False, False)


def test_the_order_in_which_actions_are_named_means_nothing() -> None:
    assert read("actions: {users: [delete, create]}") == read("actions: {users: [create, delete]}")


def test_another_set_of_actions_plans_everybody_again() -> None:
    assert rules(START).digest != rules(replace(START, user_actions=("create",))).digest


def test_actions_are_printed_as_they_are_read_and_all_of_them_not_at_all() -> None:
    fewer = replace(START, user_actions=("create",), group_actions=())

    text = print_document(AppDocument("15five", fewer))

    assert read_documents("app.yaml", text) == [AppDocument("15five", fewer)]
    assert "actions" not in print_document(AppDocument("15five", START))


def test_what_changes_in_the_actions_is_said() -> None:
    before, after = AppDocument("a", START), AppDocument("a", replace(START, user_actions=()))

    assert differences(before, after) == ["actions of users: create, update, delete -> none"]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("actions: {users: [creat]}", 3, "'creat' is none of create, update, delete"),
        ("actions: {users: create}", 3, "A list is expected"),
        ("actions: {people: [create]}", 3, "no field 'people'"),
        ("actions:\n  groups: [create, create]", 4, "create is named twice"),
        ("mappings:\n  users: off", 4, "People are always mapped"),
    ],
)
def test_what_is_wrong_with_actions_is_said_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        read(text)

    [fault] = caught.value.faults
    assert (fault.line, says in fault.text) == (line, True), fault


def test_settings_that_name_an_action_twice_are_refused() -> None:
    with pytest.raises(InvalidValue, match="update is named twice"):
        checked_settings(APP, replace(START, group_actions=("update", "update")))
