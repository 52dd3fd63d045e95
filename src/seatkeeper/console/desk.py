"""What every page of the console works with: whom it asks, how it shows, and who the visitor is.

Beside the pages, which take one ``Desk`` and nothing else.
"""

from dataclasses import dataclass

from seatkeeper.console.bar import BarKeeper
from seatkeeper.console.planning import PlanMaker
from seatkeeper.console.starting import Starter
from seatkeeper.console.templates import Templates
from seatkeeper.console.trials import Trials
from seatkeeper.facts.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Desk:
    """Made once per console. ``work`` is the installation, ``bars`` keeps the side bar.

    ``trials`` are the connection tests that somebody asked for, ``planning`` the plans that
    are being made; ``starter`` is what a first run may begin with, none where nothing is offered.
    """

    work: Workplace
    templates: Templates
    bars: BarKeeper
    trials: Trials
    planning: PlanMaker
    starter: Starter | None = None
