"""The pages of what waits for somebody's word, and where the word is given.

After sign-in. They write a decision through the ledger, which keeps it with
name, reason and audit, and order a cycle that sends what was approved; what a
decision covers is decided in ``provisioning.guard``.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.views.approvals import Around, Wave, seen_digest, told, wave_line, waves
from seatkeeper.console.visit import Visit
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.runner import order_of
from seatkeeper.errors import AlreadyDecided, BadInput, InvalidValue, NeedsAnother, NotFound
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.held import HeldPlace, HeldTogether
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.provisioning.undo import TAKEN_BACK

LONGEST_REASON: Final = 500
_ALL: Final = "-all"

MOST_LISTED: Final = 200
"""So many lines a list of this page has."""

MOST_EXPLAINED: Final = 500
"""Of so many removals of a page it is looked up who left which group when."""


class ApprovalPages:
    """Removals that are held."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/approvals", self.list),
            doors.route("GET", "/approvals/{approval}", self.one),
            doors.route("POST", "/apps/{app}/approvals/{approval}", self.decide),
        ]

    async def list(self, visit: Visit) -> Response:
        """List what waits, and what was decided and still holds."""
        ledger, now = self._desk.work.ledger, utc_now()
        after = _place(visit.request.query_params.get("after", ""))
        together = await ledger.held_together(after=after, limit=MOST_LISTED + 1)
        if after and not together:  # the rest was decided meanwhile
            return RedirectResponse("/approvals", SEE_OTHER)
        past = _place(visit.request.query_params.get("kept", ""))
        kept = await ledger.kept_by_word(after=past, limit=MOST_LISTED + 1)
        if past and not kept:  # the rest ended meanwhile
            return RedirectResponse("/approvals", SEE_OTHER)
        around = await self._around(visit, [])
        return self._desk.templates.page(
            "approvals.html",
            visit=visit,
            waves=[wave_line(one, around, now) for one in together[:MOST_LISTED]],
            more=_next(together[MOST_LISTED - 1]) if len(together) > MOST_LISTED else "",
            first="/approvals" if after else "",
            decided=await self._waves(visit, kept[:MOST_LISTED]),
            more_decided=_next(kept[MOST_LISTED - 1][1], "kept") if len(kept) > MOST_LISTED else "",
            first_decided="/approvals" if past else "",
            done=visit.request.query_params.get("done", ""),
        )

    async def one(self, visit: Visit) -> Response:
        """Show everything that is held together with one removal, or what was decided of it."""
        hold_id = visit.request.path_params["approval"]
        try:
            return await self._one(visit, hold_id)
        except AlreadyDecided as decided:
            return self._told(visit, decided, 200)

    async def decide(self, visit: Visit) -> Response:
        """Write down what somebody decided about some of a wave, or all of it.

        Whoever comes second is told who decided what and when, and nothing of theirs is kept.
        """
        app_id, hold_id = (visit.request.path_params[name] for name in ("app", "approval"))
        try:
            return await self._decide(visit, app_id, hold_id)
        except AlreadyDecided as decided:
            return self._told(visit, decided, 409)
        except NeedsAnother as error:
            return await self._one(visit, hold_id, 422, error)

    async def _decide(self, visit: Visit, app_id: str, hold_id: str) -> Response:
        selected = () if _everybody(visit) else visit.chosen("hold")
        first = hold_id
        if selected and await self._desk.work.ledger.hold_named(selected[0]) is not None:
            first = selected[0]
        wave_app, some = await self._wave(first, visit.form.get("about", ""))
        if wave_app != app_id:
            raise NotFound(_("Nothing waits for a decision here any more."))
        try:
            word, chosen = _said(visit), await self._chosen(visit, some)
            state, until = _decision(visit)
        except AlreadyDecided:
            raise
        except BadInput as error:
            return await self._one(visit, hold_id, 422, error)
        decided = await self._desk.work.ledger.decide(
            chosen,
            state,
            word=word,
            until=until,
            actor=visit.administrator.email,
            now=utc_now(),
            signed_in=True,
        )
        approved = [one for _app, one in decided if one.state is HoldState.APPROVED]
        of_an_undo = {one.reason == TAKEN_BACK for one in approved}
        if False in of_an_undo:
            await self._desk.work.ledger.place_order(
                app_id,
                OrderVerb.RUN,
                order_of(Wish()),
                actor=visit.administrator.email,
                now=utc_now(),
            )
        await self._desk.bars.bar(anew=True)
        done = "undo" if True in of_an_undo else state.value
        if state is HoldState.APPROVED and len(approved) < len(decided):
            done = "asked"
        return RedirectResponse(f"/approvals?done={quote(done)}", SEE_OTHER)

    def _told(self, visit: Visit, decided: AlreadyDecided, code: int) -> Response:
        state = HoldState(decided.state)
        shown = told(state, decided.by, decided.at, decided.word, decided.names, utc_now())
        return self._desk.templates.page(
            "approval_decided.html", code, visit=visit, told=shown, late=code != 200
        )

    async def _one(
        self, visit: Visit, hold_id: str, code: int = 200, error: BadInput | None = None
    ) -> Response:
        app_id, some = await self._wave(hold_id)
        [wave] = await self._waves(visit, [(app_id, one) for one in some])
        return self._desk.templates.page(
            "approval.html",
            code,
            visit=visit,
            wave=wave,
            error=error,
            form=visit.form,
            chosen=frozenset(visit.chosen("hold")),
            tomorrow=(utc_now() + dt.timedelta(days=1)).date().isoformat(),
        )

    async def _wave(self, hold_id: str, about: str = "") -> tuple[str, Sequence[Hold]]:
        """Return the app of a hold, and all that waits there for the same reason.

        Raises ``AlreadyDecided`` where somebody decided and ``NotFound`` where it ended without;
        ``about``: the record of the hold, by which a decision is found that was carried out.
        """
        named = await self._desk.work.ledger.hold_named(hold_id)
        if named is None:
            await self._raise_if_carried_out(hold_id, about)
            raise NotFound(
                _("Nothing waits for a decision here any more."),
                advice=_(
                    "Somebody decided, or the cause is gone. See what else waits in Approvals."
                ),
            )
        app_id, mine = named
        if mine.state is not HoldState.OPEN:
            raise _decided(mine)
        found = await self._desk.work.ledger.holds(app_id, states=(HoldState.OPEN,), why=mine.why)
        return app_id, [one for _app, one in found]

    async def _raise_if_carried_out(self, hold_id: str, about: str) -> None:
        """Raise ``AlreadyDecided`` with what the audit trail says of a hold that has ended."""
        trail = await self._desk.work.configuration.audit_about([about[:600]]) if about else ()
        for entry in trail:
            after = entry.after or {}
            if entry.action == "removal.decided" and after.get("hold") == hold_id:
                raise AlreadyDecided(
                    str(after.get("state")),
                    entry.actor,
                    entry.at,
                    str(after.get("reason")),
                    [str(after.get("name"))],
                )

    async def _chosen(self, visit: Visit, some: Sequence[Hold]) -> Sequence[str]:
        """Return the ids that the form decides about, only of this wave.

        Raises ``AlreadyDecided`` where some are decided, ``InvalidValue`` where nobody was
        selected or, for everybody, where others wait by now than were shown.
        """
        ids = [one.id for one in some]
        if _everybody(visit):
            if visit.form.get("seen") != seen_digest(some):
                raise InvalidValue(
                    _("What waits here changed since you opened this page. Nothing was decided."),
                    advice=_("Look at the list again; it shows what waits now."),
                )
            return ids
        wanted = visit.chosen("hold")
        if not wanted:
            raise InvalidValue(
                _("Nobody was selected."), advice=_("Select those you decide about, or everybody.")
            )
        for gone in sorted(set(wanted) - set(ids)):
            named = await self._desk.work.ledger.hold_named(gone)
            if named is not None and named[1].state is not HoldState.OPEN:
                raise _decided(named[1])
            raise InvalidValue(
                _("Some of those you selected do not wait any more. Nothing was decided."),
                advice=_("Look at the list again; it shows what waits now."),
            )
        return sorted(set(wanted))

    async def _waves(self, visit: Visit, found: Sequence[tuple[str, Hold]]) -> Sequence[Wave]:
        return waves(found, await self._around(visit, found), utc_now())

    async def _around(self, visit: Visit, found: Sequence[tuple[str, Hold]]) -> Around:
        work = self._desk.work
        stored = await work.configuration.apps()
        by_app: dict[str, list[Hold]] = {}
        for app_id, one in found[:MOST_EXPLAINED]:
            by_app.setdefault(app_id, []).append(one)
        causes = {
            hold_id: cause
            for app_id, some in by_app.items()
            for hold_id, cause in (await work.ledger.removal_causes(app_id, some)).items()
        }
        named = sorted({one.group_id for one in causes.values() if one.group_id})
        present = await work.directory.groups(named) if named else {}
        gone = sorted(set(named) - present.keys())
        former = await work.directory.former_names(gone) if gone else {}
        return Around(
            {one.application.id: settings_of(one).name for one in stored},
            frozenset(one.application.id for one in stored if settings_of(one).guard.four_eyes),
            causes,
            {**former, **{key: group.display_name for key, group in present.items()}},
            visit.administrator.email,
        )


