"""Configuration as code: read, print, compare, and where a secret may lie."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.document_printing import print_document
from seatkeeper.configuration.documents import AppDocument, DocumentAssignment, read_documents
from seatkeeper.configuration.secrets import resolve_secret, secret_warnings
from seatkeeper.configuration.settings import AppSettings, MappingChange, Notification, Reconciling
from seatkeeper.errors import Fault, InvalidFile, InvalidValue, NotFound
from seatkeeper.gallery.schema import load_gallery

GALLERY = load_gallery()

WHOLE = """\
app: 15five
gallery: 15five
name: 15Five
connection:
  tenant_url: http://127.0.0.1:8081/scim/v2
  secret_token: env:SEATKEEPER_SECRET_15FIVE
  allow_loopback: true
mode: automatic
status: on
scope: assigned
exclude_default_access: true
schedule:
  every: 40m
notification:
  email: it@larkspur.example
  on_failure: true
assignments:
  - group: Everyone in Sales
    role: User
  - user: ana@larkspur.example
    role: Default Access
mappings:
  users:
    - target: title
      constant: 'on'
  groups: off
"""


def read(text: str) -> list[AppDocument]:
    return read_documents("apps.yaml", text, gallery=GALLERY)


def faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(InvalidFile) as caught:
        read(text)
    return caught.value.faults


def test_a_document_is_read_as_it_reads() -> None:
    [document] = read(WHOLE)

    assert document == AppDocument(
        app="15five",
        settings=AppSettings(
            gallery="15five",
            name="15Five",
            exclude_default_access=True,
            tenant_url="http://127.0.0.1:8081/scim/v2",
            allow_loopback=True,
            mode="automatic",
            status="on",
            interval_seconds=2400,
            notification=Notification("it@larkspur.example", on_failure=True),
            users=(MappingChange("title", constant="on"),),
            groups_enabled=False,
        ),
        secret_token="env:SEATKEEPER_SECRET_15FIVE",
        assignments=(
            DocumentAssignment("group", "Everyone in Sales", "User"),
            DocumentAssignment("user", "ana@larkspur.example"),
        ),
    )


def test_a_document_is_printed_as_a_person_would_write_it() -> None:
    [document] = read(WHOLE)

    assert print_document(document) == WHOLE


def test_two_words_make_a_document_with_the_defaults_of_the_gallery() -> None:
    [document] = read("app: other\ngallery: generic-scim\n")

    assert document.settings.exclude_default_access is False
    assert document.settings.status == "off"
    assert document.secret_token == "stored"


def test_a_file_may_hold_several_apps_but_each_once() -> None:
    text = "app: a\ngallery: 15five\n---\napp: b\ngallery: 15five\n---\n"

    assert [document.app for document in read(text)] == ["a", "b"]
    assert faults(text.replace("app: b", "app: a"))[0].line == 4


@pytest.mark.parametrize("word", ["on", "'on'", "true", "On", "yes"])
def test_on_is_on_however_yaml_reads_it(word: str) -> None:
    [document] = read(WHOLE.replace("status: on", f"status: {word}"))

    assert document.settings.status == "on"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("scope: assigned", "scoop: assigned", 10, "Column 1: There is no field 'scoop' here. Did"),
        ("scope: assigned", "mode: manual", 10, "The field mode is there twice."),
        ("scope: assigned", "scope: everybody", 10, "'everybody' is none of assigned, all."),
        ("scope: assigned", "scope: !!python/name:os.system x", 10, "Tags"),
        ("scope: assigned", "scope: [", 12, "not YAML"),
        ("gallery: 15five", "gallery: 15fiv", 2, "Did you mean 15five?"),
        ("app: 15five", "app: 15 Five", 1, "small letters"),
        ("every: 40m", "every: 40", 13, "30s, 40m, 2h or 1d"),
        ("http://127.0.0.1:8081", "127.0.0.1:8081", 5, "no scheme"),
        ("env:SEATKEEPER_SECRET_15FIVE", "env:SEATKEEPER_KEY", 6, "must be called"),
        ("env:SEATKEEPER_SECRET_15FIVE", "file:../master.key", 6, "without .."),
        ("env:SEATKEEPER_SECRET_15FIVE", "abc123", 6, "never the secret itself"),
        ("email: it@", "email: it", 15, "no e-mail address"),
        ("- group: Everyone in Sales", "- grup: Everyone in Sales", 18, "Did you mean group?"),
        ("role: User", "role: Usr", 19, "Did you mean User?"),
        ("    role: User\n", "", 18, "needs a role: User or Default Access"),
        ("target: title", "target: tilte", 24, "Did you mean title?"),
        ("constant: 'on'", "matching: many", 25, "whole number"),
        ("user: ana@", "user: ''\n    #", 20, "The user has no name"),
        ("- user: ana@larkspur.example", "- group: everyone in sales", 20, "assigned twice"),
        ("- user: ana@larkspur.example", "- user: a\n    group: b", 20, "a user or a group"),
        ("  on_failure: true", "  on_failure: maybe", 16, "true or false"),
        ("- target: title", "- default: title", 24, "needs its target"),
        ("groups: off", "groups: none", 26, "'none' is none of off."),
    ],
)
def test_every_fault_has_its_line_and_says_what_to_write(
    old: str, new: str, line: int, says: str
) -> None:
    found = faults(WHOLE.replace(old, new, 1))

    assert (found[0].line, says in found[0].text) == (line, True), found


def test_all_faults_of_a_file_are_named_in_one_run() -> None:
    text = WHOLE.replace("role: User", "role: Usr").replace("every: 40m", "every: soon")

    assert [fault.line for fault in faults(text)] == [13, 19]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- 1", "Fields are expected"),
        ("app: a", "needs the field gallery"),
        ("a: &a [x]\nb: [" + "*a, " * 101 + "]", "more than 100 aliases"),
        ("[" * 90 + "]" * 90, "more than 80 levels"),
        ("app: &a\n  gallery: *a\ngallery: 15five", "One text is expected"),
        ("app: a\0b", "not YAML"),
        ("# " + "x" * 5_300_000, "more than 5,242,880 bytes"),
        ("? [a]\n: b\n", "There is no field"),
    ],
)
def test_hostile_yaml_gets_a_clear_answer(text: str, says: str) -> None:
    assert any(says in fault.text for fault in faults(text))


def test_aliases_that_would_grow_are_never_followed() -> None:
    bomb = "a: &a [x]\n" + "".join(
        f"{chr(b)}: &{chr(b)} [{', '.join(['*' + chr(b - 1)] * 9)}]\n" for b in range(98, 107)
    )

    assert all("no field" in fault.text or "needs" in fault.text for fault in faults(bomb))


# --- differences ---


SCHEDULED = WHOLE.replace(
    "  every: 40m\n",
    """\
  every: 40m
  immediate: true
  windows:
    - '* 6-21 * * mon-fri'
  quiet:
    - 22:00-06:00
  time_zone: Europe/Berlin
