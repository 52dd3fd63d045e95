"""The only room that knows every concrete class; doors and shells get theirs from here.

``installation`` joins the parts, which see only those they are made of:

    apps          rules, schedule and open connector of each app
    previews      what a cycle would do
    questions     why somebody is in an app, where a value comes from, what follows
    sources       where people are pushed in: tokens, rules, the SCIM service
    messages      who is told, and by which door
    housekeeping  what is looked at now and then beside the cycles
    running       a cycle, and the engine that runs cycles

Whoever opens an installation imports it from here; nothing else is passed on.
"""

from seatkeeper.bootstrap.installation import Installation

__all__ = ["Installation"]
