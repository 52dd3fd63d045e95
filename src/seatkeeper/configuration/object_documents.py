"""What a document says of users and groups beside their mappings: which actions may reach the app.

Before the walk. Parts of ``documents``, with the same promise: what is printed
reads as the same again.
"""

from typing import cast

import yaml

from seatkeeper.configuration.reading import Reading
from seatkeeper.configuration.settings import ACTIONS, ActionWord, AppSettings


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
