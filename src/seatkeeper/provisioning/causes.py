"""Say why a record is in a plan, from what changed in the directory since the last cycle.

    [source change] -> scope -> map -> match -> plan -> export -> log

Pure: changes in, one short text per record out. It explains and decides
nothing; the walk reads the present facts, never a change's detail.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from seatkeeper.directory.model import Change, Kind, Subject, Verb
from seatkeeper.directory.nesting import Regrouped

FIRST_CYCLE = "first cycle"
TRIES_AGAIN = "tries again"
WAITED_FOR_VALUE = "{name} no longer asks for the same value"
APPROVED = "a removal was approved"
NO_CHANGE = "differs from the directory"
NOTHING = "nothing differs"
RULES_CHANGED = "settings changed since the last cycle"

Key = tuple[Kind, str]

_USER_WORDS = {
    Verb.CREATED: "new in the directory",
    Verb.DISABLED: "disabled in the directory",
    Verb.ENABLED: "enabled in the directory",
    Verb.DELETED: "deleted in the directory",
    Verb.RESTORED: "restored in the directory",
    Verb.PURGED: "purged from the directory",
}
_SAYS_ALL = {_USER_WORDS[Verb.CREATED], _USER_WORDS[Verb.DELETED], _USER_WORDS[Verb.PURGED]}
_FOR_GOOD = {(Kind.GROUP, _USER_WORDS[Verb.DELETED]), (Kind.USER, _USER_WORDS[Verb.PURGED])}
"""What ends everything else of a record, its memberships and assignments among it."""
_NEUTRAL = "accountEnabled"


@dataclass
class Causes:
    """Collects changes, in their order; the newest word on one thing counts.

    ``assigned_groups`` are groups whose own assignment changed, with the text
    that every member of theirs gets; ``opened_groups`` those of them whose
    assignment reaches, or reached, people through nested groups.
    """

    app_id: str
    assigned_groups: dict[str, str] = field(default_factory=dict)
    opened_groups: set[str] = field(default_factory=set)
    _said: dict[Key, dict[str, str]] = field(default_factory=dict)
    _attributes: dict[Key, dict[str, None]] = field(default_factory=dict)

    def take(
        self,
        changes: Iterable[Change],
        group_names: Mapping[str, str],
        gone: Collection[str] = (),
    ) -> None:
        """Take in a page of the feed; a group without a name is shown by its id.

        ``gone`` are groups that were deleted since, called by their last names.
        """
        for change in changes:
            match change.subject:
                case Subject.USER:
                    self._record((Kind.USER, change.record_id), change)
                case Subject.GROUP:
                    self._record((Kind.GROUP, change.record_id), change)
                case Subject.MEMBERSHIP:
                    self._membership(change, group_names, gone)
                case Subject.ASSIGNMENT if change.app_id == self.app_id:
                    self._assignment(change, group_names, gone)
                case _:
                    pass

    def members(self, group_id: str, member_ids: Collection[str]) -> None:
        """Say of a group's members that the group's assignment changed."""
        for member in member_ids:
            self._slot((Kind.USER, member))[f"through {group_id}"] = self.assigned_groups[group_id]

    def moved(
        self, moved: Regrouped, group_names: Mapping[str, str], member_ids: Collection[str]
    ) -> None:
        """Say of people below a group that it joined or left another below an assigned one."""
        if moved.parent_id is None:
            return
        group, parent, root = (
            group_names.get(one, one) for one in (moved.group_id, moved.parent_id, moved.root_id)
        )
        verb = "joined" if moved.joined else "left"
        where = parent if moved.parent_id == moved.root_id else f"{parent}, inside group {root}"
        text = f"group {group} {verb} group {where}, which is assigned with its nested groups"
        for member in member_ids:
            self._slot((Kind.USER, member))[f"{moved.group_id} in {moved.parent_id}"] = text

    def of(self, key: Key) -> str:
        """Return why a record is looked at, empty where nothing of it changed."""
        said = self._said.get(key, {})
        if (key[0], said.get("record")) in _FOR_GOOD:
            return said["record"]
        texts = list(dict.fromkeys(said.values()))
        if key in self._attributes and said.get("record") not in _SAYS_ALL:
            texts.append(f"{', '.join(self._attributes[key])} changed")
        return ", ".join(texts)

    def _slot(self, key: Key) -> dict[str, str]:
        return self._said.setdefault(key, {})

    def _record(self, key: Key, change: Change) -> None:
        slot = self._slot(key)
        made_here = slot.get("record") == _USER_WORDS[Verb.CREATED]
        word = _USER_WORDS.get(change.verb)
        if word is not None and not (made_here and change.verb is not Verb.PURGED):
            slot["record"] = word
        names = change.detail.get("attributes")
        if change.verb is not Verb.CREATED and isinstance(names, list | tuple):
            mine = self._attributes.setdefault(key, {})
            mine.update({str(name): None for name in names if name != _NEUTRAL})
            if not mine:
                del self._attributes[key]

    def _membership(self, change: Change, names: Mapping[str, str], gone: Collection[str]) -> None:
        name = names.get(change.record_id, change.record_id)
        verb = "left" if change.verb is Verb.DELETED else "joined"
        text = _was_deleted(name) if change.record_id in gone else f"{verb} group {name}"
        if change.other_id is not None:
            member = (change.other_kind or Kind.USER, change.other_id)
            self._slot(member)[f"member of {change.record_id}"] = text
        self._slot((Kind.GROUP, change.record_id))["members"] = "members changed"

    def _assignment(self, change: Change, names: Mapping[str, str], gone: Collection[str]) -> None:
        word = _assignment_word(change)
        if change.other_kind is Kind.GROUP:
            if change.nested:
                self.opened_groups.add(change.record_id)
            name = names.get(change.record_id, change.record_id)
            ended = change.record_id in gone
            text = _was_deleted(name) if ended else f"group {name} {word}"
            self.assigned_groups[change.record_id] = text
            self._slot((Kind.GROUP, change.record_id))["assignment"] = word
        else:
            self._slot((Kind.USER, change.record_id))["assignment"] = word


def _was_deleted(name: str) -> str:
    return f"group {name} was deleted"


def _assignment_word(change: Change) -> str:
    if change.verb is Verb.DELETED:
        return "unassigned"
    nested = bool(change.detail.get("nested"))
    reach = "with its nested groups" if nested else "without its nested groups"
    if change.verb is not Verb.UPDATED:
        return f"assigned {reach}" if nested else "assigned"
    names = change.detail.get("attributes")
    if not isinstance(names, list | tuple) or "nested" not in names:
        return "assigned in another role"
    return f"assigned {reach}" if "role" not in names else f"assigned in another role, {reach}"


def rules_edited(
    lines: Iterable[str], kind: Kind, paths: Collection[str] | None, *, most: int = 3
) -> str:
    """Return the first lines of an edit of the settings that may concern such a record.

    ``paths`` are what is written of it: the mapping of another attribute is not
    why. None: any may be, as for an account that is made.
    """
    mine, other = f"{kind.value}s", "groups" if kind is Kind.USER else "users"

    def concerns(line: str) -> bool:
        subject, _, rest = line.partition(": ")
        if subject == other or subject.endswith(f" of {other}"):
            return False
        if subject != f"mapping of {mine}":
            return True
        return paths is None or any(rest.startswith(f"{path}: ") for path in paths)

    return "; ".join([line for line in lines if concerns(line)][:most])


def groups_named(changes: Iterable[Change]) -> set[str]:
    """Return the groups whose names a page of the feed needs."""
    return {
        change.record_id
        for change in changes
        if change.subject is Subject.MEMBERSHIP
        or (change.subject is Subject.ASSIGNMENT and change.other_kind is Kind.GROUP)
    }
