"""Builders that say only what matters to a test."""

import datetime as dt
from collections.abc import Mapping as MappingType

from seatkeeper.directory.model import Group, Kind, User, Value
from seatkeeper.provisioning.account import Account, Capabilities, TargetValue, UserAbilities
from seatkeeper.provisioning.condition.model import Condition
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.model import (
    Direct,
    Mapping,
    ObjectMapping,
    ValueType,
)
from seatkeeper.provisioning.rules import Rules, ScopeSetting
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.walk import Facts

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
USER_ROLE = Grant("role-user", "User", "g-sales", "Sales")
DEFAULT_ROLE = Grant()

USERS = ObjectMapping(
    Kind.USER,
    (
        Mapping("userName", Direct("userPrincipalName"), matching=1, required=True, unique=True),
        Mapping("active", compiled("Not([IsSoftDeleted])"), ValueType.BOOLEAN),
        Mapping("title", Direct("jobTitle")),
        Mapping("mail", Direct("mail"), required=True, unique=True),
        Mapping(MANAGER, Direct("manager"), ValueType.REFERENCE),
    ),
)
GROUPS = ObjectMapping(
    Kind.GROUP,
    (
        Mapping("displayName", Direct("displayName"), matching=1, unique=True),
        Mapping("externalId", Direct("objectId"), case_exact=True),
        Mapping("members", Direct("members"), ValueType.REFERENCE, multi_valued=True),
    ),
)


def rules(
    *,
    scope: ScopeSetting = ScopeSetting.ASSIGNED,
    hard_delete: bool = False,
    exclude_default_access: bool = True,
    has_own_roles: bool = True,
    users: ObjectMapping = USERS,
    user_filter: Condition | None = None,
    group_filter: Condition | None = None,
    skip_out_of_scope_deletions: bool = False,
) -> Rules:
    return Rules(
        "app",
        "The App",
        scope,
        exclude_default_access,
        has_own_roles,
        users,
        GROUPS,
        Capabilities(users=UserAbilities(delete=hard_delete)),
        "digest",
        user_filter,
        group_filter,
        skip_out_of_scope_deletions,
    )


def ada(
    *, enabled: bool = True, deleted: bool = False, manager: str | None = None, **more: Value | None
) -> User:
    attributes: dict[str, Value | None] = {
        "userPrincipalName": "ada@larkspur.example",
        "displayName": "Ada",
        "mail": "ada@larkspur.example",
        "jobTitle": "Engineer",
        **more,
    }
    return User(
        "ada",
        {name: value for name, value in attributes.items() if value is not None},
        enabled=enabled,
        manager_id=manager,
        deleted_at=NOW if deleted else None,
    )


IN_STEP: MappingType[str, TargetValue] = {
    "userName": "ada@larkspur.example",
    "active": True,
    "title": "Engineer",
    "mail": "ada@larkspur.example",
}


def linked(**known: TargetValue) -> Link:
    return Link(Kind.USER, "ada", "t-1", {**IN_STEP, **known}, "Ada", NOW)


def account(account_id: str = "t-1", **values: TargetValue) -> Account:
    return Account(account_id, {**IN_STEP, **values})


def facts(
    user: User | None = None,
    *,
    grants: tuple[Grant, ...] = (USER_ROLE,),
    link: Link | None = None,
    accounts: MappingType[str, str] | None = None,
) -> Facts:
    return Facts(Kind.USER, "ada", user, grants, link, accounts or {})


def group_facts(
    group: Group | None, *, grants: tuple[Grant, ...] = (USER_ROLE,), link: Link | None = None
) -> Facts:
    return Facts(Kind.GROUP, "g-sales", group, grants, link)


SALES = Group("g-sales", "Sales")
SALES_LINK = Link(
    Kind.GROUP, "g-sales", "tg-1", {"displayName": "Sales", "externalId": "g-sales"}, "Sales", NOW
)
