"""What the console says it is made of is what it asks for."""

import importlib.metadata
from pathlib import Path

from seatkeeper.facts.installed import FROM_ITS_FILE, PARTS, parts

ASKED_FOR = Path(__file__).parents[2] / "requirements" / "runtime.in"


def test_every_package_that_is_asked_for_is_named_with_its_licence() -> None:
    lines = ASKED_FOR.read_text(encoding="utf-8").splitlines()
    names = {one.partition("[")[0].strip() for one in lines if one and not one.startswith("#")}

    found = parts()

    assert set(PARTS) == names
    assert {one.name for one in found} == names
    assert not [one.name for one in found if not one.licence]


def test_a_licence_that_we_name_ourselves_is_the_one_in_the_package_s_file() -> None:
    for name, licence in FROM_ITS_FILE.items():
        files = importlib.metadata.files(name) or []
        [text] = [one.read_text() for one in files if one.name == "LICENSE"]

        assert licence == "Apache-2.0"
        assert "Apache License\n                           Version 2.0" in text
