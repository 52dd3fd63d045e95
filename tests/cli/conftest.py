"""What tests of commands need: somebody who types into an installation of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.databases import prepared_home

from seatkeeper.cli.main import run

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command; get exit status, output and complaints."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(prepared_home(tmp_path / "home")))
    monkeypatch.chdir(tmp_path)

    def type_it(*words: str) -> tuple[int, str, str]:
        status = run(list(words))
        out, err = capsys.readouterr()
        return status, out, err

    return type_it
