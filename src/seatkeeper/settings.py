"""Settings of this process: `SEATKEEPER_*` variables over an optional `seatkeeper.toml`.

Read once by ``bootstrap``; every other room gets plain values. Settings of an
*app* are not here but in its configuration document.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from seatkeeper.errors import BadInput


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be set for one installation; the same names, upper-cased, as variables."""

    home: Path = Path("~/.local/share/seatkeeper")
    database_url: str = ""
    key_file: str = ""
    secrets_dir: str = ""
    default_domain: str = ""
    public_url: str = "http://127.0.0.1:8080"
    trusted_proxies: str = ""
    allowed_hosts: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_from: str = "seatkeeper@localhost"
    smtp_starttls: bool = True
    notify_email: str = ""
    notify_webhook: str = ""
    notify_kinds: str = ""
    notify_allow_loopback: bool = False
    notify_digest_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    notify_silent_intervals: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 2
    keep_log_days: int = 400
    keep_cycles_days: int = 90
    keep_messages_days: int = 90
    keep_changes_days: int = 400
    administrators: str = ""
    lease_seconds: Annotated[int, msgspec.Meta(ge=2, le=600)] = 30
    request_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 60

    @property
    def administrator_names(self) -> tuple[str, ...]:
        """The userNames of people whom no source may create, change or delete."""
        return tuple(name for one in self.administrators.split(",") if (name := one.strip()))

    @property
    def database(self) -> str:
        """The database's URL; by default an SQLite file in ``home``."""
        return self.database_url or f"sqlite:///{self.home / 'seatkeeper.db'}"

    @property
    def master_key_file(self) -> Path:
        """Where the master key lies; by default beside the database."""
        return Path(self.key_file).expanduser() if self.key_file else self.home / "master.key"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings. Raises ``BadInput`` naming the variable or field that is wrong."""
    environment = os.environ if environment is None else environment
    prefix = "SEATKEEPER_"
    chosen: dict[str, object] = {}
    file = Path(environment.get("SEATKEEPER_CONFIG", "seatkeeper.toml"))
    if file.is_file():
        try:
            chosen.update(tomllib.loads(file.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{file} cannot be read: {error}.") from error
    for name in Settings.__struct_fields__:
        value = environment.get(prefix + name.upper())
        if value is not None:
            chosen[name] = value
    try:
        settings = msgspec.convert(chosen, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"A setting cannot be used: {error}.",
            advice=f"Settings are {prefix}* variables or fields of {file}.",
        ) from error
    return msgspec.structs.replace(settings, home=settings.home.expanduser())


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)
