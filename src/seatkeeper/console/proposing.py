"""Save settings of an app, or show first what saving them would do.

Beside the pages that save. Where the app is on and the change decides about people,
nothing is saved at once: a plan under the changed settings is made and kept together
with them, and whoever has seen it saves from its page. What differs, and whether
that needs a look, is decided in ``configuration``. (Console design, 1 and 6.2.)
"""

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_in, settings_of
from seatkeeper.configuration.deciding import needs_a_look
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.editing import checked_change, edit_settings
from seatkeeper.configuration.meanwhile import check_unchanged
from seatkeeper.configuration.rules import rules_for
from seatkeeper.configuration.settings import AppSettings, to_plain
from seatkeeper.configuration.versions import restore_version, settings_at
from seatkeeper.console.desk import Desk
from seatkeeper.console.language import _, ngettext
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import number, visible
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import ConnectorError, InvalidValue
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import StoredApp
from seatkeeper.ports.plans import KeptPlan, PlanState, Proposal
from seatkeeper.provisioning.four_eyes import SWITCHED_OFF, loosened
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.shown import taken_unseen

LOOKS_AGAIN: Final = 20.0
"""Seconds for which a look at what changed since a plan was made may take, while somebody waits."""

NAMED: Final = 5
_PAGE: Final = 1_000


async def save_or_show(
    desk: Desk,
    visit: Visit,
    app_id: str,
    change: Callable[[AppSettings], AppSettings],
    *,
    page: str,
    version: int,
) -> str:
    """Save changed settings, or begin the plan that shows first what they do; return where to go.

    ``page`` is the app's page that asks, ``version`` the one its form was opened with. Raises
    ``ChangedMeanwhile`` or ``InvalidValue``; then nothing was saved and nothing begun.
    """
    configuration = desk.work.configuration
    stored = await configuration.app(app_id)
    await check_unchanged(configuration, stored, version)
    after = checked_change(stored, change)
    await _require_nothing_held(desk, stored, after)
    lines = _lines(stored, after)
    if needs_a_look(settings_of(stored), lines):
        proposal = Proposal(to_plain(after), lines, page)
        return _address(await begin_proposal(desk, visit, stored, proposal))
    await edit_settings(
        configuration,
        app_id,
        change,
        actor=visit.administrator.email,
        expected_version=version,
    )
    return f"/apps/{quote(app_id, safe='')}/{page}?saved=1"


async def restore_or_show(desk: Desk, visit: Visit, app_id: str, version: int) -> str:
    """Restore a version, or begin the plan that shows first what that does; return where to go.

    Raises ``NotFound`` for no such version, ``InvalidValue`` where it fits no more.
    """
    work = desk.work
    applied = await restore_version(
        work.configuration, work.directory, app_id, version, actor="", dry_run=True
    )
    stored = await work.configuration.app(app_id)
    if needs_a_look(settings_of(stored), applied.lines):
        after = await settings_at(work.configuration, app_id, version)
        await _require_nothing_held(desk, stored, after)
        proposal = Proposal(to_plain(after), applied.lines, "settings", version)
        return _address(await begin_proposal(desk, visit, stored, proposal))
    await restore_version(
        work.configuration, work.directory, app_id, version, actor=visit.administrator.email
    )
    return f"/apps/{quote(app_id, safe='')}/settings?saved=1"


async def begin_proposal(
    desk: Desk, visit: Visit, stored: StoredApp, proposal: Proposal
) -> KeptPlan:
    """Begin the plan of settings that are not saved, and keep them with it.

    Where the app does not answer, it is made without asking it, and says so: settings may be
    just what has to be mended.
    """
    app_id = stored.application.id

    async def make() -> Preview:
        return await _preview(desk, app_id, proposal)

    return await desk.planning.begin(
        stored, make, actor=visit.administrator.email, proposal=proposal
    )


async def _preview(desk: Desk, app_id: str, proposal: Proposal) -> Preview:
    after = settings_in(proposal.settings)
    try:
        return await desk.work.preview(app_id, Wish(), settings=after)
    except ConnectorError:
        return await desk.work.preview(app_id, Wish(), settings=after, asked=False)


