"""When an app's token ends, as far as somebody has said so: from 30 days before.

Beside the walk, and pure. An app does not tell when its token ends; whoever
generated it knows, and writes the day into the app's document. Sources' tokens
are our own and have their page (``directory.token_ends``); the stages are the same.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatkeeper.directory.token_ends import Stage, in_days, stage_of


@dataclass(frozen=True, slots=True)
class SecretEnd:
    """The token of an app that ends soon, or should have ended by now."""

    app_id: str
    name: str
    day: dt.date
    stage: Stage
    days: int

    @property
    def title(self) -> str:
        """What happens, in one line."""
        if self.stage is Stage.ENDED:
            return f"The token of {self.name} should have expired"
        return f"The token of {self.name} expires {in_days(self.days)}"

    @property
    def meaning(self) -> str:
        """What it means for the app."""
        if self.stage is Stage.ENDED:
            return (
                f"It was to end on {self.day}. When {self.name} refuses it, nothing is sent and "
                "nothing is lost."
            )
        return f"From {self.day} on {self.name} refuses it, and changes wait for a new one."

    @property
    def todo(self) -> str:
        """What to do."""
        return (
            f"Generate a new token in {self.name}, put it where the app's document says, write its "
            "last day into connection.secret_expires, and apply the document."
        )


def secret_ends(apps: Iterable[tuple[str, str, str]], now: dt.datetime) -> Sequence[SecretEnd]:
    """Return whose tokens need somebody, of apps by id, name and day (``2027-03-31``, or none)."""
    found = []
    for app_id, name, text in apps:
        if not text:
            continue
        day = dt.date.fromisoformat(text)
        left = dt.datetime.combine(day, dt.time(), dt.UTC) - now
        stage = stage_of(left)
        if stage is not None:
            found.append(SecretEnd(app_id, name, day, stage, max(0, left.days)))
    return sorted(found, key=lambda end: (end.day, end.app_id))
