"""The pages of an app's mappings: the list with a real person's values, and the form of one.

After sign-in. They try what is typed on real records without saving it, save a
version that ``apply`` would have saved, and lead to the plan of what it changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast
from urllib.parse import quote

from msgspec.structs import replace as changed
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.attributes import customized
from seatkeeper.configuration.check_mappings import COMPUTED, source_names
from seatkeeper.configuration.editing import (
    ObjectWord,
    change_from,
    checked_change,
    with_mapping,
    without_change,
)
from seatkeeper.configuration.settings import (
    ACTIONS,
    AppSettings,
    MappingChange,
    changed_mappings,
)
from seatkeeper.console.app_head import AppHead, app_head, revision_of
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.proposing import rules_with, save_or_show
from seatkeeper.console.views.mappings import (
    MappingForm,
    Value,
    applies_words,
    best_example,
    changes_of,
    form_of,
    form_sent,
    kind_words,
    mapping_rows,
    unmapped,
    value_for,
    wanted_mapping,
    when_null_words,
)
from seatkeeper.console.visit import Visit, whole_number
from seatkeeper.directory.model import Kind, User
from seatkeeper.errors import BadInput, InvalidValue, NotFound
from seatkeeper.gallery.schema import DefaultMapping, GalleryApp, ObjectType, gallery_app
from seatkeeper.provisioning.expression.catalogue import FUNCTIONS
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts

OTHERS: Final = 20
"""On how many others beside the chosen one an edit is shown."""

EXAMPLES: Final = 8
"""Among how many people an example is looked for, where nobody was chosen."""

_KINDS: Final = {"users": Kind.USER, "groups": Kind.GROUP}


@dataclass(frozen=True, slots=True)
class _Place:
    """Which mapping of which app a request is about."""

    head: AppHead
    word: ObjectWord
    app: GalleryApp
    objects: ObjectType
    settings: AppSettings
    target: str

    @property
    def kind(self) -> Kind:
        return _KINDS[self.word]

    @property
    def default(self) -> DefaultMapping | None:
        return next((one for one in self.objects.mappings if one.target == self.target), None)

    @property
    def present(self) -> DefaultMapping | None:
        found = changed_mappings(self.objects, changes_of(self.settings, self.word))
        return next((one for one in found if one.target == self.target), None)

    @property
    def address(self) -> str:
        return f"{self.list_address}/{self.word}/{quote(self.target, safe='')}"

    @property
    def list_address(self) -> str:
        return f"/apps/{quote(self.head.id, safe='')}/mappings"


class MappingPages:
    """Mappings of people and groups."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        every = "/apps/{app}/mappings"
        one = f"{every}/{{object}}/{{target}}"
        return [
            doors.route("GET", every, self.list),
            doors.route("POST", f"{every}/{{object}}/actions", self.actions),
            doors.route("GET", one, self.one),
            doors.route("POST", one, self.save),
            doors.route("POST", f"{one}/try", self.tried),
            doors.route("POST", f"{one}/remove", self.remove),
            doors.route("POST", f"{one}/default", self.to_default),
        ]

    async def list(self, visit: Visit) -> Response:
        """Show every mapping, with its value for one person and one group."""
        return await self._list(visit, await app_head(self._desk, visit.request.path_params["app"]))

    async def actions(self, visit: Visit) -> Response:
        """Say which actions may reach the app, and whether groups follow at all."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        word = _word(visit)
        chosen = tuple(one for one in ACTIONS if one in visit.chosen("actions"))
        on = bool(visit.form.get("enabled"))

        def change(before: AppSettings) -> AppSettings:
            if word == "users":
                return changed(before, user_actions=chosen)
            return changed(before, group_actions=chosen, groups_enabled=on)

        try:
            on_to = await self._keep(visit, head, change)
        except InvalidValue as error:
            return await self._list(visit, head, 422, error)
        return RedirectResponse(on_to, SEE_OTHER)

    async def one(self, visit: Visit) -> Response:
        """Show the form of one mapping, or of a new one onto an attribute that has none."""
        place = await self._place(visit)
        present = place.present
        return await self._form(visit, place, form_of(present), present)

    async def tried(self, visit: Visit) -> Response:
        """Show what the form as typed gives for real records; nothing is saved."""
        place = await self._place(visit)
        form = form_sent(visit.form)
        part = "HX-Request" in visit.request.headers
        try:
            wanted = wanted_mapping(place.target, form, place.default)
            values = await self._values(place, wanted, visit.form.get("person", ""))
        except BadInput as error:
            if part:
                return self._desk.templates.page(
                    "mapping_values.html", visit=visit, values=[], wrong=error
                )
            return await self._form(visit, place, form, None, 422, error)
        if part:
            return self._desk.templates.page(
                "mapping_values.html", visit=visit, values=values, wrong=None
            )
        return await self._form(visit, place, form, wanted)

    async def save(self, visit: Visit) -> Response:
        """Keep the mapping as a new version of the app's settings."""
        place = await self._place(visit)
        form, wanted = form_sent(visit.form), None
        try:
            wanted = wanted_mapping(place.target, form, place.default)
            on_to = await self._edit(visit, place, change_from(place.default, wanted))
        except BadInput as error:
            return await self._form(visit, place, form, wanted, 422, error)
        return RedirectResponse(on_to, SEE_OTHER)

    async def remove(self, visit: Visit) -> Response:
        """Map nothing onto the attribute any more."""
        place = await self._place(visit)
        change = MappingChange(place.target, remove=True) if place.default is not None else None
        try:
            on_to = await self._edit(visit, place, change)
        except InvalidValue as error:
            return await self._form(visit, place, form_of(place.present), None, 422, error)
        return RedirectResponse(on_to, SEE_OTHER)

    async def to_default(self, visit: Visit) -> Response:
        """Take the gallery's own mapping again."""
        place = await self._place(visit)
        try:
            on_to = await self._edit(visit, place, None)
        except InvalidValue as error:
            return await self._form(visit, place, form_of(place.present), None, 422, error)
        return RedirectResponse(on_to, SEE_OTHER)

    async def _edit(self, visit: Visit, place: _Place, change: MappingChange | None) -> str:
        def applied(before: AppSettings) -> AppSettings:
            if change is None:
                return without_change(before, place.word, place.target)
            return with_mapping(before, place.word, change)

        return await self._keep(visit, place.head, applied)

    async def _keep(
        self, visit: Visit, head: AppHead, change: Callable[[AppSettings], AppSettings]
    ) -> str:
        """Save, or begin the plan of it where the app is on; return where to go on."""
        version = whole_number(visit.form.get("version", ""))
        return await save_or_show(
            self._desk, visit, head.id, change, page="mappings", version=version
        )

    async def _list(
        self, visit: Visit, head: AppHead, code: int = 200, error: InvalidValue | None = None
    ) -> Response:
        settings, rules = settings_of(head.stored), await self._desk.work.rules(head.id)
        app = customized(gallery_app(settings.gallery), settings)
        person = visit.request.query_params.get("person", "")
        wrong = ""
        try:
            facts = await self._record(rules, Kind.USER, person)
        except NotFound as unknown:
            facts, wrong = await self._record(rules, Kind.USER, ""), unknown.message
        group = await self._record(rules, Kind.GROUP, "") if rules.groups is not None else None
        parts = []
        if app.groups is not None and rules.groups is not None:
            parts.append(("groups", _("Groups"), rules.groups, app.groups, group))
        parts.insert(0, ("users", _("People"), rules.users, app.users, facts))
        shown = [
            {
                "word": word,
                "title": title,
                "rows": mapping_rows(
                    head.id, objects, defaults, changes_of(settings, word), of, rules
                ),
                "unmapped": unmapped(defaults, objects.mappings),
                "who": of.display_name if of is not None else "",
                "actions": settings.user_actions if word == "users" else settings.group_actions,
            }
            for word, title, objects, defaults, of in parts
        ]
        return self._desk.templates.page(
            "mappings.html",
            code,
            visit=visit,
            head=head,
            parts=shown,
            person=person,
            wrong=wrong,
            error=error,
            saved="saved" in visit.request.query_params,
            groups_off=app.groups is not None and not settings.groups_enabled,
            revision=head.stored.version,
            all_actions=[
                ("create", _("Create accounts")),
                ("update", _("Update accounts")),
                ("delete", _("Deactivate or delete accounts")),
            ],
        )

    async def _form(
        self,
        visit: Visit,
        place: _Place,
        form: MappingForm,
        wanted: DefaultMapping | None,
        code: int = 200,
        error: BadInput | None = None,
    ) -> Response:
        person = visit.form.get("person", visit.request.query_params.get("person", ""))
        values: Sequence[Value] = ()
        if wanted is not None:
            try:
                values = await self._values(place, wanted, person)
            except BadInput as wrong:
                error, code = error or wrong, 422
        attribute = next(one for one in place.objects.attributes if one.path == place.target)
        reads = [*source_names(place.word), *COMPUTED]
        return self._desk.templates.page(
            "mapping.html",
            code,
            visit=visit,
            head=place.head,
            place=place,
            form=form,
            values=values,
            wrong=None if values else error,
            error=error,
            person=person,
            attribute=attribute,
            exists=place.present is not None,
            is_changed=place.default is not None and place.present != place.default,
            revision=revision_of(visit, place.head, error),
            kinds=kind_words(),
            sources=sorted(set(reads), key=str.casefold),
            applies=applies_words(),
            when_null=when_null_words(),
            functions=sorted(FUNCTIONS),
        )

    async def _values(self, place: _Place, wanted: DefaultMapping, person: str) -> Sequence[Value]:
        """Return what a mapping gives for one record and for some others."""
        change = change_from(place.default, wanted)

        def applied(before: AppSettings) -> AppSettings:
            if change is None:
                return without_change(before, place.word, place.target)
            return with_mapping(before, place.word, change)

        settings = checked_change(place.head.stored, applied)
        rules = rules_with(self._desk, place.head.stored, settings)
        objects = rules.mapping(place.kind)
        mapping = objects.of(place.target) if objects is not None else None
        if mapping is None:
            return ()
        first = await self._record(rules, place.kind, person)
        every = await self._some(rules, place.kind, OTHERS + 1)
        records = [*([first] if first is not None else []), *every]
        once = {one.record_id: one for one in records}
        return [value_for(one, rules, mapping) for one in list(once.values())[: OTHERS + 1]]

    async def _record(self, rules: Rules, kind: Kind, who: str) -> Facts | None:
        """Return the facts of whoever was chosen, else of a good example whom the app concerns.

        Raises ``NotFound`` for a name that nobody has.
        """
        if not who:
            objects = rules.mapping(kind)
            most = EXAMPLES if kind is Kind.USER else 1
            found = await self._some(rules, kind, most)
            return None if objects is None else best_example(found, rules, objects)
        record_id, _name = await self._desk.work.known(kind, who[:200])
        return next(iter(await self._facts(rules, kind, [record_id])), None)

    async def _some(self, rules: Rules, kind: Kind, most: int) -> Sequence[Facts]:
        """Return the facts of some whom the app concerns; of anybody where it is nobody yet."""
        ledger = self._desk.work.ledger
        ids = await ledger.candidates(rules.app_id, kind, everybody=False, limit=most)
        ids = ids or await ledger.candidates(rules.app_id, kind, everybody=True, limit=most)
        return await self._facts(rules, kind, ids)

    async def _facts(self, rules: Rules, kind: Kind, ids: Sequence[str]) -> Sequence[Facts]:
        """Return the facts of records, with the names of their managers."""
        work = self._desk.work
        found = await work.ledger.facts(
            rules.app_id, kind, ids, memberships=rules.reads_memberships
        )
        managers = [one.record.manager_id for one in found if isinstance(one.record, User)]
        named = await work.directory.users([one for one in managers if one])
        names = {one.id: one.display_name for one in named.values()}
        return [replace(one, names={**one.names, **names}) for one in found]

    async def _place(self, visit: Visit) -> _Place:
        """Return which mapping is asked for. Raises ``NotFound`` for no attribute of the app."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        word, target = _word(visit), visit.request.path_params["target"]
        settings = settings_of(head.stored)
        app = customized(gallery_app(settings.gallery), settings)
        objects = app.users if word == "users" else app.groups
        if objects is None or all(one.path != target for one in objects.attributes):
            raise NotFound(
                _("%(app)s has no such attribute.") % {"app": head.name},
                advice=_("Choose one from its list of mappings."),
            )
        return _Place(head, word, app, objects, settings, target)


def _word(visit: Visit) -> ObjectWord:
    word = visit.request.path_params["object"]
    if word not in _KINDS:
        raise NotFound(_("There is no such page."), advice=_("Mappings are of users or groups."))
    return cast("ObjectWord", word)