async def still_as_shown(desk: Desk, plan: KeptPlan) -> bool:
    """Look again at what a change would do, where people changed since; whether it may be saved.

    It may where nothing is taken away that the plan did not show. False also where looking takes
    too long or fails, so that the page says what changed. Raises ``InvalidValue`` that names
    whoever would lose something unseen.
    """
    if plan.proposal is None or plan.state is not PlanState.READY:
        return False
    try:
        async with asyncio.timeout(LOOKS_AGAIN):
            now = await _preview(desk, plan.app_id, plan.proposal)
            seen = await _taking(desk, plan)
    except (TimeoutError, ConnectorError):
        return False
    unseen = taken_unseen(seen, now.records)
    if not unseen:
        return True
    raise InvalidValue(
        ngettext(
            "Nothing was saved: since this plan was made, the change would also take something "
            "away from %(who)s.",
            "Nothing was saved: since this plan was made, the change would also take something "
            "away from %(count)s others: %(who)s.",
            len(unseen),
        )
        % {
            "count": number(len(unseen)),
            "who": ", ".join(visible(name, 60) for name in unseen[:NAMED]),
        },
        advice=_("Check again what the change would do, then save it."),
    )


async def _taking(desk: Desk, plan: KeptPlan) -> list[PlannedRecord]:
    """Return the records of a kept plan."""
    found: list[PlannedRecord] = []
    after = -1
    while page := await desk.work.plans.records(plan, after=after, limit=_PAGE):
        found += [one for _place, one in page]
        after = page[-1][0]
    return found


async def save_proposal(desk: Desk, visit: Visit, plan: KeptPlan, stale: str) -> None:
    """Save the settings that a plan was made for. ``stale`` is why it has to be made again.

    Raises ``ChangedMeanwhile``, or ``InvalidValue`` for what does not hold (any more); then
    nothing was saved.
    """
    work, proposal, app_id = desk.work, plan.proposal, plan.app_id
    if proposal is None or plan.state is not PlanState.READY:
        raise InvalidValue(_("There is nothing to save here."), advice=_("Make the change again."))
    stored = await work.configuration.app(app_id)
    await check_unchanged(work.configuration, stored, plan.settings_version)
    if stale:
        raise InvalidValue(
            _("Nothing was saved: %(why)s") % {"why": stale},
            advice=_("Check again what the change would do, then save it."),
        )
    deletes = (plan.counters or {}).get(Outlook.DELETE.value, 0)
    name = settings_of(stored).name
    if deletes and visit.form.get("typed", "").strip() != name:
        raise InvalidValue(
            ngettext(
                "With this change %(count)s account is deleted, which can't be undone.",
                "With this change %(count)s accounts are deleted, which can't be undone.",
                deletes,
            )
            % {"count": number(deletes)},
            advice=_("Type the app's name, %(name)s, to save it.") % {"name": name},
        )
    actor = visit.administrator.email
    if proposal.restores:
        await restore_version(
            work.configuration, work.directory, app_id, proposal.restores, actor=actor
        )
        return
    after = settings_in(proposal.settings)
    await edit_settings(
        work.configuration,
        app_id,
        lambda _before: after,
        actor=actor,
        expected_version=plan.settings_version,
    )


def rules_with(desk: Desk, stored: StoredApp, settings: AppSettings) -> Rules:
    """Return the rules of an app as they would be under these settings."""
    return rules_for(
        gallery_app(settings.gallery),
        stored.application,
        settings,
        moment=utc_now(),
        default_domain=desk.work.settings.default_domain,
    )


def was_saved(stored: StoredApp, plan: KeptPlan) -> bool:
    """Whether the settings that a plan was made for are those in force."""
    return plan.proposal is not None and settings_of(stored) == settings_in(plan.proposal.settings)


async def _require_nothing_held(desk: Desk, stored: StoredApp, after: AppSettings) -> None:
    """Raise ``InvalidValue`` where the rule of two would go while removals wait under it.

    Saving refuses that in its transaction; said here, nobody looks through a plan for nothing.
    """
    if loosened(stored.settings, to_plain(after)) != SWITCHED_OFF:
        return
    held = (await desk.work.ledger.held_counts()).get(stored.application.id, 0)
    if held:
        raise InvalidValue(
            ngettext(
                "%(count)s removal waits for the word of two people, so this rule cannot be "
                "switched off now. Nothing was changed.",
                "%(count)s removals wait for the word of two people, so this rule cannot be "
                "switched off now. Nothing was changed.",
                held,
            )
            % {"count": number(held)},
            advice=_(
                "Decide about what waits in Approvals first: approve it with somebody else, or "
                "keep it. Then save again."
            ),
        )


def _lines(stored: StoredApp, after: AppSettings) -> list[str]:
    app_id = stored.application.id
    before = settings_of(stored)
    return differences(AppDocument(app_id, before), AppDocument(app_id, after))


def _address(plan: KeptPlan) -> str:
    return f"/apps/{quote(plan.app_id, safe='')}/plan/{plan.number}"
