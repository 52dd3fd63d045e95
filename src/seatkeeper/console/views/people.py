"""Prepare lists of people, one person, lists of groups and one group.

After the walk, pure: what directory and ledger know of them goes in, frozen values
go out. Why somebody is in an app is not said here but on the page it leads to.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.causes import CAUSES
from seatkeeper.console.views.values import Pill
from seatkeeper.console.words import clock, visible
from seatkeeper.directory.finding import COUNTED, PersonState, state_of
from seatkeeper.directory.model import Group, User
from seatkeeper.provisioning.journal import Whereabouts
from seatkeeper.provisioning.scope import Grant

_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class AppChip:
    """An app in which somebody has an account or a problem; ``sign`` and tone say which."""

    app_id: str
    name: str
    words: str
    sign: str
    tone: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of a list of people."""

    id: str
    name: str
    user_name: str
    title: str
    department: str
    state: Pill | None
    apps: Sequence[AppChip]


@dataclass(frozen=True, slots=True)
class AppLine:
    """One app on somebody's page."""

    app_id: str
    name: str
    pill: Pill
    why: str
    account: str


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the directory has of one person."""

    id: str
    name: str
    pill: Pill
    line: str
    first: Sequence[tuple[str, str]]
    rest: Sequence[tuple[str, str]]
    source: str
    editable: bool
    enabled: bool


def state_pill(state: PersonState) -> Pill:
    """Return where somebody stands in the directory, in words."""
    return {
        PersonState.ACTIVE: Pill(_("Active"), "create"),
        PersonState.DISABLED: Pill(_("Disabled"), "disable"),
        PersonState.DELETED: Pill(_("Deleted"), "danger"),
    }[state]


def state_words() -> Mapping[PersonState, str]:
    """Return what each state is called in the filter."""
    return {one: state_pill(one).text for one in PersonState}


def person_row(user: User, here: Mapping[str, Whereabouts], apps: Mapping[str, str]) -> PersonRow:
    """Return one person as a line; ``apps`` are the names of apps by id."""
    return PersonRow(
        id=user.id,
        name=name_of(user),
        user_name=visible(user.user_name, _LONGEST),
        title=visible(user.text("jobTitle"), 80),
        department=visible(user.text("department"), 80),
        state=state_pill(state_of(user)),
        apps=list(_chips(here, apps)),
    )


def name_of(user: User) -> str:
    """Return a person's name as it is shown, never empty."""
    return visible(user.display_name, _LONGEST).strip() or visible(user.id)


def _chips(here: Mapping[str, Whereabouts], apps: Mapping[str, str]) -> Iterator[AppChip]:
    for app_id, what in here.items():
        yield _chip(app_id, apps.get(app_id, app_id), what)


def where_in(here: Mapping[str, Whereabouts], apps: Mapping[str, str]) -> list[AppChip]:
    """Return where somebody stands in each of these apps (names by id), also where not at all."""
    return [_chip(app_id, name, here.get(app_id)) for app_id, name in apps.items()]


def _chip(app_id: str, app_name: str, what: Whereabouts | None) -> AppChip:
    name = visible(app_name, 40)
    if what is None:
        return AppChip(app_id, name, _("no account"), "x", "quiet")
    if what.failure:
        return AppChip(app_id, name, _("needs attention"), "triangle-alert", "danger")
    if what.hold_id:
        return AppChip(app_id, name, _("removal held"), "clock", "disable")
    return AppChip(app_id, name, _("has an account"), "check", "create")


def app_line(
    app_id: str, name: str, what: Whereabouts, grants: Sequence[Grant], *, deactivated: bool
) -> AppLine:
    """Return where somebody stands with one app, in a few words."""
    ways = visible("; ".join(one.path for one in grants), 200)
    why = _("Assigned %(ways)s") % {"ways": ways} if grants else _("Not assigned")
    if what.hold_id:
        pill, why = Pill(_("Removal held"), "disable"), _("Somebody has to decide about it")
    elif what.failure:
        cause = CAUSES.get(what.failure, visible(what.failure, 80))
        pill, why = Pill(_("Needs attention"), "disable"), cause
    elif what.account_id and deactivated:
        pill = Pill(_("Deactivated"), "quiet")
    elif what.account_id:
        pill = Pill(_("Has an account"), "create")
    elif grants:
        pill = Pill(_("No account yet"), "update")
    else:
        pill = Pill(_("Not in the app"), "quiet")
    return AppLine(app_id, visible(name, 60), pill, why, visible(what.account_id, 80))


