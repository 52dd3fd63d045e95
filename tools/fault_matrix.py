"""Write docs/reliability.md: which fault is met how, and which test holds us to it.

The faults stand here, in the words of the page; the tests say of themselves
which they prove (``@pytest.mark.fault("T3")``). A fault without a test is shown
as one, so that the page promises nothing that is not tested.

    python tools/fault_matrix.py           write the page
    python tools/fault_matrix.py --check   exit with 1 where the page would differ
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "reliability.md"
UNPROVEN: Final = "*no test yet*"

FAULTS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "The app": {
        "T1": ("its name leads nowhere", "no request; the cycle waits with its plan"),
        "T2": ("it refuses the connection", "tried again; nothing has to be looked up"),
        "T3": ("the answer to a write is lost", "looked up before anything is repeated"),
        "T4": ("its certificate is wrong", "no request; the message says what is wrong with it"),
        "T5": ("it refuses the token", "all stops at once, one mail; a new token goes on"),
        "T6": ("403 for everything, or for one record", "the app stops, or the record waits"),
        "T7": ("its address is no SCIM service", "the app stops; what came instead is said"),
        "T8": ("accounts are gone", "a few are made anew; many are held and a mail says so"),
        "T8a": ("the address leads to another tenant", "nothing is written to strangers"),
        "T9": ("a value is taken (409)", "looked up: theirs is linked, else the record waits"),
        "T10": ("a change conflicts (409, 412)", "read again and sent once more, then it waits"),
        "T11": ("it refuses a value (400, 422)", "the record waits, with the app's own words"),
        "T12": ("too many members for one request", "sent in halves until they fit"),
        "T13": (
            "too many requests (429)",
            "the app waits as it asks (15 minutes at most), then is asked slower",
        ),
        "T14": ("it fails for one request (5xx)", "three more tries, then the record waits"),
        "T15": (
            "it fails again and again",
            "the cycle waits with its plan; the app is let in by and by",
        ),
        "T16": ("it knows no PATCH or filter", "another way where its gallery file names one"),
        "T17": ("pages, cut or empty answers", "recognised, quoted and never taken for data"),
        "T18": ("it accepts a value and keeps another", "noticed, and not rewritten for ever"),
        "T19": ("an account is made without an id", "looked up; never created again blindly"),
        "T20": ("its list is wrong", "a miss in a list is never taken for an absence"),
        "T21": ("it ignores the filter", "the app stops; nobody is adopted"),
        "T22": ("it finds more than was asked for", "what does not answer is dropped"),
        "T23": ("several accounts answer to one person", "all are named, none is touched"),
        "T24": ("it redirects", "not followed with the token; both hosts are named"),
        "T25": ("it is endless, slow or a bomb", "limits of time, size and depth end it"),
        "T26": ("it was restored from a backup", "found and repaired, many only with consent"),
        "T27": ("a change is answered in several forms", "each is taken"),
        "T28": ("odd spellings in its answers", "read all the same"),
    },
    "Source and directory": {
        "S1": ("a source fails in the middle", "nobody is taken for gone"),
        "S2": (
            "a source, a department or a group is suddenly much smaller",
            "removals are held, with both counts, until somebody decides or it is full again",
        ),
        "S3": ("a broken file of people", "refused whole, with its lines; nothing is changed"),
        "S4": ("two people with one matching value", "both wait, each with the other's name"),
        "S5": ("names change hands", "in the order that lets all be written; accounts stay"),
        "S6": ("a linked person is renamed", "goes by the id; no new account"),
        "S7": ("managers in a loop, or not there yet", "written when there, without a restart"),
        "S8": ("somebody is hired again", "the account passes on, or a person is asked"),
        "S9": ("in and out of scope in one cycle", "one decision from how it ended"),
        "S10": ("very many memberships at once", "in batches; many who leave wait for a person"),
        "S11": ("odd characters", "kept where they are legal, escaped where they are shown"),
        "S12": ("an edit while the cycle plans", "decided again right before it is sent"),
    },
    "Our own side": {
        "L1": ("the engine is killed", "the next start goes on; nothing twice, nothing lost"),
        "L2": ("the disk is full", "nothing is sent that cannot be written down"),
        "L3": ("the database is away", "nothing is sent meanwhile; it goes on by itself"),
        "L4": ("the clock jumps", "no storm of retries, no lost schedule"),
        "L5": ("two engines on one file", "the second is refused, with the first one's process"),
        "L6": ("a database of a newer program", "refused, with both versions"),
        "L7": ("an upgrade in the middle of a cycle", "the cycle is gone on with"),
        "L8": ("the key is missing or wrong", "nothing is sent; the key wanted is named"),
        "L9": ("the mail server is down", "tried again; no cycle waits for it"),
        "L10": ("a log of millions", "pages and retention stay quick"),
        "L11": ("two people save one configuration", "the second is refused, with both versions"),
        "L12": ("too few files may be open", "refused in words; nothing is lost"),
    },
}

_HEAD: Final = """# Reliability

What may go wrong, what Seatkeeper does then, and the tests that hold it to that. This page is
written by `tools/fault_matrix.py` from the tests' own marks. Where no test is named, the third
column says what is aimed at and not what you can rely on.

Codes and dates of failures: [log](reference/log.md). Promises under random trouble:
[simulation](simulation.md).
"""


def proven(root: Path = ROOT) -> Mapping[str, Sequence[str]]:
    """Return which tests say that they prove which fault, as ``file: name``."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "tests").rglob("test_*.py")):
        for fault, name in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            found[fault].append(f"{path.relative_to(root).as_posix()}: {name}")
    return found


def _marked(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each fault with the name of the test that is decorated with it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for one in node.decorator_list:
            if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.fault":
                yield from ((ast.literal_eval(fault), node.name) for fault in one.args)


def page(tests: Mapping[str, Sequence[str]]) -> str:
    """Return the page. Raises ``ValueError`` for a mark of a fault that nobody wrote down."""
    known = {fault for group in FAULTS.values() for fault in group}
    if strange := sorted(set(tests) - known):
        raise ValueError(f"marked, but no fault of the matrix: {', '.join(strange)}")
    parts = [_HEAD]
    for title, group in FAULTS.items():
        parts += [f"\n## {title}\n\n| | What goes wrong | What Seatkeeper does | Proven by |"]
        parts += ["\n|---|---|---|---|\n"]
        for fault, (what, does) in group.items():
            parts.append(f"| {fault} | {what} | {does} | {_named(tests.get(fault, ()))} |\n")
    return "".join(parts)


def _named(tests: Sequence[str]) -> str:
    if not tests:
        return UNPROVEN
    files: dict[str, list[str]] = defaultdict(list)
    for one in tests:
        file, _, name = one.partition(": ")
        files[file].append(name.removeprefix("test_").replace("_", " "))
    return "; ".join(f"`{file}`: {', '.join(names)}" for file, names in files.items())


def main() -> int:
    """Write or check the page; return the exit status."""
    text = page(proven())
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{PAGE} is not what the tests say; run: python tools/fault_matrix.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
