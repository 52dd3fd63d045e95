"""The first steps: people, an app, who gets it, one account as a trial, then everybody.

After sign-in, for an installation in which nobody has begun. Every step is an
address of its own and does what any other page does; how far somebody is
follows from what is there. Whoever knows the way leaves by *Skip*.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from seatkeeper.clock import uptime, utc_now
from seatkeeper.configuration.adding import add_app
from seatkeeper.configuration.applying import change_settings, settings_of
from seatkeeper.configuration.connecting import Typed, save_connection, typed_of
from seatkeeper.console.brought_people import bring_people
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.first_steps import COUNTED, FIRST_APP, MOST_GROUPS, FirstSteps, Place
from seatkeeper.console.language import _
from seatkeeper.console.starting import SKIPPED, site_of
from seatkeeper.console.views.connection import checklist
from seatkeeper.console.views.welcome import (
    going,
    people_words,
    stepper,
    trial_plan,
    whole_plan,
)
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import command, typeable, visible
from seatkeeper.directory.model import User
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.runner import options_of
from seatkeeper.errors import BadInput, ConnectorError, InvalidFile, InvalidValue, NotFound
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.provisioning.preview import Preview

AT_ONCE: Final = 3.0
"""Seconds that a page waits for one account before it shows that it is being made."""

LONGEST_STREAM: Final = 600.0
LOOKS_EVERY: Final = 0.4


class WelcomePages:
    """The first steps, one page each."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._work = desk.work
        self._steps = FirstSteps(desk)

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        self._doors = doors
        return [
            doors.route("GET", "/welcome", self.index),
            doors.route("POST", "/welcome/skip", self.skip),
            doors.route("GET", "/welcome/people", self.people),
            doors.route("POST", "/welcome/people", self.bring_people),
            doors.route("GET", "/welcome/app", self.app),
            doors.route("POST", "/welcome/app", self.connect_sandbox),
            doors.route("GET", "/welcome/who", self.who),
            doors.route("POST", "/welcome/who", self.choose),
            doors.route("GET", "/welcome/plan", self.plan),
            doors.route("POST", "/welcome/plan", self.create_one),
            doors.route("GET", "/welcome/on", self.on),
            doors.route("POST", "/welcome/on", self.turn_on),
            doors.route("GET", "/welcome/done", self.done),
            doors.route("GET", "/welcome/events", self.events, bare=True),
        ]

    async def index(self, visit: Visit) -> Response:
        """Say what the steps are, and lead to the first that is not done."""
        return self._page(visit, "welcome.html", "", await self._steps.place())

    async def skip(self, visit: Visit) -> Response:
        """Note that nobody is to be led here any more, and show Home."""
        actor = visit.administrator.email
        await self._work.configuration.record_decision(actor, SKIPPED, "installation", {})
        return RedirectResponse("/", SEE_OTHER)

    async def people(self, visit: Visit) -> Response:
        """Ask whose people these are."""
        return await self._people(visit)

    async def bring_people(self, visit: Visit) -> Response:
        """Bring in the sample company, or the people of a file or a text."""
        actor, starter = visit.administrator.email, self._desk.starter
        try:
            sample = visit.form.get("from") == "sample" and visit.file is None
            if sample and starter is not None:
                if (await self._steps.place()).begun.people:
                    raise InvalidValue(
                        _("There are people in your directory already."),
                        advice=_("The sample company is for an empty one. Go on with yours."),
                    )
                await starter.bring_in(actor=actor)
            else:
                await self._brought(visit, actor)
        except BadInput as error:
            return await self._people(visit, 422, error)
        return RedirectResponse("/welcome/app#main", SEE_OTHER)

    async def _brought(self, visit: Visit, actor: str) -> None:
        """Bring in the uploaded file, else what was pasted."""
        if visit.file is not None and visit.file.content:
            await bring_people(self._work, visit.file.content, name=visit.file.name, actor=actor)
            return
        text = visit.form.get("csv", "").encode("utf-8", "surrogatepass")
        await bring_people(self._work, text, actor=actor)

    async def app(self, visit: Visit) -> Response:
        """Ask which app is the first, and show the test of its connection."""
        return await self._app(visit)

    async def connect_sandbox(self, visit: Visit) -> Response:
        """Start the stand-in, take a token from it, and test the connection by itself."""
        starter, actor = self._desk.starter, visit.administrator.email
        configuration = self._work.configuration
        if starter is None:
            raise NotFound(
                _("There is no sandbox here."), advice=_("Connect an app from the gallery.")
            )
        place = await self._steps.place()
        stored = place.stored
        try:
            if stored is None:
                gallery = gallery_app(FIRST_APP)
                stored = await add_app(configuration, gallery, FIRST_APP, gallery.name, actor=actor)
            if not place.begun.connected:
                box = await starter.sandbox(settings_of(stored).gallery)
                typed: Typed = replace(
                    typed_of(settings_of(stored)),
                    tenant_url=box.base_url,
                    token=box.token,
                    allow_loopback=True,
                )
                stored = await save_connection(
                    configuration,
                    stored.application.id,
                    typed,
                    version=stored.version,
                    actor=actor,
                )
            await self._desk.trials.start(stored)
        except BadInput as error:
            return await self._app(visit, 422, error)
        return RedirectResponse("/welcome/app#main", SEE_OTHER)

    async def who(self, visit: Visit) -> Response:
        """Propose a group, and ask for one person to try it with."""
        return await self._who(visit)

    async def choose(self, visit: Visit) -> Response:
        """Assign the group, and go to the plan for the person."""
        place = await self._steps.place()
        if place.stored is None:
            return RedirectResponse("/welcome/app#main", SEE_OTHER)
        try:
            group = await self._work.directory.group(visit.form.get("group", ""))
            person = await self._work.directory.user(visit.form.get("person", ""))
        except BadInput as error:
            return await self._who(visit, 422, error)
        await self._steps.assign(place.stored, group, actor=visit.administrator.email)
        return RedirectResponse(f"/welcome/plan?person={person.id}#main", SEE_OTHER)

    async def plan(self, visit: Visit) -> Response:
        """Show what would be done for one person, down to the request."""
        place = await self._steps.place()
        if place.stored is None or not place.begun.assigned:
            return RedirectResponse(place.begun.next, SEE_OTHER)
        app_id = place.stored.application.id
        person = await self._steps.trial_person(
            visit.request.query_params.get("person", ""), app_id
        )
        order = await self._steps.order(visit.request.query_params.get("order", ""), app_id)
        shown: dict[str, object] = {
            "person": person,
            "order": order,
            "plan": None,
            "trouble": None,
            "there": False,
            "account": "",
        }
        if person is not None and (order is None or not order.waits):
            try:
                preview = await self._work.preview(app_id, Wish(users=(person.id,)))
            except ConnectorError as error:
                shown["trouble"] = error
            else:
                shown["plan"] = self._trial(preview, person, place.begun.app_name)
            account_id = await self._steps.account_of(app_id, person)
            site = site_of(self._desk.starter, place.stored)
            shown["there"] = bool(account_id)
            shown["account"] = f"{site}/accounts/{account_id}" if site and account_id else ""
        return self._page(visit, "welcome_plan.html", "plan", place, **shown)

    async def create_one(self, visit: Visit) -> Response:
        """Order a cycle for the trial person, and show what came of it."""
        place = await self._steps.place()
        if place.stored is None:
            return RedirectResponse("/welcome/app#main", SEE_OTHER)
        app_id = place.stored.application.id
        person = await self._work.directory.user(visit.form.get("person", ""))
        number = await self._work.ledger.place_order(
            app_id,
            OrderVerb.RUN,
            options_of(Wish(users=(person.id,))),
            actor=visit.administrator.email,
            now=utc_now(),
        )
        until = uptime() + AT_ONCE
        while uptime() < until:
            if (await self._work.ledger.order(number)).state in ("done", "failed"):
                break
            await asyncio.sleep(LOOKS_EVERY / 4)
        return RedirectResponse(f"/welcome/plan?person={person.id}&order={number}#main", SEE_OTHER)

    async def on(self, visit: Visit) -> Response:
        """Show what turning it on would do; afterwards, how far the first cycle is."""
        place = await self._steps.place()
        if place.stored is None or not place.begun.assigned:
            return RedirectResponse(place.begun.next, SEE_OTHER)
        app_id = place.stored.application.id
        shown: dict[str, object] = {"plan": None, "trouble": None, "going": None}
        if place.begun.on:
            shown["going"] = going(await self._steps.first_cycle(app_id))
        else:
            try:
                shown["plan"] = whole_plan(await self._work.preview(app_id, Wish()))
            except ConnectorError as error:
                shown["trouble"] = error
        return self._page(visit, "welcome_on.html", "on", place, **shown)

    async def turn_on(self, visit: Visit) -> Response:
        """Turn provisioning on; the engine begins by itself."""
        place = await self._steps.place()
        if place.stored is None:
            return RedirectResponse("/welcome/app#main", SEE_OTHER)
        await change_settings(
            self._work.configuration,
            place.stored.application.id,
            actor=visit.administrator.email,
            status="on",
            mode="automatic",
        )
        return RedirectResponse("/welcome/on#main", SEE_OTHER)

    async def done(self, visit: Visit) -> Response:
        """Name three things to try."""
        place = await self._steps.place()
        if place.stored is None:
            return RedirectResponse(place.begun.next, SEE_OTHER)
        group = await self._steps.assigned_group(place.stored.application.id)
        person = await self._steps.trial_person(
            visit.request.query_params.get("person", ""), place.stored.application.id
        )
        who = typeable(person.user_name, person.id) if person else ""
        where = typeable(group.display_name, group.id) if group else ""
        return self._page(
            visit,
            "welcome_done.html",
            "",
            place,
            person=person,
            group=group,
            set_title=command("people", "set", who, "jobTitle=Team Lead"),
            leave_group=command("groups", "remove", where, who),
            site=site_of(self._desk.starter, place.stored),
        )

    async def events(self, visit: Visit) -> Response:
        """Send how far the first cycle is whenever that changed, until it or the session ends."""
        place = await self._steps.place()
        app_id = "" if place.stored is None else place.stored.application.id

        async def messages() -> AsyncIterator[str]:
            until, sent, over = uptime() + LONGEST_STREAM, "", not app_id
            while not over and uptime() < until and await self._doors.still_open(visit):
                now = going(await self._steps.first_cycle(app_id))
                text = self._desk.templates.text("welcome_going.html", visit=visit, going=now)
                if text != sent:
                    sent = text
                    yield "".join(f"data: {line}\n" for line in text.splitlines()) + "\n"
                over = now.done
                if not over:
                    await asyncio.sleep(LOOKS_EVERY)
            yield "event: done\ndata: done\n\n"

        return StreamingResponse(
            messages(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    def _page(
        self,
        visit: Visit,
        template: str,
        here: str,
        place: Place,
        code: int = 200,
        /,
        **shown: object,
    ) -> Response:
        return self._desk.templates.page(
            template,
            code,
            visit=visit,
            begun=place.begun,
            steps=stepper(place.begun, here),
            **shown,
        )

    async def _people(
        self, visit: Visit, code: int = 200, error: BadInput | None = None
    ) -> Response:
        place, starter = await self._steps.place(), self._desk.starter
        return self._page(
            visit,
            "welcome_people.html",
            "people",
            place,
            code,
            there=people_words(place.begun.people, COUNTED),
            sample=None if starter is None else starter.sample,
            csv=visit.form.get("csv", ""),
            chosen=visit.form.get("from", "sample" if starter is not None else "csv"),
            error=error,
            faults=error.faults if isinstance(error, InvalidFile) else (),
        )

    async def _app(self, visit: Visit, code: int = 200, error: BadInput | None = None) -> Response:
        place = await self._steps.place()
        stored = place.stored
        trial = None if stored is None else self._desk.trials.valid(stored)
        checks = None
        if trial is not None:
            checks = checklist(
                trial.lines, done=trial.done, began=trial.began, error=trial.error, now=utc_now()
            )
        return self._page(
            visit,
            "welcome_app.html",
            "app",
            place,
            code,
            address="" if stored is None else settings_of(stored).tenant_url,
            last_four="" if stored is None else stored.secret_last_four,
            site="" if stored is None else site_of(self._desk.starter, stored),
            sandbox=self._desk.starter is not None,
            checks=checks,
            live=trial is not None and not trial.done,
            head={"id": place.begun.app_id},
            error=error,
        )

    async def _who(self, visit: Visit, code: int = 200, error: BadInput | None = None) -> Response:
        place = await self._steps.place()
        if place.stored is None:
            return RedirectResponse(place.begun.next, SEE_OTHER)
        groups = sorted(
            await self._work.directory.all_groups(limit=MOST_GROUPS),
            key=lambda one: one.display_name.casefold(),
        )
        asked = visit.form.get("group", "") or visit.request.query_params.get("group", "")
        group = await self._steps.proposed(groups, asked, place.begun.app_id)
        members = [] if group is None else await self._steps.members(group)
        return self._page(
            visit,
            "welcome_who.html",
            "who",
            place,
            code,
            groups=[(one.id, visible(one.display_name)) for one in groups],
            group=group,
            members=members,
            count=0 if group is None else await self._steps.count(group),
            person=visit.form.get("person", members[0].id if members else ""),
            error=error,
        )

    def _trial(self, preview: Preview, person: User, app: str) -> object:
        mine = [one for one in preview.records if one.record_id == person.id]
        return trial_plan(mine[0], app) if mine else None