def person_facts(user: User, source: str | None, now: dt.datetime) -> PersonFacts:
    """Return what the directory has of somebody, and who says so."""
    title = " · ".join(one for one in (user.text("jobTitle"), user.text("department")) if one)
    state = state_of(user)
    if user.deleted_at is not None:
        title = _("Deleted %(when)s, can be restored for 30 days") % {
            "when": clock(user.deleted_at, now)
        }
    every = {name: _told(value) for name, value in user.attributes.items()}
    return PersonFacts(
        id=user.id,
        name=name_of(user),
        pill=state_pill(state),
        line=visible(title, 200),
        first=[(words, every[name]) for name, words in _first_words().items() if every.get(name)],
        rest=[
            (name, every[name])
            for name in sorted(every.keys() - _first_words().keys())
            if every[name]
        ],
        source=_source(source),
        editable=source is None and state is not PersonState.DELETED,
        enabled=user.enabled,
    )


def _first_words() -> Mapping[str, str]:
    """Return the attributes that are shown at once, in this order; the rest is behind a click."""
    return {
        "userPrincipalName": _("User name"),
        "mail": _("E-mail"),
        "jobTitle": _("Title"),
        "department": _("Department"),
        "companyName": _("Company"),
        "physicalDeliveryOfficeName": _("Office"),
        "city": _("City"),
        "country": _("Country"),
        "employeeId": _("Employee id"),
        "employeeHireDate": _("Hired"),
        "employeeLeaveDateTime": _("Leaves"),
    }


def _source(source: str | None) -> str:
    if source is not None:
        name = visible(source, 60)
        return _(
            "These facts come from the source “%(source)s”. Change them there: "
            "what is changed elsewhere is overwritten."
        ) % {"source": name}
    return _(
        "No source pushes this person in: they came with a file or the command line, "
        "and are changed there or here."
    )


def _told(value: object) -> str:
    return visible("; ".join(value) if isinstance(value, tuple) else value, 300)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One line of a list of groups."""

    id: str
    name: str
    members: str
    apps: Sequence[AppChip]


def group_row(group: Group, members: int, apps: Sequence[tuple[str, str]]) -> GroupRow:
    """Return one group as a line; ``apps`` are those it gives access to, by id and name."""
    chips = [AppChip(app, name, _("gives access"), "key-round", "quiet") for app, name in apps]
    return GroupRow(group.id, visible(group.display_name, _LONGEST), counted(members), chips)


def counted(number: int) -> str:
    """Return a count as lists say it: exact up to 10,000, then ``10,000+``."""
    return f"{COUNTED:,}+" if number > COUNTED else f"{number:,}"


def people_answer(count: int | None, *, filtered: bool) -> str:
    """Return the sentence above a list of people."""
    if count is None:
        return _("People")
    told = {"count": counted(count)}
    if filtered:
        return ngettext("%(count)s person fits", "%(count)s people fit", count) % told
    return ngettext("%(count)s person", "%(count)s people", count) % told


def groups_answer(count: int | None, *, filtered: bool) -> str:
    """Return the sentence above a list of groups."""
    if count is None:
        return _("Groups")
    told = {"count": counted(count)}
    if filtered:
        return ngettext("%(count)s group fits", "%(count)s groups fit", count) % told
    return ngettext("%(count)s group", "%(count)s groups", count) % told


def members_words(count: int) -> str:
    """Return how many members a group has, in words."""
    text = ngettext("%(count)s direct member", "%(count)s direct members", count)
    return text % {"count": counted(count)}
