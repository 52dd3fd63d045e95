"""People files: the whole file is judged before anything of it is used."""

import asyncio
import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.connectors.people_files import (
    LONGEST_LINE,
    MOST_BYTES,
    check_people_file,
    read_people,
)
from seatkeeper.errors import BadInput, Fault, InvalidFile, NotFound
from seatkeeper.ports import PersonRow

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


async def people(path: Path) -> list[PersonRow]:
    return [row async for row in read_people(path)]


def faults(path: Path) -> tuple[Fault, ...]:
    with pytest.raises(InvalidFile) as caught:
        check_people_file(path)
    return caught.value.faults


def only_fault(path: Path) -> Fault:
    found = faults(path)
    assert len(found) == 1, found
    return found[0]


def company(size: int) -> list[str]:
    lines = [f"p{n}@larkspur.example,Person {n},Engineer" for n in range(size)]
    return ["userPrincipalName,displayName,jobTitle", *lines]


# --- files as they should be ---


async def test_a_csv_gives_each_person_typed_values(write: Write) -> None:
    path = write(
        "people.csv",
        "userPrincipalName,jobTitle,accountEnabled,businessPhones,manager,groups\r\n"
        "zoe@larkspur.example,=Lead,false,+1 20;+1 21,Bo@larkspur.example,Sales; Everyone\r\n",
    )

    [zoe] = await people(path)

    assert zoe == PersonRow(
        line=2,
        user_name="zoe@larkspur.example",
        attributes={
            "userPrincipalName": "zoe@larkspur.example",
            "jobTitle": "=Lead",
            "businessPhones": ("+1 20", "+1 21"),
        },
        enabled=False,
        manager="Bo@larkspur.example",
        groups=("Sales", "Everyone"),
    )


async def test_an_empty_cell_clears_and_a_missing_column_leaves_what_is_there(write: Write) -> None:
    path = write("people.csv", "userPrincipalName,jobTitle,manager,groups\nzoe@x.example,,,\n")

    [zoe] = await people(path)

    assert zoe.attributes == {"userPrincipalName": "zoe@x.example", "jobTitle": None}
    assert (zoe.enabled, zoe.manager, zoe.groups) == (None, "", ())


async def test_a_byte_order_mark_blank_lines_and_a_missing_last_newline_do_no_harm(
    write: Write,
) -> None:
    path = write(
        "people.csv", "\ufeffuserPrincipalName,jobTitle\n\na@x.example,Cook\n\nb@x.example,"
    )

    rows = await people(path)

    assert [(row.line, row.user_name) for row in rows] == [(3, "a@x.example"), (5, "b@x.example")]


async def test_a_quoted_cell_may_go_over_lines_and_the_row_is_called_by_its_first(
    write: Write,
) -> None:
    path = write(
        "people.csv",
        'userPrincipalName,aboutMe\na@x.example,"one, ""two""\nthree"\nb@x.example,x,y\n',
    )

    fault = only_fault(path)

    assert fault.line == 4
    assert "3 cells; the header has 2" in fault.text


async def test_a_jsonl_person_keeps_lists_booleans_and_nulls(write: Write) -> None:
    line = {
        "userPrincipalName": "zoe@x.example",
        "skills": ["a;b", "c"],
        "mail": None,
        "accountEnabled": True,
        "groups": ["R;D"],
    }
    path = write("people.jsonl", "\n" + json.dumps(line))

    [zoe] = await people(path)

    assert zoe.line == 2
    assert zoe.attributes["skills"] == ("a;b", "c")
    assert zoe.attributes["mail"] is None
    assert (zoe.enabled, zoe.groups, zoe.manager) == (True, ("R;D",), None)


def test_a_checked_file_tells_its_digest_and_its_rows(write: Write) -> None:
    text = "\n".join(company(3))
    path = write("people.csv", text)

    found = check_people_file(path)

    assert found.rows == 3
    assert found.digest == hashlib.sha256(text.encode()).hexdigest()


async def test_a_file_that_changed_after_its_check_is_noticed(write: Write) -> None:
    path = write("people.csv", "\n".join(company(2)))
    checked = check_people_file(path)
    write("people.csv", "\n".join(company(3)))

    with pytest.raises(InvalidFile) as caught:
        [row async for row in read_people(path, digest=checked.digest)]

    assert "changed while it was being read" in caught.value.faults[0].text


# --- files with faults ---


@pytest.mark.parametrize(
    "broken",
    [
        "p6998@larkspur.example,Person",
        'p6998@larkspur.example,"Person,Engineer',
        "p6998@larkspur.example,Person,Engineer,more",
        "P5@LARKSPUR.EXAMPLE,Person,Engineer",
        'p6998@larkspur.example,"Per"son,Engineer',
        ",Person,Engineer",
    ],
)
@pytest.mark.fault("S3")
def test_one_broken_line_among_ten_thousand_is_named_and_no_other(
    write: Write, broken: str
) -> None:
    lines = company(9_999)
    lines[6_999] = broken
    path = write("people.csv", "\n".join(lines) + "\n")

    fault = only_fault(path)

    assert fault.line == 7_000


