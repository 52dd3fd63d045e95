"""What a document says of users and groups beside their mappings: actions, attribute lists.

Before the walk. Parts of ``documents``, with the same promise: what is printed
reads as the same again.
"""

from collections.abc import Mapping
from typing import cast, get_args

import msgspec
import yaml

from seatkeeper.configuration.reading import Reading
from seatkeeper.configuration.settings import (
    ACTIONS,
    ActionWord,
    AppSettings,
    AttributeChange,
    AttributeWord,
    ReferencedWord,
)


def read_actions(reading: Reading, node: yaml.Node | None) -> tuple[ActionWord, ...]:
    """Return the actions that may reach the app; all where nothing is said of them."""
    if node is None:
        return ACTIONS
    named = [reading.word(item, ACTIONS, "") for item in reading.items(node)]
    known = [cast("ActionWord", word) for word in named if word]
    return tuple(sorted(known, key=ACTIONS.index))


def printed_actions(settings: AppSettings) -> dict[str, object]:
    """Return the actions of users and groups as the document shows them; all is not shown."""
    by_name = {"users": settings.user_actions, "groups": settings.group_actions}
    return {name: list(actions) for name, actions in by_name.items() if actions != ACTIONS}


def read_attributes(
    reading: Reading, node: yaml.Node | None, field: str, places: dict[str, yaml.Node]
) -> tuple[AttributeChange, ...]:
    """Return the changes to an attribute list; the place of each is noted under ``field``."""
    if node is not None:
        places[field] = node
    changes: list[AttributeChange] = []
    for item in reading.items(node):
        fields = reading.fields(item, AttributeChange.__struct_fields__)
        if "path" not in fields:
            reading.fault(item, "An attribute needs its path.")
            continue
        places[f"{field}.{len(changes)}"] = item
        kind = reading.word(fields.get("type"), get_args(AttributeWord), "")
        leads = reading.word(fields.get("references"), get_args(ReferencedWord), "")

        def truth(name: str, given: Mapping[str, yaml.Node] = fields) -> bool | None:
            return reading.boolean(given[name], default=False) if name in given else None

        changes.append(
            AttributeChange(
                path=reading.text(fields["path"]),
                type=cast("AttributeWord", kind) if kind else None,
                required=truth("required"),
                unique=truth("unique"),
                case_exact=truth("case_exact"),
                multi_valued=truth("multi_valued"),
                references=cast("ReferencedWord", leads) if leads else None,
            )
        )
    return tuple(changes)


def printed_attributes(settings: AppSettings) -> dict[str, object]:
    """Return the changed attributes of users and groups as the document shows them."""
    by_name = {"users": settings.user_attributes, "groups": settings.group_attributes}
    return {name: msgspec.to_builtins(changes) for name, changes in by_name.items() if changes}
