"""Say what is kept of somebody, or was, line by line.

After the walk, pure: counts go in, words come out.
"""

from collections.abc import Mapping, Sequence

from seatkeeper.console.language import _, ngettext


def what_goes(kept: Mapping[str, int]) -> Sequence[str]:
    """Return what there is of somebody, in words; small things are told together."""
    left = dict(kept)
    lines = [
        words % {"num": f"{kept[name]:,}"}
        for name, words in _words(kept).items()
        if left.pop(name, 0)
    ]
    others = sum(left.values())
    if others:
        lines.append(
            ngettext("%(num)s other line", "%(num)s other lines", others) % {"num": f"{others:,}"}
        )
    return lines


def _words(kept: Mapping[str, int]) -> Mapping[str, str]:
    def many(name: str) -> int:
        return kept.get(name, 0)

    return {
        "person": _("The person, with groups and assignments"),
        "log": ngettext(
            "%(num)s entry of the log, with what it could be undone by",
            "%(num)s entries of the log, with what they could be undone by",
            many("log"),
        ),
        "journal": ngettext(
            "%(num)s entry in the plan of a cycle",
            "%(num)s entries in plans of cycles",
            many("journal"),
        ),
        "plans": ngettext(
            "%(num)s entry in a kept plan", "%(num)s entries in kept plans", many("plans")
        ),
        "changes": ngettext(
            "%(num)s change of the directory", "%(num)s changes of the directory", many("changes")
        ),
        "escrows": ngettext(
            "%(num)s failure that waits", "%(num)s failures that wait", many("escrows")
        ),
        "holds": ngettext("%(num)s held removal", "%(num)s held removals", many("holds")),
        "sources": ngettext(
            "%(num)s record of a source", "%(num)s records of a source", many("sources")
        ),
    }
