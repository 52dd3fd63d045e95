"""Trying expressions out on the command line: what is shown, and what is refused."""

import json
from pathlib import Path

import pytest

from seatkeeper.cli.main import run
from seatkeeper.cli.out import DONE, FAILED, WRONG_USAGE


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEATKEEPER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ida(home: Path) -> str:
    path = home / "ida.json"
    path.write_text(json.dumps({"mail": "Ida@larkspur.example", "hired": "soon", "skills": ["a"]}))
    return str(path)


def test_a_value_is_shown_with_its_kind_its_parts_and_what_to_know(
    ida: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(
        ["expression", "eval", 'Append(ToLower([mail]), IIF([x] = "", 1, 2))', "--source", ida]
    )

    said = capsys.readouterr().out
    assert status == DONE
    assert said.startswith('"ida@larkspur.example1"  (text)\n')
    assert "[mail]" in said
    assert "Note: Here IIF treats an empty attribute as the empty text" in said
    assert "Neither --user" not in said


def test_a_program_reads_result_type_and_steps(
    ida: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(["expression", "eval", "Count([skills])", "--source", ida, "--json"])

    told = json.loads(capsys.readouterr().out)
    assert status == DONE
    assert (told["result"], told["type"], told["expression"]) == (
        1,
        "whole number",
        "Count([skills])",
    )
    assert told["steps"][0] == {
        "level": 1,
        "text": "[skills]",
        "result": ["a"],
        "fault": "",
        "at": 6,
    }


def test_without_a_person_every_attribute_is_empty_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["expression", "eval", "[mail]"])

    assert "Neither --user nor --source was given" in capsys.readouterr().out


def test_every_fault_is_pointed_at(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["expression", "eval", "Append(Lowercase([a]), Frobnicate())"])

    said = capsys.readouterr().err.splitlines()
    assert status == FAILED
    assert said[0].startswith("Error: Unknown function `Lowercase`. Did you mean `ToLower`?")
    assert said[1:3] == ["  Append(Lowercase([a]), Frobnicate())", "         ^"]
    assert said[4:] == ["  Append(Lowercase([a]), Frobnicate())", " " * 25 + "^"]


@pytest.mark.parametrize(
    ("expression", "error", "character"),
    [
        ("ToLower([a]", "expression.fault", 1),
        ('Left([a], "x")', "expression.fault", 11),
        ('Append("x", CDate([hired]))', "ExpressionFailed", 13),
        ("SelectUniqueValue([a], [b])", "NoUniqueValue", 1),
    ],
)
def test_a_program_reads_what_failed_and_where(
    expression: str, error: str, character: int, ida: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(["expression", "eval", expression, "--source", ida, "--json"])

    told = json.loads(capsys.readouterr().out)
    assert status == FAILED
    assert (told["error"], told["line"], told["character"]) == (error, 1, character)
    assert told["message"]


def test_the_part_that_failed_is_pointed_at_below_the_others(
    ida: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(["expression", "eval", 'Append("x", CDate([hired]))', "--source", ida])

    said = capsys.readouterr()
    assert status == FAILED
    assert said.out.count("'soon' is no date") == 1
    assert "fails, too" in said.out
    assert said.err.splitlines()[-1] == " " * 14 + "^"


@pytest.mark.parametrize(
    "arguments",
    [
        ["eval"],
        ["eval", "[a]", "--user", "ida", "--source", "ida.json"],
        ["test"],
        ["test", "a.json", "b.json"],
        ["guess"],
    ],
)
def test_wrong_usage_is_told_apart_from_failure(arguments: list[str]) -> None:
    assert run(["expression", *arguments]) == WRONG_USAGE


def vectors(home: Path, content: object) -> str:
    path = home / "vectors.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


RIGHT = {"id": "right", "expression": 'Append([a], "!")', "source": {"a": "b"}, "expected": "b!"}
WRONG = {"id": "wrong", "expression": "ToLower([a])", "expected": "b"}


def test_a_file_of_vectors_names_its_failures_and_counts(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = run(["expression", "test", vectors(home, [RIGHT])])
    bad = run(["expression", "test", vectors(home, [RIGHT, WRONG])])

    assert (good, bad) == (DONE, FAILED)
    assert capsys.readouterr().out.splitlines() == [
        "1 of 1 passed",
        "wrong: ToLower([a])",
        '  expected "b"',
        "  and got  null",
        "1 of 2 passed",
    ]


def test_many_failures_are_counted_and_a_program_reads_them_all(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = vectors(home, [{**WRONG, "id": f"w{number}"} for number in range(53)])

    run(["expression", "test", file])
    told = capsys.readouterr().out.splitlines()
    status = run(["expression", "test", file, "--json"])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[-2:] == ["and 3 more failures", "0 of 53 passed"]
    assert status == FAILED
    assert [len(lines), lines[-1]] == [54, {"passed": 0, "total": 53}]
    assert run(["expression", "test", vectors(home, [RIGHT]), "--json"]) == DONE


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no JSON"),
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('[{"id": "\\ud800"}]', "is no JSON"),
        ("{}", "holds no list of vectors"),
        ([RIGHT, RIGHT], "Vectors 1 and 2 have the same id"),
        ([{"id": "a"}], "has no expression and no expected"),
    ],
)
def test_what_is_no_file_of_vectors_is_refused(
    content: object, says: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["expression", "test", vectors(home, content)]) == FAILED
    assert says in capsys.readouterr().err


def test_a_file_that_is_not_there_or_too_large_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    huge = home / "huge.json"
    with huge.open("wb") as file:
        file.truncate((64 << 20) + 1)

    statuses = [run(["expression", "test", str(path)]) for path in (huge, home, home / "nowhere")]

    said = capsys.readouterr().err
    assert statuses == [FAILED] * 3
    assert "is larger than 64 MiB" in said
    assert said.count("cannot be read") == 2
