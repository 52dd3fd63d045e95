"""What many commands are asked for, each once: how it is typed and what its help says."""

from typing import Annotated, TypeAlias

from cyclopts import Parameter

Flag: TypeAlias = Annotated[bool, Parameter(negative="")]

Json: TypeAlias = Annotated[bool, Parameter(name="--json", negative="")]

AppId: TypeAlias = Annotated[str, Parameter(help="The configured app.")]

OnlyApp: TypeAlias = Annotated[str | None, Parameter(help="Only this app.")]

OnlyUsers: TypeAlias = Annotated[
    list[str] | None,
    Parameter(help="Only this person (userName, e-mail or id); may be given several times."),
]

OnlyGroups: TypeAlias = Annotated[
    list[str] | None,
    Parameter(help="Only this group (display name or id); may be given several times."),
]

DryRun: TypeAlias = Annotated[bool, Parameter(negative="", help="Only show what would change.")]

Strict: TypeAlias = Annotated[
    bool, Parameter(negative="", help="Exit with 1 when any record waits after the cycle.")
]
