"""Commands to try mapping expressions out: expression eval, expression test."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import cyclopts
import msgspec
from rich.console import Group as Stack
from rich.table import Table
from rich.text import Text

from seatkeeper.cli.out import (
    DONE,
    FAILED,
    WRONG_USAGE,
    complain,
    installation,
    show,
    speak,
)
from seatkeeper.cli.parameters import Json
from seatkeeper.clock import utc_now
from seatkeeper.configuration.check_mappings import COMPUTED, attribute_kind, source_names
from seatkeeper.directory.model import User
from seatkeeper.errors import BadInput, MappingFailed
from seatkeeper.provisioning.expression.check import (
    attribute_faults,
    faults,
    notes,
    value_faults,
)
from seatkeeper.provisioning.expression.parser import ExpressionFault, parse, pointed, spot
from seatkeeper.provisioning.expression.tree import attributes_read, printed
from seatkeeper.provisioning.expression.trial import (
    Plain,
    Step,
    kind_of,
    outcome,
    source_of,
    steps,
)
from seatkeeper.provisioning.expression.values import Environment, Value
from seatkeeper.provisioning.expression.vectors import judged
from seatkeeper.provisioning.mapping.evaluate import Circumstances, user_value
from seatkeeper.settings import read_settings

LARGEST_FILE: Final = 64 << 20
MOST_SHOWN: Final = 50
MOST_FAULTS: Final = 5


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
        complain(BadInput("Give --user or --source, not both."), json=json)
        return WRONG_USAGE
    try:
        tree = parse(expression)
    except ExpressionFault as fault:
        return _refuse(expression, [fault], json=json)
    wrong = faults(tree) or value_faults(tree)
    if not faults(tree) and user is not None:
        known = [*source_names("users"), *COMPUTED]
        wrong += attribute_faults(tree, lambda name: attribute_kind("users", name), known)
    if wrong:
        return _refuse(expression, wrong, json=json)
    value_of = await _reader(user, source)
    seed, now = secrets.token_hex(16), utc_now()
    domain = read_settings().default_domain

    def environment() -> Environment:
        return Environment(value_of, now=now, seed=seed, default_domain=domain)

    made = list(steps(tree, environment))
    warned = [note.text for note in notes(tree)]
    if attributes_read(tree) and user is None and source is None:
        warned.append("Neither --user nor --source was given, so every attribute is empty.")
    told = {
        "expression": printed(tree),
        "steps": [msgspec.to_builtins(step) for step in made],
        "notes": warned,
    }
    try:
        result = outcome(tree, environment())
    except MappingFailed as error:
        if not json:
            show(_told(made, warned))
        at = next((one.at for one in made if one.fault == str(error)), 0)
        failed = ExpressionFault(error.message, at, advice=error.advice)
        return _refuse(expression, [failed], json=json, code=error.code, told=told)
    kind = kind_of(result)
    view = Stack(Text(f"{_shown(result)}  ({kind})"), Text(""), _told(made, warned))
    speak([{**told, "result": result, "type": kind}], view, json=json)
    return DONE


def _refuse(
    expression: str,
    wrong: Sequence[ExpressionFault],
    *,
    json: bool,
    code: str = ExpressionFault.code,
    told: Mapping[str, object] | None = None,
) -> int:
    """Say each fault with its place; the first is the one that programs read."""
    if not json:
        for fault in wrong[:MOST_FAULTS]:
            complain(BadInput(pointed(expression, fault)))
        return FAILED
    where = spot(expression, wrong[0].at)
    plain = {
        "error": code,
        "message": wrong[0].message,
        "advice": wrong[0].advice,
        "line": where.line,
        "character": where.column,
        **(told or {}),
    }
    speak([plain], "", json=True)
    return FAILED


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


def _told(made: Sequence[Step], warned: Sequence[str]) -> Stack:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    said: set[str] = set()
    for step in made:
        gave = Text(_shown(step.result))
        if step.fault:
            gave = Text("fails, too" if step.fault in said else step.fault, style="red")
            said.add(step.fault)
        table.add_row(Text("  " * step.level + step.text), gave)
    return Stack(table, *(Text(f"Note: {one}") for one in warned))
