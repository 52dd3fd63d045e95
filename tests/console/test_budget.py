"""What a first visit costs, from the wheel that people install (console design, 11)."""

import gzip
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
STATIC: Final = "seatkeeper/console/static/"
KB: Final = 1000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Build the wheel as it is published, and return its files."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(source)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    [file] = folder.glob("*.whl")
    with zipfile.ZipFile(file) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(*files: bytes) -> int:
    """Return how many bytes travel."""
    return sum(len(gzip.compress(one, 6, mtime=0)) for one in files)


def of_kind(wheel: dict[str, bytes], kind: str) -> list[bytes]:
    found = [
        body
        for name, body in wheel.items()
        if name.startswith(STATIC) and Path(name).suffix == kind
    ]
    assert found, f"the wheel has no {kind}"
    return found


def test_the_style_sheet_and_the_scripts_stay_within_their_budgets(wheel: dict[str, bytes]) -> None:
    assert zipped(*of_kind(wheel, ".css")) <= 12 * KB
    assert zipped(*of_kind(wheel, ".js")) <= 22 * KB
    assert zipped(wheel[f"{STATIC}app.js"]) <= 4 * KB


def test_the_font_of_a_first_visit_stays_within_its_budget(wheel: dict[str, bytes]) -> None:
    assert len(wheel[f"{STATIC}vendor/inter-latin.woff2"]) <= 55 * KB


def test_every_template_and_every_vendored_file_is_in_the_wheel(wheel: dict[str, bytes]) -> None:
    console = ROOT / "src" / "seatkeeper" / "console"
    ours = [*(console / "templates").rglob("*.html"), *(console / "static").rglob("*.*")]

    missing = {str(one.relative_to(ROOT / "src")) for one in ours} - set(wheel)

    assert missing == set()


def test_nothing_that_only_tests_need_is_in_the_wheel(wheel: dict[str, bytes]) -> None:
    assert [name for name in wheel if "axe" in Path(name).name or name.startswith("tests")] == []
