"""Every pair of colours that stand on each other can be told apart, in light and in dark."""

import re
from importlib import resources
from itertools import product
from typing import Final

import pytest

TEXT: Final = 4.5
GRAPHICS: Final = 3.0

TONES: Final = ("create", "update", "disable", "danger", "quiet")
GROUNDS: Final = ("canvas", "surface", "inset", "raised")

PAIRS: Final[list[tuple[str, str, float]]] = [
    *((ink, ground, TEXT) for ink, ground in product(("ink", "ink-2", "ink-3"), GROUNDS)),
    *(("accent", ground, TEXT) for ground in (*GROUNDS, "accent-soft")),
    *((tone, ground, TEXT) for tone in TONES for ground in ("surface", "canvas", f"{tone}-soft")),
    *((ink, f"{tone}-soft", TEXT) for ink, tone in product(("ink", "ink-2"), TONES)),
    *((f"{tone}-solid", "surface", GRAPHICS) for tone in TONES if tone != "quiet"),
    *(("field", ground, GRAPHICS) for ground in ("surface", "canvas")),
    *(("white", ground, TEXT) for ground in ("accent-solid", "accent-hover")),
]
"""What stands on what, and by how much it must differ (console design, 7 and 10)."""


def tokens() -> dict[str, tuple[str, str]]:
    """Return each colour as the style sheet sets it: for light and for dark."""
    css = (resources.files("seatkeeper.console") / "static" / "app.css").read_text("utf-8")
    found = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    return {name: (light, dark) for name, light, dark in found} | {"white": ("#ffffff", "#ffffff")}


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2 between two colours."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("above", "ground", "least"), PAIRS)
def test_what_stands_on_a_ground_can_be_read(above: str, ground: str, least: float) -> None:
    themes = zip(tokens()[above], tokens()[ground], strict=True)

    ratios = [contrast(one, other) for one, other in themes]

    assert min(ratios) >= least, ratios


def test_black_on_white_is_21_to_1() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_initials_can_be_read_on_every_hue() -> None:
    css = (resources.files("seatkeeper.console") / "static" / "app.css").read_text("utf-8")
    hues = re.findall(
        r"\.hue-\d \{ --tone: light-dark\((\S+), (\S+)\); --soft: light-dark\((\S+), (\S+)\); \}",
        css,
    )

    assert len(hues) == 5
    for light, dark, light_ground, dark_ground in hues:
        assert contrast(light, light_ground) >= TEXT
        assert contrast(dark, dark_ground) >= TEXT