def _next(last: HeldTogether | Hold, which: str = "after") -> str:
    """Return the address of the list that goes on after this one; ``which`` of the page's two."""
    return f"/approvals?{which}={quote(f'{last.since.isoformat()}~{last.id}', safe='')}"


def _place(text: str) -> HeldPlace | None:
    """Return the place of an address; anything that is none is the beginning."""
    since, tilde, hold_id = text.partition("~")
    try:
        at = dt.datetime.fromisoformat(since)
    except ValueError:
        return None
    return HeldPlace(at, hold_id) if tilde and at.tzinfo is not None else None


def _everybody(visit: Visit) -> bool:
    """Whether the button that was pressed is about everybody who was shown."""
    return visit.form.get("decision", "").endswith(_ALL)


def _decided(one: Hold) -> AlreadyDecided:
    name = one.display_name or one.record_id
    return AlreadyDecided(one.state.value, one.decided_by, one.decided_at, one.word, [name])


def _said(visit: Visit) -> str:
    """Return the reason that was given. Raises ``InvalidValue`` where none was."""
    reason = " ".join(visit.form.get("reason", "").split())
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidValue(
            _("Say why."), advice=_("The reason stands in the audit trail, up to 500 characters.")
        )
    return reason


def _decision(visit: Visit) -> tuple[HoldState, dt.datetime | None]:
    """Return what was decided, and until when something is kept. Raises ``InvalidValue``."""
    match visit.form.get("decision", "").removesuffix(_ALL):
        case "approve":
            return HoldState.APPROVED, None
        case "keep":
            return HoldState.KEPT, _day(visit.form.get("until", ""))
        case "tomorrow":
            tomorrow = (utc_now() + dt.timedelta(days=1)).date()
            return HoldState.KEPT, dt.datetime.combine(tomorrow, dt.time(), dt.UTC)
        case _other:
            raise InvalidValue(_("Choose what becomes of them."))


def _day(text: str) -> dt.datetime | None:
    if not text.strip():
        return None
    try:
        at = dt.datetime.combine(dt.date.fromisoformat(text.strip()), dt.time(), dt.UTC)
    except ValueError as error:
        raise InvalidValue(
            _("This is not a date."), advice=_("Write it like 2026-11-05.")
        ) from error
    if at <= utc_now():
        raise InvalidValue(_("That day is over."), advice=_("Name a day after today."))
    return at
