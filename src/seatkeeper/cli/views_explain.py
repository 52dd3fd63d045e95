"""The facts of a value's origin and of a change tried out, as plain data."""

from collections.abc import Mapping, Sequence

import msgspec

from seatkeeper.cli.views import Plain, members_plain
from seatkeeper.cli.views_plan import record_plain
from seatkeeper.provisioning.explain import Explanation
from seatkeeper.provisioning.naming import Called
from seatkeeper.provisioning.provenance import Origin
from seatkeeper.provisioning.whatif import Consequences


def origin_plain(app_id: str, name: str, origin: Origin) -> Plain:
    """Return where one value comes from."""
    return {
        "app": app_id,
        "name": name,
        "path": origin.path,
        "answer": origin.sentence,
        "source": origin.source,
        "inputs": dict(origin.inputs),
        "steps": [msgspec.to_builtins(one) for one in origin.steps],
        "wanted": origin.wanted,
        "known": origin.known,
        "members": members_plain(origin.members),
    }


def whatif_plain(
    app_id: str,
    name: str,
    change: str,
    answers: tuple[Explanation, Explanation | None],
    found: Consequences,
    others: Mapping[str, Sequence[str]],
    without_effect: Sequence[str],
    called: Called,
) -> Plain:
    """Return what a change would lead to.

    ``others`` are paths of other apps that it reaches, ``without_effect`` says
    which parts of it change nothing, and why, ``called`` are the names of managers
    and members whose accounts it mentions.
    """
    before, after = answers
    return {
        "app": app_id,
        "name": name,
        "if": change,
        "without_effect": list(without_effect),
        "before": before.answer,
        "after": after.answer if after is not None else f"{name} is gone.",
        "answer": found.sentence,
        "app_asked": False,
        "open": found.open_ones,
        "lose_access": [one.display_name for one in found.lose],
        "affected": [record_plain(one, called) for one in found.affected],
        "stay": [{"record": s.record_id, "name": s.name, "reason": s.reason} for s in found.stays],
        "other_apps": {app: list(paths) for app, paths in others.items()},
    }
