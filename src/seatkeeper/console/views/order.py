"""Say how far an order is that a page left for the engine. Pure, after the walk."""

from dataclasses import dataclass

from seatkeeper.console.language import _
from seatkeeper.console.words import visible
from seatkeeper.provisioning.events import Outcome, outcome_of
from seatkeeper.provisioning.journal import Order
from seatkeeper.provisioning.log import LogEntry


@dataclass(frozen=True, slots=True)
class OrderBand:
    """What is said of an order; ``waits``: look again. ``event`` is the log entry it led to."""

    title: str
    text: str
    tone: str
    waits: bool
    event: str = ""


def order_band(order: Order, entry: LogEntry | None) -> OrderBand:
    """Return it in words. ``entry`` is what the order's cycle wrote down about the record."""
    if order.state == "failed":
        told = order.answer or {}
        text = f"{told.get('message', '')} {told.get('advice', '')}".strip()
        return OrderBand(_("It could not be done"), visible(text, 600), "danger", waits=False)
    if order.state != "done":
        words = {
            "open": _("Waiting for the engine. It begins as soon as the app has no other cycle."),
            "taken": _("The engine is at it."),
        }
        text = words.get(order.state, words["open"])
        return OrderBand(_("Being provisioned"), text, "update", waits=True)
    if entry is None:
        text = _("Nothing had to be sent; the answer below is how it is now.")
        return OrderBand(_("Done, no change needed"), text, "create", waits=False)
    titles = {
        Outcome.DONE: (_("Done"), "create"),
        Outcome.FAILED: (_("Tried, and it failed"), "danger"),
        Outcome.HELD: (_("Held: a person has to decide"), "disable"),
        Outcome.UNCHANGED: (_("Done, no change needed"), "create"),
        Outcome.OUT_OF_SCOPE: (_("Done: out of scope, nothing was sent"), "quiet"),
    }
    title, tone = titles[outcome_of(entry)]
    text = visible(entry.reason, 600) or _("What was sent is the first line of the history below.")
    return OrderBand(title, text, tone, waits=False, event=entry.id)
