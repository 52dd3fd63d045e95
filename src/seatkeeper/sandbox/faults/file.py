"""Read faults from the command line: a text, or a YAML file with a list of texts.

An edge beside the walk. What a text means is the grammar's.
"""

from pathlib import Path
from typing import Final

import yaml

from seatkeeper.errors import BadInput
from seatkeeper.sandbox.faults.grammar import MOST_CHARACTERS

_ENDINGS: Final = (".yaml", ".yml")


def faults_text(wish: str) -> str:
    """Return the text of the faults that ``wish`` is, or that the YAML file of that name lists."""
    if not wish.casefold().endswith(_ENDINGS):
        return wish
    path = Path(wish)
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_CHARACTERS * 4 + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8.") from error
    if len(raw) > MOST_CHARACTERS * 4:
        raise BadInput(f"{path} is too large for a list of faults.")
    try:
        # Nodes, not values: nothing is built of aliases and tags, however often they repeat.
        node = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput(f"{path} is not YAML: {str(error).splitlines()[0]}.") from error
    if node is None:
        return ""
    if not isinstance(node, yaml.SequenceNode):
        raise _no_list(path, node)
    lines: list[str] = []
    for one in node.value:
        # Each stands on its own line of the text, so that a mistake is found there in the file.
        lines += [""] * (one.start_mark.line + 1 - len(lines))
        lines[one.start_mark.line] += f"{_entry(path, one)};"
    return "\n".join(lines)


def _entry(path: Path, node: yaml.Node) -> str:
    """Return one fault: a text, or ``POST /Users: 500``, which YAML takes for a name and value."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
        name, value = node.value[0]
        if isinstance(name, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
            return f"{name.value}: {value.value}"
    raise _no_list(path, node)


def _no_list(path: Path, node: yaml.Node) -> BadInput:
    return BadInput(
        f"{path}, line {node.start_mark.line + 1}: this is no list of faults.",
        advice='Write a fault a line, such as "- POST /Users: 5% 500" or "- outage after=50".',
    )
