"""Somebody types the tutorial from top to bottom, and sees what it says they see."""

import asyncio
import re
import shlex
from pathlib import Path

import pytest
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.cli.main import run

PAGE = Path(__file__).parents[2] / "docs/tutorial-15five.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = ("seatkeeper sandbox", "seatkeeper serve", "export ", "alias ")
"""What is typed in other terminals, or is there already."""


def written(step: str, text: str, box: RunningSandbox) -> str:
    """Return what 15five.yaml holds after a block of the page: all of it, or other assignments."""
    if step.startswith("app:"):
        return step.replace("http://127.0.0.1:8081/scim/v2", box.base_url)
    return text[: text.index("assignments:")] + step


async def follow(
    folder: Path, box: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """Do what the page says, in its order; return each command with what it printed."""
    document, said = folder / "15five.yaml", []
    for language, step in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if language == "csv":
            (folder / "people.csv").write_text(step, encoding="utf-8")
        elif language == "yaml":
            before = document.read_text(encoding="utf-8") if document.exists() else ""
            document.write_text(written(step, before, box), encoding="utf-8")
        elif language == "sh":
            for line in step.splitlines():
                if line.startswith(ELSEWHERE):
                    continue
                words = shlex.split(line, comments=True)
                assert words[0] == "seatkeeper", line
                assert await asyncio.to_thread(run, words[1:]) == 0, line
                said.append(f"{' '.join(words)}\n{capsys.readouterr().out}")
    return said


async def test_the_tutorial_goes_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEATKEEPER_HOME", str(tmp_path / "home"))

    async with running_sandbox("15five", tmp_path / "app.db") as box:
        monkeypatch.setenv("SEATKEEPER_SECRET_15FIVE", box.token)
        said = await follow(tmp_path, box, capsys)
        accounts = (await box.dump())["users"]

    page = PAGE.read_text(encoding="utf-8")
    shown = [text for language, text in BLOCK.findall(page) if language == "text"]
    printed = re.sub(r"took \d+ s", "took 0 s", "\n".join(said))
    assert len(shown) == 5
    assert [one for one in shown if one not in printed] == []
    titled, idle, left, _ = [one for one in said if one.startswith("seatkeeper run")][-4:]
    assert "1 updated, 1 request\n" in titled
    assert "no change" in idle
    assert "1 disabled" in left
    assert all(one["active"] for one in accounts)
    assert sorted(one["userName"].partition("@")[0] for one in accounts) == [
        "ana.silva",
        "bo.lind",
        "cem.kaya",
    ]
