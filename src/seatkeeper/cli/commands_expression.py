"""Commands to try mapping expressions out: expression eval, expression test."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import cyclopts
import msgspec
from rich.console import Group as Stack
from rich.table import Table
from rich.text import Text

from seatkeeper.cli.commands_config import Json
from seatkeeper.cli.out import DONE, FAILED, installation, show, speak
from seatkeeper.clock import utc_now
from seatkeeper.configuration.check_mappings import COMPUTED, attribute_kind, source_names
from seatkeeper.directory.model import User
from seatkeeper.errors import BadInput
from seatkeeper.provisioning.expression.check import (
    attribute_faults,
    checked,
    notes,
    value_faults,
)
from seatkeeper.provisioning.expression.parser import ExpressionFault, parse, pointed
from seatkeeper.provisioning.expression.tree import printed
from seatkeeper.provisioning.expression.trial import (
    Plain,
    Step,
    judged,
    outcome,
    source_of,
    steps,
)
from seatkeeper.provisioning.expression.values import Environment, Value
from seatkeeper.provisioning.mapping.evaluate import Circumstances, user_value
from seatkeeper.settings import read_settings

LARGEST_FILE: Final = 64 << 20
MOST_SHOWN: Final = 50


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
    expression = cyclopts.App(name="expression", help="Try mapping expressions out.")
    expression.command(evaluate, name="eval")
    expression.command(test)
    app.command(expression)


async def evaluate(
    expression: str, /, *, user: str | None = None, source: Path | None = None, json: Json = False
) -> int:
    """Evaluate an expression and show what each part of it gave.

    Parameters
    ----------
    expression
        The expression, such as: ToLower([mail])
    user
        Read the attributes of this person (userName, e-mail or id).
    source
        Read the attributes from this JSON file: {"mail": "ada@example.org"}
    """
    if user is not None and source is not None:
        raise BadInput("Give --user or --source, not both.")
    try:
        tree = parse(expression)
        checked(tree)
        wrong = value_faults(tree)
        if user is not None:
            known = [*source_names("users"), *COMPUTED]
            wrong += attribute_faults(tree, lambda name: attribute_kind("users", name), known)
        if wrong:
            raise wrong[0]
    except ExpressionFault as fault:
        raise BadInput(pointed(expression, fault)) from fault
    value_of = await _reader(user, source)
    seed, now = secrets.token_hex(16), utc_now()
    domain = read_settings().default_domain

    def environment() -> Environment:
        return Environment(value_of, now=now, seed=seed, default_domain=domain)

    result = outcome(tree, environment())
    made = list(steps(tree, environment))
    warned = [note.text for note in notes(tree)]
    plain = {
        "expression": printed(tree),
        "result": result,
        "steps": [msgspec.to_builtins(step) for step in made],
        "notes": warned,
    }
    speak([plain], _told(result, made, warned), json=json)
    return DONE


def test(file: Path, /, *, json: Json = False) -> int:
    """Evaluate every vector of a file and compare with what it expects.

    Parameters
    ----------
    file
        A JSON list of objects with expression, source and expected; where needed also now.
    """
    verdicts = judged(_json_file(file))
    failed = [one for one in verdicts if not one.passed]
    passed = len(verdicts) - len(failed)
    if json:
        plains: list[Mapping[str, object]] = [msgspec.to_builtins(one) for one in failed]
        plains.append({"passed": passed, "total": len(verdicts)})
        speak(plains, "", json=True)
        return FAILED if failed else DONE
    for one in failed[:MOST_SHOWN]:
        show(f"{one.id}: {one.expression}")
        show(f"  expected {_shown(one.expected)}")
        show(f"  and got  {_shown(one.got)}")
    if len(failed) > MOST_SHOWN:
        show(f"and {len(failed) - MOST_SHOWN} more failures")
    show(f"{passed} of {len(verdicts)} passed")
    return FAILED if failed else DONE


async def _reader(user: str | None, source: Path | None) -> Callable[[str], Value]:
    if source is not None:
        return source_of(_json_file(source), str(source))
    if user is None:
        return lambda _: None
    async with installation() as opened:
        found: User = await opened.directory.user(user)
    about = Circumstances()
    return lambda name: user_value(found, name, about, usable=found.active)


def _json_file(path: Path) -> object:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"{path} is larger than 64 MiB.")
        return msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{path} is no JSON: {error}.") from error


def _shown(value: Plain) -> str:
    return msgspec.json.encode(value).decode()


def _told(result: Plain, made: list[Step], warned: list[str]) -> Stack:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for step in made:
        gave = Text(step.fault, style="red") if step.fault else Text(_shown(step.result))
        table.add_row(Text("  " * step.level + step.text), gave)
    lines = [Text(f"Note: {one}") for one in warned]
    return Stack(Text(_shown(result)), Text(""), table, *lines)