def test_a_broken_line_7000_is_named_in_jsonl_too(write: Write) -> None:
    lines = [json.dumps({"userPrincipalName": f"p{n}@x.example"}) for n in range(10_000)]
    lines[6_999] = lines[6_999][:-4]
    path = write("people.jsonl", "\n".join(lines))

    fault = only_fault(path)

    assert fault.line == 7_000
    assert "not JSON" in fault.text


def test_an_open_quote_is_blamed_on_the_row_that_opened_it(write: Write) -> None:
    lines = company(50)
    lines[10] = 'p9@larkspur.example,"Person 9,Engineer'
    lines[20] = 'p19@larkspur.example,"Person, Nineteen",Engineer'
    path = write("people.csv", "\n".join(lines))

    fault = only_fault(path)

    assert fault == Fault(
        11, "A quote is opened in this row and not closed, and was still open in line 21."
    )


def test_a_person_who_is_there_twice_is_named_with_both_lines(write: Write) -> None:
    path = write("people.csv", "userPrincipalName\nana@x.example\nbo@x.example\nANA@x.example\n")

    fault = only_fault(path)

    assert fault == Fault(4, "'ANA@x.example' is there already, in line 2.")


def test_of_many_faults_the_first_twenty_are_shown_and_all_are_counted(write: Write) -> None:
    path = write("people.csv", "userPrincipalName,mail\n" + "ana\n" * 3_000)

    with pytest.raises(InvalidFile) as caught:
        check_people_file(path)

    assert [fault.line for fault in caught.value.faults] == list(range(2, 22))
    assert caught.value.total == 3_000


def test_every_fault_of_a_row_is_named(write: Write) -> None:
    row = {"userPrincipalName": 7, "skills": "knots", "objectId": "1", "accountEnabled": "yes"}
    path = write("people.jsonl", json.dumps(row))

    texts = " ".join(fault.text for fault in faults(path))

    for name in row:
        assert name in texts


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("userPrincipalName;mail\na@x.example;a@x.example\n", 1, "separated by semicolons"),
        ("userPrincipalName\tmail\na@x.example\ta@x.example\n", 1, "separated by tabs"),
        ("userPrincipalName,mail\n".encode("utf-16"), 1, "UTF-16"),
        ("userPrincipalName,mail\n".encode("utf-16-le"), 1, "UTF-16"),
        ("userPrincipalName,surname\na@x.example,Müller\n".encode("latin-1"), 2, "Latin-1"),
        ("userPrincipalName,größe\na@x.example,1\n".encode("latin-1"), 1, "Latin-1"),
        ("mail\na@x.example\n", 1, "userPrincipalName is missing"),
        ("userprincipalname\na@x.example\n", 1, "Did you mean userPrincipalName?"),
        ("userPrincipalName,jobTitel\na@x.example,\n", 1, "Did you mean jobTitle?"),
        ("userPrincipalName,objectId\na@x.example,1\n", 1, "cannot be set"),
        ("userPrincipalName,mail,mail\na@x.example,,\n", 1, "'mail' is there 2 times"),
        ("userPrincipalName,accountEnabled\na@x.example,yes\n", 2, "true or false"),
        ("userPrincipalName,mail\na@x.example,a\0b\n", 2, "U+0000"),
        ("userPrincipalName,mail\na@x.example,a@x.exa\nb@x.exam", 3, "in the middle of this line"),
        ("userPrincipalName,mail\ra@x.example,\r", 1, "carriage return"),
        ("userPrincipalName\n a@x.example\n", 2, "spaces at an end"),
        ("userPrincipalName,aboutMe\na@x.example," + "x" * 70_000, 2, "longer than 65536"),
        ("userPrincipalName,aboutMe\na@x.example," + "x" * LONGEST_LINE, 2, "1,048,576 bytes"),
        ('userPrincipalName\n"' + '\n","' * 400_000, 2, "A quote is opened"),
        ("", 0, "empty"),
    ],
)
@pytest.mark.fault("S3")
def test_what_is_wrong_with_a_csv_is_said_in_words(
    write: Write, content: str | bytes, line: int, says: str
) -> None:
    path = write("people.csv", content)

    found = faults(path)

    assert found[0].line == line
    assert any(says in fault.text for fault in found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "no JSON object"),
        ('"ana"', "no JSON object"),
        ("{", "not JSON"),
        ('{"userPrincipalName":"a@x.example","mail":"b","mail":"c"}', "'mail' is there twice"),
        ('{"userPrincipalName":"a@x.example","mail":NaN}', "NaN is not JSON"),
        ('{"userPrincipalName":"a@x.example","mail":"\\ud800"}', "U+D800"),
        ('{"userPrincipalName":"a@x.example","mail":5}', "mail takes one text"),
        ('{"userPrincipalName":"a@x.example","skills":[1]}', "skills takes a list of texts"),
        ('{"userPrincipalName":"a@x.example","manager":["b"]}', "manager takes the userName"),
        ('{"userPrincipalName":"a@x.example","groups":"Sales"}', "groups takes a list"),
        ('{"userPrincipalName":"a@x.example","accountEnabled":null}', "cannot be empty"),
        ('{"userPrincipalName":null}', "userPrincipalName is empty"),
        ('{"mail":"a@x.example"}', "userPrincipalName is empty"),
        ('{"userPrincipalName":"a@x.example","\\ud800":1}', "There is no attribute '\\ud800'"),
        ("[" * 100_000, "nested too deep"),
        ('{"userPrincipalName":' + "9" * 5_000 + "}", "number too long"),
        ('{"userPrincipalName":"a@x.example\0"}', "U+0000"),
    ],
)
def test_what_is_wrong_with_a_jsonl_line_is_said_in_words(
    write: Write, text: str, says: str
) -> None:
    path = write("people.jsonl", '{"userPrincipalName":"first@x.example"}\n' + text + "\n")

    fault = only_fault(path)

    assert fault.line == 2
    assert says in fault.text


