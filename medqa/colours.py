"""The colours of the site: those of its style sheet, and the archive's own in their place.

`assets/site.css` names its colours as custom properties of `:root`, for light mode and for dark. An archive sets
some of them anew in its settings; which of them stand on which, this module knows, and what contrast that needs by WCAG
2.2 (1.4.3 for text, 1.4.11 for a ring around what has the focus).
"""

import re
from collections.abc import Iterator, Mapping

from medqa import sources
from medqa.config import Colour, Mode
from medqa.errors import Problem, problem, suggestion

STYLES = f"{sources.ASSETS}/site.css"
_TEXT, _RING = 4.5, 3.0
CONTRASTS: Mapping[tuple[str, str], float] = {
    **{(text, ground): _TEXT for text in ("ink", "soft", "link") for ground in ("paper", "sheet")},
    **{(text, "box"): _TEXT for text in ("ink", "link", "alarm")},
    **{(text, "paper"): _TEXT for text in ("said", "ask", "alarm")},
    ("said", "sheet"): _TEXT,
    ("on-band", "band"): _TEXT,
    ("mark", "band"): _RING,
}
"""(colour of a text or ring, colour it stands on) → the contrast that it needs."""
_BLOCK = re.compile(r"(prefers-color-scheme:\s*dark\)\s*\{\s*)?:root\s*\{([^}]*)\}")
_PROPERTY = re.compile(r"--([a-z-]+)\s*:\s*(#[0-9a-f]{6}|#[0-9a-f]{3})\s*(?:;|\Z)", re.IGNORECASE)


def palette(css: str) -> dict[Mode, dict[str, str]]:
    """Give the colours that a style sheet names, by mode: name → `#rrggbb`; dark mode has what light mode has, too."""
    found: dict[Mode, dict[str, str]] = {"light": {}, "dark": {}}
    for dark, block in _BLOCK.findall(css):
        for name, value in _PROPERTY.findall(block):
            found["dark" if dark else "light"].setdefault(name, _long(value))
    return {"light": found["light"], "dark": {**found["light"], **found["dark"]}}


def problems(colours: tuple[Colour, ...], css: str) -> Iterator[Problem]:
    """Report colours that the style sheet does not have (MQ108), and those that cannot be read on another (MQ306)."""
    known = palette(css)
    unknown = (one for one in colours if one.name not in known[one.mode])
    yield from dict.fromkeys(_unknown(one, known) for one in unknown)  # one that is given for both modes is said once
    for mode, values in known.items():
        own = {one.name: one for one in colours if one.mode == mode and one.name in values}
        values |= {name: one.value for name, one in own.items()}
        poor = [pair for pair in CONTRASTS if {*pair} <= values.keys() and _lacks(pair, values) > 0]
        for name, one in own.items():
            # Of two that the archive has set, it is the text's; of several pairs the worst.
            blamed = [pair for pair in poor if name == pair[0] or (name == pair[1] and pair[0] not in own)]
            if blamed:
                yield _too_alike(one, max(blamed, key=lambda pair: _lacks(pair, values)), values)


def _unknown(one: Colour, known: Mapping[Mode, Mapping[str, str]]) -> Problem:
    message = f"'{one.name}' is not a colour of {STYLES}"
    return problem((sources.CONFIG, *one.place), "MQ108", message, suggestion(one.name, known[one.mode]))


def rules(colours: tuple[Colour, ...]) -> str:
    """Give what is written behind the style sheet, for colours of the archive's own; on paper they are not used."""
    parts = []
    for mode, where in (("light", "screen"), ("dark", "screen and (prefers-color-scheme:dark)")):
        if own := ";".join(f"--{one.name}:{one.value}" for one in colours if one.mode == mode):
            parts.append(f"@media {where}{{:root{{{own}}}}}\n")
    return "".join(parts)


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Give a colour's relative luminance, as WCAG 2.2 defines it."""
    parts = (part / 255 for part in _parts(colour))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004 - WCAG's numbers
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lacks(pair: tuple[str, str], values: Mapping[str, str]) -> float:
    text, ground = (values[name] for name in pair)
    return CONTRASTS[pair] - contrast(text, ground)


def _too_alike(one: Colour, pair: tuple[str, str], values: Mapping[str, str]) -> Problem:
    text, ground = pair
    found, least = contrast(values[text], values[ground]), CONTRASTS[pair]
    # Rounded down: 4.49 is not 4.5.
    message = (
        f"'{text}' ({values[text]}) on '{ground}' ({values[ground]}) has a contrast of {int(found * 10) / 10}:1 "
        f"in {one.mode} mode, and needs {least}:1"
    )
    near = _fitting(one.value, values[ground if one.name == text else text], least)
    return problem((sources.CONFIG, *one.place), "MQ306", message, f"'{near}' would do for '{one.name}'")


def _fitting(colour: str, other: str, least: float) -> str:
    """Give the colour nearest to one, on its way to black or to white, that has so much contrast with another."""
    for step in range(1, 101):
        for end in (0, 255):
            mixed = "#" + "".join(f"{part + (end - part) * step // 100:02x}" for part in _parts(colour))
            if contrast(mixed, other) >= least:
                return mixed
    return "#000000"


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _long(colour: str) -> str:
    """Write #abc as #aabbcc."""
    digits = colour[1:].lower()
    return "#" + (digits if len(digits) > 3 else "".join(digit * 2 for digit in digits))  # noqa: PLR2004 - #abc
