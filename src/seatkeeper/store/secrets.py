"""Secrets at rest: each sealed with a data key of its own, wrapped by the master key.

Beside the walk. Decides how a secret is sealed and when it may be opened: only
under the master key it was sealed with, in the row and for the owner it was
sealed for (both are associated data). It stores nothing but the key file.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Never, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from seatkeeper.errors import KeyMissing
from seatkeeper.store.faults import out_of_files

_NONCE: Final = 12
_KEY: Final = 32


class Secret:
    """A plain secret in memory that no print, log or pickle lets out."""

    __slots__ = ("_plain",)

    def __init__(self, plain: bytes) -> None:
        self._plain = plain

    def reveal(self) -> bytes:
        """Return the plain bytes: the only way out."""
        return self._plain

    @property
    def last_four(self) -> str:
        """The last four characters of a text of at least sixteen, else nothing."""
        text = self._plain.decode("utf-8", "replace")
        return text[-4:] if len(text) >= 16 else ""

    def __repr__(self) -> str:
        return "•••"

    def __reduce__(self) -> Never:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is stored; worthless without the master key."""

    key_id: str
    wrapped_key: bytes
    sealed: bytes


class MasterKey:
    """The key that wraps the data keys. ``id`` is a digest's beginning and may be shown."""

    __slots__ = ("_key", "_root", "id")

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)
        self._root = Secret(key)
        self.id = hashlib.sha256(b"seatkeeper master key\0" + key).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"

    @classmethod
    def at(cls, file: Path, *, create: bool = True) -> Self:
        """Read the key of that file; the first time it is made, for its owner alone.

        Raises ``KeyMissing`` where others may read the file, or it holds no key.
        """
        if create:
            _make_key_file(file)
        try:
            key_text = _read_private(file)
            key = bytes.fromhex(key_text.strip())
        except (OSError, UnicodeDecodeError, ValueError) as error:
            refused = out_of_files(error) if isinstance(error, OSError) else None
            if refused is not None:
                raise refused from error
            raise KeyMissing(
                f"No master key can be read from {file}.",
                advice="Put the key file back; without it every secret must be entered again.",
            ) from error
        if len(key) != _KEY:
            raise KeyMissing(f"{file} does not hold a master key of {_KEY} bytes.")
        return cls(key)

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes that only this key and this purpose give, such as a signing key.

        They say nothing about the key itself, nor about those of other purposes.
        """
        info = b"seatkeeper\0" + purpose.encode()
        return HKDF(SHA256(), _KEY, salt=None, info=info).derive(self._root.reveal())

    def seal(self, secret: Secret, *, secret_id: str, owner_id: str) -> Sealed:
        """Seal a secret for one row and one owner."""
        bound = _bound(secret_id, owner_id)
        data_key = AESGCM.generate_key(bit_length=8 * _KEY)
        wrapped = _encrypt(self._key, data_key, bound)
        return Sealed(self.id, wrapped, _encrypt(AESGCM(data_key), secret.reveal(), bound))

    def unseal(self, sealed: Sealed, *, secret_id: str, owner_id: str) -> Secret:
        """Open a secret. Raises ``KeyMissing`` naming the wanted key, or that it was moved."""
        if sealed.key_id != self.id:
            raise KeyMissing(
                f"The secret of {owner_id} was sealed with key {sealed.key_id}; "
                f"the key at hand is {self.id}.",
                advice="Put that key file back, or enter the secret again.",
            )
        bound = _bound(secret_id, owner_id)
        try:
            data_key = _decrypt(self._key, sealed.wrapped_key, bound)
            return Secret(_decrypt(AESGCM(data_key), sealed.sealed, bound))
        except InvalidTag as error:
            raise KeyMissing(
                f"The secret of {owner_id} does not open: it was changed or moved.",
                advice="Enter the secret again.",
            ) from error


def _make_key_file(file: Path) -> None:
    """Make the file whole or not at all, also when two processes start at once."""
    if file.exists():
        return
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(_KEY) + "\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, file)  # fails where another process was first; its key counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise KeyMissing(
            f"The master key file {file} cannot be made: {error.strerror}.",
            advice="Choose another place with SEATKEEPER_KEY_FILE.",
        ) from error


def _read_private(file: Path) -> str:
    with file.open(encoding="ascii") as opened:
        mode = os.fstat(opened.fileno()).st_mode & 0o777
        if mode & 0o077:
            raise KeyMissing(
                f"The master key file {file} is open to others (mode {mode:o}).",
                advice=f"Run: chmod 600 {file}",
            )
        return opened.read()


def _bound(secret_id: str, owner_id: str) -> bytes:
    return f"{secret_id}\0{owner_id}".encode()


def _encrypt(key: AESGCM, plain: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + key.encrypt(nonce, plain, bound)


def _decrypt(key: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
