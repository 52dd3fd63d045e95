"""Secrets are sealed for one row and one owner, under a key file nobody else reads."""

import pickle
from pathlib import Path

import pytest

from seatkeeper.errors import KeyMissing
from seatkeeper.store.secrets import MasterKey, Secret

KEY = MasterKey(b"k" * 32)


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "home" / "master.key"

    first, second = MasterKey.at(file), MasterKey.at(file)

    assert first.id == second.id
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["master.key"]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    MasterKey.at(file)
    file.chmod(0o640)

    with pytest.raises(KeyMissing, match="chmod 600"):
        MasterKey.at(file)


@pytest.mark.parametrize("text", ["", "zz", "abcd"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "master.key"
    file.write_text(text)
    file.chmod(0o600)

    with pytest.raises(KeyMissing):
        MasterKey.at(file)


@pytest.mark.parametrize(("secret_id", "owner"), [("s-2", "15five"), ("s-1", "slack")])
def test_a_secret_moved_to_another_row_does_not_open(secret_id: str, owner: str) -> None:
    sealed = KEY.seal(Secret(b"token"), secret_id="s-1", owner_id="15five")

    with pytest.raises(KeyMissing, match="moved"):
        KEY.unseal(sealed, secret_id=secret_id, owner_id=owner)


def test_the_same_secret_sealed_twice_looks_different() -> None:
    once, again = (KEY.seal(Secret(b"token"), secret_id="s", owner_id="o") for _ in range(2))

    assert once.sealed != again.sealed
    assert once.wrapped_key != again.wrapped_key


def test_a_secret_is_not_printed_and_not_pickled() -> None:
    secret = Secret(b"geheim")

    assert "geheim" not in f"{secret} {secret!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_what_is_derived_is_the_same_for_one_key_and_purpose_only() -> None:
    again, other = MasterKey(b"k" * 32), MasterKey(b"o" * 32)

    assert KEY.derive("plan file") == again.derive("plan file")
    assert len({KEY.derive("plan file"), KEY.derive("other"), other.derive("plan file")}) == 3
    assert len(KEY.derive("plan file")) == 32
