"""What both doors show is plain data: what ``--json`` prints and pages read. Pure."""

from typing import TypeAlias

Plain: TypeAlias = dict[str, object]
