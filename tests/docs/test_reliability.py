"""The page on reliability says what the tests say, and nothing that they do not."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def tool() -> ModuleType:
    """Return the program that writes the page."""
    spec = importlib.util.spec_from_file_location("fault_matrix", ROOT / "tools/fault_matrix.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_marks_of_the_tests_say() -> None:
    matrix = tool()

    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page(matrix.proven())


def test_a_mark_is_found_with_its_test_and_a_fault_without_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    text = '@pytest.mark.fault("T1", "T2")\nasync def test_it_waits(): ...\ndef test_other(): ...'
    (tmp_path / "tests" / "test_some.py").write_text(text, encoding="utf-8")
    matrix = tool()

    found = matrix.proven(tmp_path)
    rows = {row.split(" | ")[0]: row for row in matrix.page(found).splitlines() if "|" in row}

    assert found == {name: ["tests/test_some.py: test_it_waits"] for name in ("T1", "T2")}
    assert rows["| T1"].endswith("| `tests/test_some.py`: it waits |")
    assert rows["| T4"].endswith("| *no test yet* |")


def test_a_mark_that_names_no_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="T99"):
        tool().page({"T99": ["tests/test_some.py: test_it"]})