""",
)


def test_a_schedule_is_read_printed_and_compared() -> None:
    [document] = read(SCHEDULED)
    [plain] = read(WHOLE)

    timing = document.settings.timing
    assert (timing.immediate, timing.quiet, timing.time_zone) == (
        True,
        ("22:00-06:00",),
        "Europe/Berlin",
    )
    assert read(print_document(document)) == [document]
    assert differences(plain, document) == [
        "immediate: no -> yes",
        "windows: none -> * 6-21 * * mon-fri",
        "quiet hours: none -> 22:00-06:00",
        "time zone: UTC -> Europe/Berlin",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("windows: ['* * *']", "has 3 fields"),
        ("quiet: [22-6]", "they look like 22:00-06:00"),
        ("time_zone: Larkspur/Town", "This machine knows no time zone 'Larkspur/Town'"),
        ("time_zone: ../../etc/passwd", "This machine knows no time zone"),
        ("windows: ['* 23 * * *']\n  quiet: [22:00-06:00]", "No cycle would ever begin"),
        ("immediate: perhaps", "true or false"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_with_its_reason(line: str, says: str) -> None:
    text = WHOLE.replace("  every: 40m\n", f"  every: 40m\n  {line}\n")

    assert any(says in fault.text for fault in faults(text))


def test_how_often_an_app_is_read_again_is_read_printed_and_compared() -> None:
    [weekly] = read(f"{WHOLE}reconcile:\n  every: 7d\n  action: repair\n")
    [plain] = read(WHOLE)

    assert weekly.settings.reconcile == Reconciling(7 * 86_400, "repair")
    assert read(print_document(weekly)) == [weekly]
    assert differences(plain, weekly) == ["reconcile: none -> 7d, repair"]


def test_several_people_in_one_request_are_wanted_by_a_word() -> None:
    together = WHOLE.replace("allow_loopback: true", "allow_loopback: true\n  bulk: auto")
    [wanted], [plain] = read(together), read(WHOLE)

    assert (wanted.settings.bulk, plain.settings.bulk) == ("auto", "off")
    assert read(print_document(wanted)) == [wanted]
    assert "bulk" not in print_document(plain)
    assert differences(plain, wanted) == ["bulk: none -> auto"]
    [fault] = faults(together.replace("bulk: auto", "bulk: always"))
    assert "none of off, auto" in fault.text


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("action: repair", "reconcile needs how often"),
        ("every: 10s", "every 1 minute to every 366 days"),
        ("every: weekly", "a whole number with its unit"),
        ("every: 7d\n  action: mend", "none of report, repair"),
    ],
)
def test_reading_again_that_cannot_be_done_is_refused(line: str, says: str) -> None:
    assert any(says in fault.text for fault in faults(f"{WHOLE}reconcile:\n  {line}\n"))


def test_the_same_document_differs_in_nothing() -> None:
    [document] = read(WHOLE)

    assert differences(document, document) == []


def test_what_changes_is_said_line_by_line() -> None:
    [before] = read(WHOLE)
    [after] = read(
        WHOLE.replace("scope: assigned", "scope: all")
        .replace("role: Default Access", "role: User")
        .replace("env:SEATKEEPER_SECRET_15FIVE", "file:token")
        .replace("constant: 'on'", "remove: true")
        .replace("- group: Everyone in Sales", "- group: Finance")
    )

    assert differences(before, after) == [
        "scope: assigned -> all",
        "secret: changed",
        "assignment: group Everyone in Sales ended",
        "assignment: group Finance added as User",
        "assignment: user ana@larkspur.example: Default Access -> User",
        "mapping of users: title: constant on -> removed",
    ]


NESTED = WHOLE.replace("    role: User\n", "    role: User\n    nested: true\n")


def test_a_group_assigned_with_the_groups_inside_it_is_read_and_printed_so() -> None:
    [document] = read(NESTED)

    assert document.assignments[0] == DocumentAssignment(
        "group", "Everyone in Sales", "User", nested=True
    )
    assert print_document(document) == NESTED


def test_nested_false_is_as_if_it_were_not_there() -> None:
    assert read(NESTED.replace("nested: true", "nested: false")) == read(WHOLE)


def test_the_reach_of_an_assignment_is_a_difference_of_its_own() -> None:
    [before], [after] = read(WHOLE), read(NESTED)

    assert differences(before, after) == [
        "assignment: group Everyone in Sales: User -> User, with its nested groups"
    ]
    assert differences(after, before) == [
        "assignment: group Everyone in Sales: User, with its nested groups -> User"
    ]
    assert (
        "assignment: group Everyone in Sales added as User, with its nested groups"
        in differences(None, after)
    )


def test_a_person_cannot_be_nested() -> None:
    text = WHOLE.replace("role: Default Access", "role: Default Access\n    nested: true")

    assert [(one.line, one.text) for one in faults(text)] == [
        (
            22,
            "Column 13: The user 'ana@larkspur.example' cannot be nested: only a group has groups"
            " inside it.",
        )
    ]


@pytest.mark.parametrize("word", ["maybe", "[true]", "{}", "2"])
def test_nested_is_true_or_false(word: str) -> None:
    said = " ".join(one.text for one in faults(NESTED.replace("nested: true", f"nested: {word}")))

    assert "is expected here" in said


def test_a_new_app_is_listed() -> None:
    [document] = read(WHOLE)

    lines = differences(None, document)

    assert lines[0] == "new app: 15five (15Five)"
    assert "assignment: group Everyone in Sales added as User" in lines


def test_a_new_host_forgets_a_stored_secret_and_says_so() -> None:
    [before] = read(WHOLE.replace("env:SEATKEEPER_SECRET_15FIVE", "stored"))
    after = replace(before, settings=replace(before.settings, tenant_url="http://127.0.0.1:9/"))

    assert any("secret: forgotten" in line for line in differences(before, after))


# --- secrets ---


def test_a_secret_comes_from_a_variable_a_file_or_stays_stored(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken\n")
    environment = {"SEATKEEPER_SECRET_A": "abc"}

    def resolved(reference: str) -> bytes | None:
        return resolve_secret(reference, environment=environment, secrets_dir=tmp_path)

    assert resolved("env:SEATKEEPER_SECRET_A") == b"abc"
    assert resolved("file:token") == b"t0ken"
    assert resolved("stored") is None


@pytest.mark.parametrize(
    "reference",
    [
        "env:SEATKEEPER_KEY",
        "env:HOME",
        "env:SEATKEEPER_SECRET_",
        "file:../outside",
        "file:/etc/hostname",
        "file:link",
        "file:empty",
        "file:spaced",
        "file:",
        "t0ken",
    ],
)
def test_nothing_out_of_bounds_is_ever_read_as_a_secret(tmp_path: Path, reference: str) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (tmp_path / "outside").write_text("master")
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "empty").write_text("\n")
    (folder / "spaced").write_text("a\nX-Other: b")
    environment = {"SEATKEEPER_KEY": "k", "HOME": "/", "SEATKEEPER_SECRET_": "x"}

    with pytest.raises(InvalidValue):
        resolve_secret(reference, environment=environment, secrets_dir=folder)


def test_a_secrets_file_without_a_folder_for_secrets_says_what_to_set() -> None:
    with pytest.raises(InvalidValue) as caught:
        resolve_secret("file:token", environment={}, secrets_dir=None)

    assert "SEATKEEPER_SECRETS_DIR" in caught.value.advice


def test_a_secret_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    for reference in ("env:SEATKEEPER_SECRET_A", "file:absent"):
        with pytest.raises(NotFound):
            resolve_secret(reference, environment={}, secrets_dir=tmp_path)


def test_a_secret_that_others_can_read_is_used_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("t")
    path.chmod(0o644)
    [warning] = secret_warnings("file:token", secrets_dir=tmp_path)
    path.chmod(0o600)

    assert "chmod 600" in warning
    assert secret_warnings("file:token", secrets_dir=tmp_path) == []


# --- the law ---

ANY = st.text(max_size=12)
VISIBLE = st.sampled_from(["15Five", "on", "null", "12", "- x", "a: b", "#", "Zoë ¿", "'q\"", "~"])
CHANGE = st.builds(
    MappingChange,
    st.sampled_from(["title", "name.givenName", "externalId"]),
    constant=ANY,
    default=st.none() | ANY,
    applies=st.sampled_from([None, "always", "on_create"]),
    matching=st.none() | st.integers(0, 100),
)
DOCUMENTS = st.builds(
    AppDocument,
    app=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?", fullmatch=True),
    settings=st.builds(
        AppSettings,
        gallery=st.just("15five"),
        name=VISIBLE,
        exclude_default_access=st.booleans(),
        tenant_url=st.sampled_from(["", "https://larkspur.15five.com/scim/v2/"]),
        mode=st.sampled_from(["manual", "automatic"]),
        scope=st.sampled_from(["assigned", "all"]),
        interval_seconds=st.integers(1, 366 * 86_400),
        notification=st.builds(Notification, st.just("it@larkspur.example"), st.booleans()),
        users=st.lists(CHANGE, max_size=3, unique_by=lambda one: one.target).map(tuple),
        groups_enabled=st.booleans(),
    ),
    secret_token=st.sampled_from(["stored", "file:a/b", "env:SEATKEEPER_SECRET_A"]),
    assignments=st.lists(
        st.builds(
            DocumentAssignment,
            st.sampled_from(["user", "group"]),
            VISIBLE | ANY.filter(str.strip),
            st.sampled_from([None, "User"]),
        )
        | st.builds(
            DocumentAssignment,
            st.just("group"),
            VISIBLE,
            st.sampled_from([None, "User"]),
            st.booleans(),
        ),
        max_size=3,
        unique_by=lambda one: (one.kind, one.name.casefold()),
    ).map(tuple),
)


@settings(deadline=None)
@given(document=DOCUMENTS)
def test_a_printed_document_reads_as_the_same(document: AppDocument) -> None:
    assert read(print_document(document)) == [document]
