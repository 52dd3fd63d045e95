"""The functions that need more than their arguments: moment, seed, roles, the default domain.

    source change -> scope -> [map] -> match -> plan -> export -> log

What they need comes in with the ``Environment``; none of them asks the world.
The same seed gives the same values, which is how what was drawn while planning
is what is sent.
"""

import hashlib
import string
from collections.abc import Sequence
from typing import Final

from seatkeeper.provisioning.expression.values import (
    Environment,
    EvaluationFailed,
    Moment,
    Role,
    RoleValue,
    Value,
    text_of,
    texts_of,
    whole_of,
)

LONGEST_RANDOM: Final = 256
SPECIAL: Final = "!#$%&()*+,-./:;<=>?@[]^_{}~"


def now(environment: Environment, _: tuple[Value, ...]) -> Value:
    """Return the moment of this evaluation."""
    if environment.now is None:
        raise EvaluationFailed("Now has no moment here.", advice="Give one.")
    return Moment(environment.now)


def default_domain(environment: Environment, _: tuple[Value, ...]) -> Value:
    """Return the directory's default domain."""
    if not environment.default_domain:
        raise EvaluationFailed(
            "The directory has no default domain.", advice="Set SEATKEEPER_DEFAULT_DOMAIN."
        )
    return environment.default_domain


def same(_: Environment, arguments: tuple[Value, ...]) -> Value:
    """Return the value; only the log hides it (``Redact``)."""
    return arguments[0]


def guid(environment: Environment, _: tuple[Value, ...]) -> Value:
    """Return a version 4 GUID in small letters."""
    drawn = bytearray(_drawn(environment)[:16])
    drawn[6] = drawn[6] & 0x0F | 0x40
    drawn[8] = drawn[8] & 0x3F | 0x80
    text = drawn.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def random_string(environment: Environment, arguments: tuple[Value, ...]) -> Value:
    """Return random characters, at least so many of each kind, none of those to avoid."""
    names = ("Length", "MinimumNumbers", "MinimumSpecialCharacters", "MinimumCapital",
             "MinimumLowerCase")  # fmt: skip
    length, *least = (whole_of(one, name) for one, name in zip(arguments, names, strict=False))
    if not 1 <= length <= LONGEST_RANDOM or min(least) < 0 or sum(least) > length:
        raise EvaluationFailed(
            f"RandomString makes 1 to {LONGEST_RANDOM} characters, and at least as many as its "
            "minimums together.",
            advice="Raise Length or lower a minimum.",
        )
    avoided = set(text_of(arguments[5], "CharactersToAvoid") or "") if len(arguments) > 5 else set()
    kinds = [
        [one for one in kind if one not in avoided]
        for kind in (string.digits, SPECIAL, string.ascii_uppercase, string.ascii_lowercase)
    ]
    every = [one for kind in kinds for one in kind]
    if not every or any(count and not kind for kind, count in zip(kinds, least, strict=True)):
        raise EvaluationFailed(
            "RandomString avoids every character of a kind that it must use.",
            advice="Avoid fewer characters.",
        )
    chosen = [
        _one_of(environment, kind)
        for kind, count in zip(kinds, least, strict=True)
        for _ in range(count)
    ]
    chosen += [_one_of(environment, every) for _ in range(length - len(chosen))]
    mixed = []
    while chosen:
        mixed.append(chosen.pop(_number(environment, len(chosen))))
    return "".join(mixed)


def single_role(environment: Environment, arguments: tuple[Value, ...]) -> Value:
    """Return the value of the one role; of several the lowest, so that it is always the same."""
    roles = _roles(environment, arguments)
    return min(roles).value if roles else None


def role_values(environment: Environment, arguments: tuple[Value, ...]) -> Value:
    """Return the values of all roles."""
    return tuple(role.value for role in sorted(_roles(environment, arguments)))


def role_elements(environment: Environment, arguments: tuple[Value, ...]) -> Value:
    """Return all roles as elements of the app's ``roles``."""
    return tuple(
        RoleValue(role.value, role.display or role.value)
        for role in sorted(_roles(environment, arguments))
    )


def _roles(environment: Environment, arguments: tuple[Value, ...]) -> Sequence[Role]:
    if environment.roles:
        return environment.roles
    return [Role(value) for value in texts_of(arguments[0]) if value]


def _drawn(environment: Environment) -> bytes:
    if not environment.seed:
        raise EvaluationFailed("There is no seed for random values here.", advice="Give one.")
    environment.drawn += 1
    return hashlib.sha256(f"{environment.drawn}:{environment.seed}".encode()).digest()


def _number(environment: Environment, below: int) -> int:
    return int.from_bytes(_drawn(environment), "big") % below


def _one_of(environment: Environment, characters: Sequence[str]) -> str:
    return characters[_number(environment, len(characters))]
