"""What the gallery's pages show, prepared from gallery files. Pure; it knows no app by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _
from seatkeeper.console.words import visible
from seatkeeper.facts.words import short_path
from seatkeeper.gallery.schema import DefaultMapping, GalleryApp, ObjectType

LONGEST_SEARCH: Final = 100
_SHAPE: Final = "shape"


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing that an app can do, or cannot; ``words`` say it either way."""

    words: str
    can: bool


@dataclass(frozen=True, slots=True)
class GalleryCard:
    """One app of the gallery. ``limits`` is one line, empty where the file names none."""

    id: str
    name: str
    category: str
    summary: str
    supports: Sequence[str]
    limits: str
    configured: int


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """The apps that fit a search, and the shapes, which only stand for habits of many apps."""

    asked: str
    apps: Sequence[GalleryCard]
    shapes: Sequence[GalleryCard]


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One default mapping; ``kind`` says what its source is, ``marks`` what else holds."""

    target: str
    source: str
    kind: str
    marks: Sequence[str]

    @property
    def name(self) -> str:
        """The attribute's path without its schema."""
        return short_path(self.target)

    @property
    def schema(self) -> str:
        """The schema in front of it, where there is one."""
        return self.target.removesuffix(self.name).rstrip(":")


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step inside the app."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """Something that is copied from the app, with what the app calls it and an example."""

    name: str
    example: str
    help: str


@dataclass(frozen=True, slots=True)
class ConnectorPage:
    """Everything about one app of the gallery."""

    card: GalleryCard
    abilities: Sequence[Ability]
    limits: Sequence[str]
    steps: Sequence[StepRow]
    values: Sequence[Value]
    roles: Sequence[str]
    people: Sequence[MappingRow]
    groups: Sequence[MappingRow]
    sources: Sequence[str]
    configured: Sequence[tuple[str, str]]


def gallery_page(
    apps: Sequence[GalleryApp], asked: str, configured: Mapping[str, int]
) -> GalleryPage:
    """Return the apps whose name, id, category, summary or abilities hold every word asked for."""
    asked = asked[:LONGEST_SEARCH].strip()
    words = asked.casefold().split()
    cards = [
        (one.kind, gallery_card(one, configured.get(one.id, 0)))
        for one in apps
        if _fits(one, words)
    ]
    return GalleryPage(
        visible(asked, LONGEST_SEARCH),
        [card for kind, card in cards if kind != _SHAPE],
        [card for kind, card in cards if kind == _SHAPE],
    )


def gallery_card(app: GalleryApp, configured: int = 0) -> GalleryCard:
    """Return one app as it stands in the list."""
    return GalleryCard(
        app.id,
        app.name,
        ", ".join(app.categories),
        app.summary,
        [one.words for one in abilities_of(app) if one.can],
        " ".join(app.limitations),
        configured,
    )


def connector_page(app: GalleryApp, configured: Sequence[tuple[str, str]]) -> ConnectorPage:
    """Return the page of one app; ``configured`` are id and name of those that use it."""
    said = app.authentication
    return ConnectorPage(
        gallery_card(app, len(configured)),
        abilities_of(app),
        app.limitations,
        [StepRow(one.title, one.text) for one in app.setup_steps],
        [
            Value(said.url_label, app.base_url.example, app.base_url.help),
            Value(said.token_label, "", _token_help(app)),
        ],
        [one.display_name for one in app.roles],
        mapping_rows(app.users),
        mapping_rows(app.groups) if app.groups is not None else [],
        app.sources,
        configured,
    )


def abilities_of(app: GalleryApp) -> Sequence[Ability]:
    """Return what an app can do with accounts, groups and roles, in the order of a life."""
    users, groups = app.capabilities.users, app.capabilities.groups
    return [
        Ability(_("Create accounts") if users.create else _("No new accounts"), users.create),
        Ability(
            _("Update accounts") if users.update else _("No changes of accounts"), users.update
        ),
        Ability(_("Deactivate accounts") if users.disable else _("No deactivating"), users.disable),
        Ability(_("Delete accounts") if users.delete else _("No deleting"), users.delete),
        Ability(_("Groups") if groups is not None else _("No groups"), groups is not None),
        Ability(_("Roles") if app.roles else _("No roles of its own"), bool(app.roles)),
    ]


def mapping_rows(objects: ObjectType) -> Sequence[MappingRow]:
    """Return the default mappings onto people or groups of an app, in the file's order."""
    required = {one.path for one in objects.attributes if one.required}
    return [_row(one, required=one.target in required) for one in objects.mappings]


def _row(mapping: DefaultMapping, *, required: bool) -> MappingRow:
    marks = [_("finds the account")] if mapping.matching else []
    if required:
        marks.append(_("required"))
    if mapping.applies == "on_create":
        marks.append(_("when it is created"))
    if mapping.attribute is not None:
        return MappingRow(mapping.target, mapping.attribute, _("attribute"), marks)
    if mapping.expression is not None:
        return MappingRow(mapping.target, mapping.expression, _("expression"), marks)
    if mapping.constant is not None:
        return MappingRow(mapping.target, mapping.constant, _("fixed text"), marks)
    return MappingRow(mapping.target, mapping.default or "", _("where the app has none"), marks)


def _token_help(app: GalleryApp) -> str:
    length = app.authentication.token_length
    if length is None:
        return ""
    return _("Has %(count)s characters.") % {"count": length}


def _fits(app: GalleryApp, words: Sequence[str]) -> bool:
    held = " ".join(
        (app.name, app.id, *app.categories, app.summary,
         *(one.words for one in abilities_of(app) if one.can))
    ).casefold()  # fmt: skip
    return all(word in held for word in words)
