"""The one table that says which permission each route of the console asks for.

Pure, beside the walk. A route that is not here cannot be opened by anybody: the
console refuses to start with it. Who adds a page adds its line here, and the
test of every role against every route grows by itself.
"""

from collections.abc import Mapping
from typing import Final

from seatkeeper.administration.model import Permission

STATIC: Final = "/static/{file}"
"""Where files of ours lie; their names follow from their content."""

ROUTES: Final[Mapping[tuple[str, str], Permission]] = {
    ("GET", "/"): Permission.READ,
    ("GET", "/events"): Permission.READ,
    ("GET", "/status.json"): Permission.READ,
    ("GET", "/search"): Permission.READ,
    ("GET", "/search/part"): Permission.READ,
    ("GET", "/healthz"): Permission.ANYBODY,
    ("GET", "/readyz"): Permission.ANYBODY,
    ("GET", STATIC): Permission.ANYBODY,
    ("GET", "/sign-in"): Permission.ANYBODY,
    ("POST", "/sign-in"): Permission.ANYBODY,
    ("GET", "/sign-in/code"): Permission.ANYBODY,
    ("POST", "/sign-in/code"): Permission.ANYBODY,
    ("POST", "/sign-out"): Permission.OWN,
    ("GET", "/links/{link}"): Permission.ANYBODY,
    ("POST", "/links/{link}"): Permission.ANYBODY,
    ("GET", "/activity"): Permission.READ,
    ("GET", "/activity/new"): Permission.READ,
    ("GET", "/activity/export"): Permission.READ,
    ("GET", "/activity/{event}"): Permission.READ,
    ("GET", "/apps/{app}/activity"): Permission.READ,
    ("GET", "/apps/{app}/connection"): Permission.READ,
    ("GET", "/apps/{app}/connection/events"): Permission.READ,
    ("POST", "/apps/{app}/connection"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/connection/test"): Permission.RUN,
    ("POST", "/apps/{app}/connection/rotate"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/connection/old/use"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/connection/old/forget"): Permission.CONFIGURE,
    ("GET", "/apps/{app}"): Permission.READ,
    ("GET", "/apps/{app}/export"): Permission.READ,
    ("GET", "/apps/{app}/cycles"): Permission.READ,
    ("GET", "/apps/{app}/cycles/{n}"): Permission.READ,
    ("GET", "/apps/{app}/cycles/{n}/undo"): Permission.READ,
    ("POST", "/apps/{app}/cycles/{n}/undo"): Permission.RUN,
    ("POST", "/apps/{app}/cycles/{n}/undo/{plan}/apply"): Permission.RUN,
    ("GET", "/apps/{app}/events"): Permission.READ,
    ("GET", "/apps/{app}/chart/part"): Permission.READ,
    ("POST", "/apps/{app}/run"): Permission.RUN,
    ("POST", "/apps/{app}/run-full"): Permission.RUN,
    ("POST", "/apps/{app}/retry"): Permission.RUN,
    ("POST", "/apps/{app}/pause"): Permission.RUN,
    ("POST", "/apps/{app}/resume"): Permission.RUN,
    ("POST", "/apps/{app}/on"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/off"): Permission.CONFIGURE,
    ("GET", "/welcome"): Permission.ADMINISTER,
    ("POST", "/welcome/skip"): Permission.ADMINISTER,
    ("GET", "/welcome/people"): Permission.ADMINISTER,
    ("POST", "/welcome/people"): Permission.ADMINISTER,
    ("GET", "/welcome/app"): Permission.ADMINISTER,
    ("POST", "/welcome/app"): Permission.ADMINISTER,
    ("GET", "/welcome/who"): Permission.ADMINISTER,
    ("POST", "/welcome/who"): Permission.ADMINISTER,
    ("GET", "/welcome/plan"): Permission.ADMINISTER,
    ("POST", "/welcome/plan"): Permission.ADMINISTER,
    ("GET", "/welcome/on"): Permission.ADMINISTER,
    ("POST", "/welcome/on"): Permission.ADMINISTER,
    ("GET", "/welcome/done"): Permission.ADMINISTER,
    ("GET", "/welcome/events"): Permission.ADMINISTER,
    ("GET", "/gallery"): Permission.READ,
    ("GET", "/gallery/{connector}"): Permission.READ,
    ("POST", "/gallery/{connector}/add"): Permission.ADMINISTER,
    ("GET", "/people"): Permission.READ,
    ("GET", "/people/export"): Permission.READ,
    ("GET", "/people/{id}"): Permission.READ,
    ("POST", "/people/{id}/edit"): Permission.ADMINISTER,
    ("POST", "/people/{id}/enabled"): Permission.ADMINISTER,
    ("GET", "/people/{id}/erase"): Permission.ADMINISTER,
    ("POST", "/people/{id}/erase"): Permission.ADMINISTER,
    ("GET", "/groups"): Permission.READ,
    ("GET", "/groups/{id}"): Permission.READ,
    ("GET", "/apps/{app}/people/{id}"): Permission.READ,
    ("GET", "/apps/{app}/people/{id}/evidence"): Permission.READ,
    ("POST", "/apps/{app}/people/{id}/provision"): Permission.RUN,
    ("GET", "/apps/{app}/groups/{id}"): Permission.READ,
    ("GET", "/apps/{app}/groups/{id}/evidence"): Permission.READ,
    ("POST", "/apps/{app}/groups/{id}/provision"): Permission.RUN,
    ("GET", "/apps/{app}/mappings"): Permission.READ,
    ("POST", "/apps/{app}/mappings/{object}/actions"): Permission.CONFIGURE,
    ("GET", "/apps/{app}/mappings/{object}/{target}"): Permission.READ,
    ("POST", "/apps/{app}/mappings/{object}/{target}"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/mappings/{object}/{target}/try"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/mappings/{object}/{target}/remove"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/mappings/{object}/{target}/default"): Permission.CONFIGURE,
    ("GET", "/approvals"): Permission.READ,
    ("GET", "/approvals/{approval}"): Permission.READ,
    ("POST", "/apps/{app}/approvals/{approval}"): Permission.RUN,
    ("GET", "/apps/{app}/settings"): Permission.READ,
    ("POST", "/apps/{app}/settings"): Permission.CONFIGURE,
    ("GET", "/apps/{app}/settings/export"): Permission.READ,
    ("POST", "/apps/{app}/settings/versions/{version}"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/settings/remove"): Permission.CONFIGURE,
    ("GET", "/apps/{app}/assignments"): Permission.READ,
    ("POST", "/apps/{app}/assignments"): Permission.CONFIGURE,
    ("GET", "/apps/{app}/assignments/part"): Permission.READ,
    ("GET", "/apps/{app}/assignments/{principal}/remove"): Permission.READ,
    ("POST", "/apps/{app}/assignments/{principal}/remove"): Permission.CONFIGURE,
    ("GET", "/apps/{app}/on-demand"): Permission.READ,
    ("POST", "/apps/{app}/on-demand"): Permission.RUN,
    ("GET", "/apps/{app}/plan"): Permission.READ,
    ("POST", "/apps/{app}/plan"): Permission.RUN,
    ("GET", "/apps/{app}/plan/{plan}"): Permission.READ,
    ("POST", "/apps/{app}/plan/{plan}/apply"): Permission.RUN,
    ("POST", "/apps/{app}/plan/{plan}/again"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/plan/{plan}/save"): Permission.CONFIGURE,
    ("GET", "/apps/{app}/plan/{plan}/export"): Permission.READ,
    ("GET", "/apps/{app}/plan/{plan}/evidence"): Permission.READ,
    ("GET", "/apps/{app}/scope"): Permission.READ,
    ("POST", "/apps/{app}/scope"): Permission.CONFIGURE,
    ("POST", "/apps/{app}/scope/try"): Permission.CONFIGURE,
    ("GET", "/settings"): Permission.OWN,
    ("POST", "/settings/theme"): Permission.OWN,
    ("GET", "/settings/sessions"): Permission.OWN,
    ("POST", "/settings/sessions/{session}/end"): Permission.OWN,
    ("GET", "/settings/second-factor"): Permission.OWN,
    ("POST", "/settings/second-factor"): Permission.OWN,
    ("POST", "/settings/second-factor/confirm"): Permission.OWN,
    ("POST", "/settings/second-factor/recovery-codes"): Permission.OWN,
    ("POST", "/settings/second-factor/off"): Permission.OWN,
    ("GET", "/settings/audit"): Permission.READ,
    ("GET", "/settings/organisation"): Permission.READ,
    ("GET", "/settings/about"): Permission.READ,
    ("GET", "/settings/notifications"): Permission.READ,
    ("POST", "/settings/notifications/test"): Permission.ADMINISTER,
    ("POST", "/settings/notifications/key"): Permission.ADMINISTER,
    ("GET", "/settings/sources"): Permission.READ,
    ("POST", "/settings/sources/tokens"): Permission.ADMINISTER,
    ("POST", "/settings/sources/tokens/{token}/replace"): Permission.ADMINISTER,
    ("POST", "/settings/sources/tokens/{token}/revoke"): Permission.ADMINISTER,
    ("GET", "/settings/demo-data"): Permission.ADMINISTER,
    ("POST", "/settings/demo-data"): Permission.ADMINISTER,
    ("GET", "/settings/administrators"): Permission.ADMINISTER,
    ("POST", "/settings/administrators"): Permission.ADMINISTER,
    ("POST", "/settings/administrators/second-factor"): Permission.ADMINISTER,
    ("POST", "/settings/administrators/{administrator}/role"): Permission.ADMINISTER,
    ("POST", "/settings/administrators/{administrator}/end-sessions"): Permission.ADMINISTER,
    ("POST", "/settings/administrators/{administrator}/remove"): Permission.ADMINISTER,
}

AGAIN: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("POST", "/apps/{app}/approvals/{approval}"),
        ("POST", "/apps/{app}/cycles/{n}/undo/{plan}/apply"),
        ("POST", "/apps/{app}/settings/remove"),
        ("POST", "/people/{id}/erase"),
        ("POST", "/settings/demo-data"),
        ("POST", "/settings/administrators"),
        ("POST", "/settings/administrators/second-factor"),
        ("POST", "/settings/administrators/{administrator}/role"),
        ("POST", "/settings/administrators/{administrator}/remove"),
        ("POST", "/settings/notifications/key"),
        ("POST", "/settings/second-factor"),
        ("POST", "/settings/second-factor/recovery-codes"),
        ("POST", "/settings/second-factor/off"),
        ("POST", "/settings/sources/tokens"),
        ("POST", "/settings/sources/tokens/{token}/replace"),
        ("POST", "/settings/sources/tokens/{token}/revoke"),
    }
)
"""Routes behind which something is done that cannot be taken back, or that lets somebody in.

Where the passphrase was typed a quarter of an hour ago or earlier, they ask for it first.
"""

AGAIN_ALWAYS: Final[frozenset[tuple[str, str]]] = frozenset({("POST", "/settings/second-factor")})
"""Routes of ``AGAIN`` that ask for the passphrase however lately it was typed.

Who has no more than an open session could otherwise set up a second factor of their own,
and shut its owner out.
"""

WITHOUT_SECOND_FACTOR: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("GET", "/settings/second-factor"),
        ("POST", "/settings/second-factor"),
        ("POST", "/settings/second-factor/confirm"),
        ("POST", "/sign-out"),
    }
)
"""All that somebody can do who has no second factor where everybody needs one: set it up, or go."""
