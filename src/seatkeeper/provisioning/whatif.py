"""Say what a change of the directory would lead to, from a plan that was made after it.

    [source change -> scope -> map -> match -> plan] -> export -> log

Pure, beside ``preview``: a plan and the facts of everybody whom the change
touches go in, who is affected and who stays as they are comes out, with the
reasons. It decides nothing: the plan was made by the functions of a cycle.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from seatkeeper.provisioning.causes import TRIES_AGAIN
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts, scope_of


@dataclass(frozen=True, slots=True)
class Stays:
    """Somebody whom the change touches and who keeps an account that is as it should be."""

    record_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """What would follow: records with what would be done, and those who stay.

    ``open_ones``: for some the app would be asked first whether it has their
    account already, so that a create may turn out to be a link.
    """

    affected: tuple[PlannedRecord, ...]
    stays: tuple[Stays, ...]

    @property
    def lose(self) -> tuple[PlannedRecord, ...]:
        """Those who would lose access or their account."""
        return tuple(one for one in self.affected if one.verb in {Outlook.DISABLE, Outlook.DELETE})

    @property
    def open_ones(self) -> bool:
        """Whether a look-up in the app would come before somebody's account is made."""
        return any(one.verb is Outlook.CREATE for one in self.affected)

    @property
    def sentence(self) -> str:
        """All of it in a sentence."""
        if not self.affected:
            return "Nothing would be sent."
        count = {verb: sum(one.verb is verb for one in self.affected) for verb in Outlook}
        words = ", ".join(f"{n} {verb.value}" for verb, n in count.items() if n)
        requests = sum(len(one.requests) for one in self.affected)
        return f"The next cycle would do this: {words}; {requests} requests."


def consequences(preview: Preview, touched: Iterable[Facts], rules: Rules) -> Consequences:
    """Return what the plan does with the records that a change touches.

    What is only tried again, because it waited before, is no consequence.
    """
    affected = tuple(one for one in preview.records if one.cause != TRIES_AGAIN)
    named = {one.record_id for one in affected}
    stays = tuple(
        Stays(facts.record_id, facts.display_name, scope_of(facts, rules).reason)
        for facts in touched
        if facts.record_id not in named and facts.link is not None and scope_of(facts, rules).usable
    )
    return Consequences(affected, tuple(sorted(stays, key=lambda one: (one.name, one.record_id))))


def readers(names: Iterable[str], rules: Rules) -> list[str]:
    """Return the paths of an app that are made of any of these attributes."""
    asked = set(names)
    objects = [one for one in (rules.users, rules.groups) if one is not None]
    return [
        one.target for mapped in objects for one in mapped.mappings if asked.intersection(one.reads)
    ]
