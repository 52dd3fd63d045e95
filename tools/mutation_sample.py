"""Change the deciding core at random places, one at a time, and see whether a test notices.

    .venv/bin/python tools/mutation_sample.py --count 150 --seed 1

Works on a copy of the tree, never on the tree itself. Decorators, annotations
and docstrings are left alone. A change that runs too long counts as noticed.
"""

import argparse
import ast
import copy
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = "src/seatkeeper/provisioning"
TESTS = {
    "plan": [
        "words_of_scope",
        "mapping_values",
        "plan_laws",
        "what_is_written",
        "decision_table",
        "decision_cases",
    ],
    "match": ["words_of_decisions", "words_of_scope", "match", "explain"],
    "scope": ["words_of_scope", "grants", "decision_table", "decision_cases", "explain"],
    "decision": ["words_of_decisions", "decision_table", "decision_cases", "explain"],
    "handover": ["words_of_scope", "match"],
    "reference": ["words_of_decisions", "reporting_line", "match", "decision_cases"],
    "reviewed": ["preview", "reviewed"],
    "guard": ["guard"],
}  # fmt: skip
FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what could stand in this node's place."""
    match node:
        case ast.Compare(ops=[op, *rest]) if type(op) in FLIPPED:
            yield ast.Compare(node.left, [FLIPPED[type(op)](), *rest], node.comparators)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(value=str(value)) if value:
            yield ast.Constant(f"{value}~")
        case ast.If():
            yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.Return(value=value) if value is not None:
            yield ast.Return(ast.Constant(None))


def places(
    node: ast.AST, way: tuple[tuple[str, int], ...] = ()
) -> Iterator[tuple[tuple[tuple[str, int], ...], ast.AST]]:
    """Yield each node that may change, with the way to it from the root."""
    yield way, node
    for name, value in ast.iter_fields(node):
        if name in {"decorator_list", "annotation", "returns", "format_spec"}:
            continue
        inside = value if isinstance(value, list) else [value]
        for at, one in enumerate(inside):
            text = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            if isinstance(one, ast.AST) and not text:
                yield from places(one, (*way, (name, at)))


def replaced(tree: ast.Module, way: tuple[tuple[str, int], ...], new: ast.AST) -> str:
    """Return the module's text with the node at the end of ``way`` exchanged."""
    tree = copy.deepcopy(tree)
    at: ast.AST = tree
    for name, index in way[:-1]:
        value = getattr(at, name)
        at = value[index] if isinstance(value, list) else value
    name, index = way[-1]
    if isinstance(getattr(at, name), list):
        getattr(at, name)[index] = new
    else:
        setattr(at, name, new)
    return ast.unparse(ast.fix_missing_locations(tree))


def sample(count: int, seed: int) -> list[tuple[str, int, str, str]]:
    """Return module, line, what was changed, and the changed module's text, in random order."""
    every = []
    for module in TESTS:
        tree = ast.parse((ROOT / CORE / f"{module}.py").read_text("utf-8"))
        for way, node in places(tree):
            for new in changed(node) if way and hasattr(node, "lineno") else ():
                words = [ast.unparse(ast.fix_missing_locations(one)) for one in (node, new)]
                said = " -> ".join(word.splitlines()[0] for word in words)
                line: int = getattr(node, "lineno", 0)
                every.append((module, tree, way, new, line, said))
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    return [(m, line, said, replaced(tree, way, new)) for m, tree, way, new, line, said in chosen]


def noticed(place: Path, module: str, seconds: float) -> bool:
    """Whether the module's tests fail, or do not end in time."""
    files = [f"tests/provisioning/test_{name}.py" for name in TESTS[module]]
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:xdist", *files]
    try:
        ended = subprocess.run(command, cwd=place, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    return ended.returncode != 0


def main() -> int:
    """Run the sample; the exit status is 1 where fewer than 90 % are noticed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=150)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=60, help="for each change")
    asked.add_argument("--stop-after", type=float, default=3600, help="seconds for all of them")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for part in ("src", "tests", "docs"):
            shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", place)
        for module in TESTS:  # a change would seem noticed where they fail anyway
            if noticed(place, module, 300):
                print(f"The tests of {module} fail before anything is changed.")
                return 2
        survivors = ran = 0
        end = time.monotonic() + given.stop_after
        for module, line, said, text in sample(given.count, given.seed):
            if time.monotonic() > end:
                break
            path = place / CORE / f"{module}.py"
            before = path.read_text("utf-8")
            path.write_text(text, "utf-8")
            ran += 1
            if not noticed(place, module, given.seconds):
                survivors += 1
                print(f"survived {CORE}/{module}.py:{line}: {said}", flush=True)
            path.write_text(before, "utf-8")
        killed = ran - survivors
        print(f"{ran} changes: {killed} killed, {survivors} survived", flush=True)
    return 0 if killed * 10 >= ran * 9 else 1


if __name__ == "__main__":
    sys.exit(main())