def test_messages_hold_no_control_characters_of_the_file(write: Write) -> None:
    path = write("people.csv", "userPrincipalName,\x1b[31mred\x07\na@x.example,\n")

    fault = only_fault(path)

    assert fault.text.isprintable()


def test_a_file_over_two_gibibytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    with path.open("wb") as file:
        os.truncate(file.fileno(), MOST_BYTES + 1)

    fault = only_fault(path)

    assert "the most is 2,147,483,648" in fault.text


def test_what_is_no_people_file_at_all_is_said_so(write: Write, tmp_path: Path) -> None:
    sheet = write("people.xlsx", "")
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(BadInput, match=r"ends in \.csv or \.jsonl"):
        check_people_file(sheet)
    with pytest.raises(NotFound):
        check_people_file(tmp_path / "absent.csv")
    with pytest.raises(BadInput, match="not a file"):
        check_people_file(tmp_path / "folder.csv")


# --- laws ---

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30)
PART = TEXT.map(str.strip).filter(lambda text: ";" not in text and text != "")
NAME = st.from_regex(r"[a-z]{1,4}@x\.example", fullmatch=True)
PERSON = st.fixed_dictionaries(
    {"userPrincipalName": NAME, "aboutMe": TEXT, "skills": st.lists(PART, unique=True, max_size=3)}
)
PEOPLE = st.lists(PERSON, max_size=8, unique_by=lambda person: person["userPrincipalName"])


def as_csv(rows: Iterable[dict[str, object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["userPrincipalName", "aboutMe", "skills"])
    for row in rows:
        skills = row["skills"]
        assert isinstance(skills, list)
        writer.writerow([row["userPrincipalName"], row["aboutMe"], ";".join(skills)])
    return text.getvalue()


def as_jsonl(rows: Iterable[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@settings(deadline=None)
@given(rows=PEOPLE, form=st.sampled_from([("csv", as_csv), ("jsonl", as_jsonl)]))
def test_what_was_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, object]],
    form: tuple[str, Callable[[Iterable[dict[str, object]]], str]],
) -> None:
    ending, written = form
    path = tmp_path_factory.mktemp("people") / f"people.{ending}"
    path.write_bytes(written(rows).encode())

    found = asyncio.run(people(path))

    assert check_people_file(path).rows == len(rows)
    assert [dict(row.attributes) for row in found] == [
        {
            "userPrincipalName": row["userPrincipalName"],
            "aboutMe": row["aboutMe"] or None,
            "skills": tuple(row["skills"]) if isinstance(row["skills"], list) else None,
        }
        | ({} if row["skills"] else {"skills": None})
        for row in rows
    ]


@settings(deadline=None)
@given(content=st.binary(max_size=400), ending=st.sampled_from(["csv", "jsonl"]))
def test_no_bytes_whatever_bring_anything_but_a_clear_answer(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str
) -> None:
    path = tmp_path_factory.mktemp("people") / f"people.{ending}"
    path.write_bytes(b"userPrincipalName,mail\n" * (ending == "csv") + content)

    found = checked_or_refused(path)

    if isinstance(found, InvalidFile):
        assert found.total >= len(found.faults) > 0
    else:
        assert found == len(asyncio.run(people(path)))


def checked_or_refused(path: Path) -> int | InvalidFile:
    try:
        return check_people_file(path).rows
    except InvalidFile as error:
        return error


async def test_a_file_that_broke_after_its_check_stops_the_import(write: Write) -> None:
    path = write("people.csv", "\n".join(company(2)))
    check_people_file(path)
    write("people.csv", "\n".join([*company(2), "half a row"]))

    with pytest.raises(InvalidFile) as caught:
        await people(path)

    assert caught.value.faults[0].line == 4


@pytest.mark.parametrize(
    ("groups", "says"),
    [(["G" * 257], "longer than 256 characters"), (["a\ud800"], "groups holds U+D800")],
)
def test_a_group_name_that_no_app_could_take_is_a_fault(
    write: Write, groups: list[str], says: str
) -> None:
    row = {"userPrincipalName": "a@x.example", "groups": groups}
    path = write("people.jsonl", json.dumps(row))

    assert says in only_fault(path).text
