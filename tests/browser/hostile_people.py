"""Names that a directory may hold and a page must survive. All of them are invented."""

from typing import Final

SCRIPT: Final = "<img src=x onerror=alert(1)>"

HOSTILE: Final[dict[str, str]] = {
    "markup": SCRIPT,
    "closing": "</title></td></textarea><script>alert(2)</script>",
    "quotes": "\"' onmouseover=alert(3) x='",
    "template": "{{ 7 * 7 }}{% raw %}",
    "right-to-left": "\u202egnp.eciovni\u202c Invoice",
    "isolated": "\u2066Levi\u2069 \u200f\u05dc\u05d5\u05d9",
    "long": "Wolfeschlegelsteinhausenbergerdorff" * 8 + "W" * 20,
    "spaced": "  leading   and trailing  ",
    "emoji": "👩🏽\u200d🚀 Ada 🏳️\u200d🌈",
    "stacked": "Z" + "\u0351\u0352\u0353" * 20 + "algo",
    "formula": '=HYPERLINK("http://elsewhere.example","pay")',
    "persian": "علی\u200cرضا محمدی",
}
"""Display names by the part of the user name before the @; each is also a given name."""

NAMELESS: Final = "nameless"
"""Somebody whose display name is not known at all."""

GROUPS: Final = (SCRIPT, "Sales\u202etsil", "G" * 256)
"""Names of groups, everybody is in each of them."""

LEAVERS: Final = ("markup", "closing", "right-to-left", "long", "emoji")
"""Who leaves every group: more than the app lets go without a person's word."""
