"""Say what "Healthy" means: what of this installation was looked at, and how each thing is.

After the walk, pure: what the database, the cycles, the messages and the tokens say
goes in, one line each comes out. One app's own troubles are said on its page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.app_card import AppCard
from seatkeeper.console.views.values import Pill
from seatkeeper.console.words import visible
from seatkeeper.facts.installed import StoreFacts
from seatkeeper.ports import Delivery


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One thing that was looked at. ``mark`` is create (well), disable (look) or danger."""

    name: str
    mark: str
    text: str


def health_of(lines: Sequence[HealthLine]) -> Pill:
    """Return how the installation is called: by the worst of what was looked at."""
    marks = {one.mark for one in lines}
    if "danger" in marks:
        return Pill(_("The database cannot be used"), "danger")
    if "disable" in marks:
        return Pill(_("Needs attention"), "disable")
    return Pill(_("Healthy"), "create")


def unusable_line(why: str) -> HealthLine:
    """Return the line of a database that refuses; nothing else can be looked at then."""
    return HealthLine(_("Database"), "danger", visible(why, 400))


def health_lines(
    store: StoreFacts,
    cards: Sequence[AppCard],
    deliveries: Sequence[Delivery],
    ends: Sequence[str],
) -> Sequence[HealthLine]:
    """Return what was looked at. ``ends`` says which tokens end soon or have ended."""
    return [
        HealthLine(
            _("Database"),
            "create",
            _("%(kind)s answers; its tables are of revision %(revision)s.")
            % {"kind": store.kind, "revision": store.revision},
        ),
        _cycles(cards),
        _messages(deliveries),
        _tokens(ends),
    ]


def _cycles(cards: Sequence[AppCard]) -> HealthLine:
    on = [one for one in cards if one.on]
    if not on:
        return HealthLine(_("Cycles"), "create", _("No app is on, so no cycle is due."))
    ill = [one for one in on if one.band is not None or one.pill.text == _("Late")]
    if not ill:
        text = ngettext(
            "The app that is on is reached in time.",
            "The %(num)d apps that are on are reached in time.",
            len(on),
        )
        return HealthLine(_("Cycles"), "create", text % {"num": len(on)})
    named = ", ".join(f"{one.name}: {one.pill.text}" for one in ill[:5])
    return HealthLine(_("Cycles"), "disable", named)


def _messages(deliveries: Sequence[Delivery]) -> HealthLine:
    stuck = [one for one in deliveries if one.sent_at is None and one.last_error]
    if not stuck:
        return HealthLine(_("Messages"), "create", _("Nothing that was to be told waits."))
    text = ngettext(
        "%(num)d message could not be delivered yet: %(why)s",
        "%(num)d messages could not be delivered yet: %(why)s",
        len(stuck),
    )
    why = visible(stuck[0].last_error, 200)
    return HealthLine(_("Messages"), "disable", text % {"num": len(stuck), "why": why})


def _tokens(ends: Sequence[str]) -> HealthLine:
    if not ends:
        return HealthLine(_("Tokens"), "create", _("None is known to end soon."))
    return HealthLine(_("Tokens"), "disable", " · ".join(visible(one, 160) for one in ends[:5]))
