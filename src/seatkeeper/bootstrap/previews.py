"""What a cycle would do: previews of every kind, none of which writes.

Joins the plan half of the engine with an app, or with a stand-in that knows no
account. What is planned is decided by the walk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from seatkeeper.bootstrap.apps import Apps
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import apply_document, settings_of
from seatkeeper.configuration.deciding import begins_at_once, rules_changed
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.settings import AppSettings, to_plain
from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.engine.changes import read_causes
from seatkeeper.engine.cycle_runner import Wish, cycle_to_be
from seatkeeper.engine.guarding_one import held_alone
from seatkeeper.engine.preview import Asking, preview_cycle
from seatkeeper.engine.undo_preview import preview_undo
from seatkeeper.errors import BadInput, NotFound
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import Directory, Ledger, StoredApp
from seatkeeper.provisioning.causes import RULES_CHANGED
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.journal import Key, Position
from seatkeeper.provisioning.preview import Outlook, Preview
from seatkeeper.store.configuration import SqlConfiguration

NOT_ASKED: Final = (
    "The app was not asked: an account that is there already would be linked, not created."
)

BEGINS_AT_ONCE: Final = "With this document applied the app is on: a running server begins at once."


@dataclass(frozen=True)
class Previews:
    """Looks ahead for the apps of one database."""

    directory: Directory
    configuration: SqlConfiguration
    ledger: Ledger
    apps: Apps

    async def cycle(
        self,
        app_id: str,
        wish: Wish,
        *,
        steps: bool = False,
        asked: bool = True,
        settings: AppSettings | None = None,
    ) -> Preview:
        """Return what such a cycle would do; the app is only asked, and nothing is written.

        Not ``asked``: not even that, so that whoever has no link seems to have no account.
        ``settings`` are others than those in force, which nobody saved.
        Raises ``ConnectorError`` when the app cannot be asked.
        """
        in_force = stored = await self.configuration.app(app_id)
        if settings is not None:
            stored = replace(stored, settings=to_plain(settings))
        rules = self.apps.rules_of(stored)
        target = await self.apps.target(app_id) if asked else MemoryTarget(rules.capabilities)
        position = await self.ledger.position(app_id)
        cycle = cycle_to_be(wish, position, rules, await self.ledger.last_change(), utc_now())
        causes = await read_causes(
            self.directory, self.ledger, app_id, after=cycle.from_seq, to=cycle.to_seq
        )
        changed = position is not None and position.digest != rules.digest
        asking = Asking(
            wish.users,
            wish.groups,
            causes,
            await self._rules_edits(stored, in_force, position) if changed and position else (),
            steps,
        )
        opened = await self.ledger.unfinished(app_id)
        note = ""
        if opened is not None:
            note = f"Cycle {opened.number} is still open; it is finished first."
        if not asked:
            note = f"{note} {NOT_ASKED}".strip()
        context = self.apps.context(stored, rules, target, cycle)
        return await preview_cycle(context, asking, note=note)

    async def cycle_to_undo(self, app_id: str, name: str) -> Cycle:
        """Return the cycle of that number or id.

        Raises ``NotFound``, or ``BadInput`` for one that has not ended.
        """
        cycle = await self.ledger.cycle_named(app_id, name)
        if cycle is None:
            raise NotFound(
                f"{app_id} has no cycle {name}.",
                advice=f"See which there were: seatkeeper statistics {app_id}",
            )
        if not cycle.finished:
            raise BadInput(
                f"Cycle {cycle.number} of {app_id} has not ended.",
                advice=f"Let it end first (seatkeeper run {app_id}).",
            )
        return cycle

    async def undo(self, app_id: str, name: str) -> Preview:
        """Return what undoing that cycle would do; the app is only asked."""
        stored = await self.configuration.app(app_id)
        undone, rules = await self.cycle_to_undo(app_id, name), self.apps.rules_of(stored)
        wish, last = Wish(undo=undone.id), await self.ledger.last_change()
        cycle = cycle_to_be(wish, await self.ledger.position(app_id), rules, last, utc_now())
        target = await self.apps.target(app_id)
        return await preview_undo(self.apps.context(stored, rules, target, cycle), undone)

    async def expected(self, app_id: str, *, after: int) -> Preview:
        """Return what a cycle over the changes since ``after`` would do; the app is not asked."""
        stored = await self.configuration.app(app_id)
        rules = self.apps.rules_of(stored)
        to = await self.ledger.last_change()
        imagined = cycle_to_be(Wish(), None, rules, to, utc_now())
        cycle = replace(imagined, kind=CycleKind.INCREMENTAL, from_seq=after)
        context = self.apps.context(stored, rules, MemoryTarget(rules.capabilities), cycle)
        causes = await read_causes(self.directory, self.ledger, app_id, after=after, to=to)
        return await preview_cycle(context, Asking(causes=causes, guarded=False))

    async def held_back(self, app_id: str) -> Mapping[Key, str]:
        """Return which removals of the next cycle the deletion guard would hold, and why."""
        plan = await self.cycle(app_id, Wish(), asked=False)
        return {one.key: one.held for one in plan.records if one.verb is Outlook.HOLD}

    async def held_back_alone(self, app_id: str, kind: Kind, record_id: str) -> str:
        """Return why the guard would hold one record's removal in the next cycle, or nothing.

        It costs what one record costs, unless so many may leave in that cycle that they have
        to be counted: then the whole cycle is planned.
        """
        rules = self.apps.rules_of(await self.configuration.app(app_id))
        position, now = await self.ledger.position(app_id), utc_now()
        last = await self.ledger.last_change()
        cycle = cycle_to_be(Wish(), position, rules, last, now)
        why = await held_alone(self.ledger, rules, cycle, kind, record_id, now)
        if why is not None:
            return why
        return (await self.held_back(app_id)).get((kind, record_id), "")

    async def _rules_edits(
        self, stored: StoredApp, in_force: StoredApp, position: Position
    ) -> Sequence[str]:
        """Say which settings changed since the last cycle, as far as earlier versions are kept."""
        after = settings_of(stored)
        versions = await self.configuration.versions(stored.application.id)
        for plain in (in_force.settings, *(plain for _, plain in versions)):
            earlier = replace(stored, settings=plain)
            if self.apps.rules_of(earlier).digest == position.digest:
                lines = differences(
                    AppDocument(stored.application.id, settings_of(earlier)),
                    AppDocument(stored.application.id, after),
                )
                return rules_changed(lines) or (RULES_CHANGED,)
        return (RULES_CHANGED,)


async def preview_applied(
    staged: Workplace, document: AppDocument, wish: Wish, *, actor: str, steps: bool
) -> Preview:
    """Apply a document to a place where nothing stays, and return what the next cycle would do.

    So what ``apply`` refuses is refused here, too. Other writers wait meanwhile,
    which is why the app is not asked.
    """
    applied = await apply_document(
        staged.configuration,
        staged.directory,
        document,
        actor=actor,
        places=staged.secret_places(),
    )
    preview = await staged.preview(document.app, wish, steps=steps, asked=False)
    if not begins_at_once(document.settings, applied.lines):
        return preview
    return replace(preview, note=f"{preview.note} {BEGINS_AT_ONCE}".strip())
