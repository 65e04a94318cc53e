"""The colours of ``style.css``, read from it: what is written can be read, in light and dark."""

from __future__ import annotations

import re
from itertools import product

import pytest

from harness.report.html.single import static

SURFACES = ("bg", "panel", "sunk")
TEXT_ON = (
    *product(("text", "soft", "link", "red", "amber", "green", "violet", "blue"), SURFACES),
    *((name, f"{name}-bg") for name in ("red", "amber", "green", "blue", "violet", "grey")),
    *product(("text", "soft"), ("amber-bg", "red-bg", "green-bg")),
    ("bg", "text"),
    ("white", "solid"),
)
"""Text and what is behind it."""
DRAWN_ON = tuple(product(("red", "amber", "green", "blue", "violet", "grey", "solid"), ("bg", "panel")))
"""Signs, chart lines and bars: graphics rather than text."""


def schemes() -> dict[str, dict[str, str]]:
    """The custom properties of both schemes."""
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", static("style.css"), re.DOTALL)[:2]
    )
    return {"light": light | {"white": "#ffffff"}, "dark": light | dark | {"white": "#ffffff"}}


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_black_on_white_is_21() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("least", "pairs"), [(4.5, TEXT_ON), (3.0, DRAWN_ON)], ids=["text", "drawn"])
def test_contrast(scheme: str, least: float, pairs: tuple[tuple[str, str], ...]) -> None:
    colours = schemes()[scheme]
    found = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}


def test_every_pair_of_the_style_sheet_is_measured() -> None:
    """A rule that sets both a text colour and a background names a pair that is in the list."""
    rules = re.findall(r"\{([^{}]*)\}", static("style.css"))
    used = set()
    for rule in rules:
        colour = re.search(r"(?<![-\w])color: (?:var\(--([a-z-]+)\)|(#fff))", rule)
        behind = re.search(r"background: var\(--([a-z-]+)\)", rule)
        if colour and behind:
            used.add((colour[1] or "white", behind[1]))
    assert used <= set(TEXT_ON)
    assert len(used) > 5
