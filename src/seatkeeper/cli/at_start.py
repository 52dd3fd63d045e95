"""Imported before everything else of the command line: the collector rests meanwhile.

Nearly nothing that is made by importing is garbage, and looking through it again and
again takes a fifth of a command's start. ``main`` lets the collector go on when all is
imported. Decides nothing else.
"""

import gc
from typing import Final

COLLECTS: Final = gc.isenabled()
"""Whether there was a collector at work that goes on afterwards."""

gc.disable()
