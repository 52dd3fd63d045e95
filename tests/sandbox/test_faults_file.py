"""Faults listed in a YAML file."""

from pathlib import Path

import pytest

from seatkeeper.errors import BadInput
from seatkeeper.sandbox.faults.file import faults_text
from seatkeeper.sandbox.faults.grammar import InvalidFaults, read_faults


def faults_in(folder: Path, content: bytes) -> list[str]:
    file = folder / "faults.yml"
    file.write_bytes(content)
    return [rule.text for rule in read_faults(faults_text(str(file)))]


def test_a_text_is_itself() -> None:
    assert faults_text("POST /Users: 500") == "POST /Users: 500"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []),
        (b"# nothing\n", []),
        (b"- POST /Users: 500\n- outage after=5\n", ["500", "503 after=5 for=20s"]),
        (b"- '*: 500, 503'\n", ["500", "503"]),
        (b"['GET: 500', 'PUT: 503']", ["500", "503"]),
        (b"\xef\xbb\xbf- GET: 500\r\n- PUT: 503\r\n", ["500", "503"]),
        (b"- GET: drops urn:x:y:User:z\n", ["drops urn:x:y:User:z"]),
    ],
)
def test_a_list_is_read_entry_by_entry(tmp_path: Path, content: bytes, found: list[str]) -> None:
    assert faults_in(tmp_path, content) == found


def test_a_mistake_is_found_in_its_line_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidFaults, match=r"Line 4, .*Did you mean latency"):
        faults_in(tmp_path, b"# what\n- GET: 500\n\n- GET: latancy 5ms\n")


@pytest.mark.parametrize(
    "content",
    [
        b"GET: 500",
        b"- [GET, 500]",
        b"- {GET: [500]}",
        b"- {GET: 500, PUT: 500}",
        b"- &a [*a]",
        b"\t- x",
        b"\xff\xfe\x00",
        b"- " + b"[" * 5_000,
        b"#" * 100_000,
    ],
)
def test_what_is_no_list_of_faults_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput):
        faults_in(tmp_path, content)


def test_a_scenario_that_cannot_be_says_why_once() -> None:
    with pytest.raises(InvalidFaults) as caught:
        read_faults("slow p50=9s p99=1s")

    assert "p99 is at least p50" in str(caught.value)
    assert str(caught.value).count("Write such as") == 1
