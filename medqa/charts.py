"""Where the parts of a chart stand, in whole thousandths of its width and height; the templates draw them as SVG."""

from collections.abc import Sequence

import msgspec

FULL = 1000
_LEAST = 4
"""Height of the smallest column that is not nothing."""
_LINES = 4
"""Lines that a chart is measured by, at most."""
_NAMES = 3
"""Steps from one column with a name to the next, at most: there has to be room for large letters on a phone."""


class Column(msgspec.Struct, frozen=True):
    """One number of a row of numbers."""

    at: int
    """What it is the number of: a year."""
    x: int
    """Its left edge."""
    width: int
    height: int
    named: bool
    """Whether there is room for its name below it."""

    @property
    def y(self) -> int:
        """Its upper edge, from the top."""
        return FULL - self.height

    @property
    def middle(self) -> int:
        """The middle of its width."""
        return self.x + self.width // 2


class Line(msgspec.Struct, frozen=True):
    """A line that columns are measured by."""

    value: int
    y: int
    """From the top."""


class Columns(msgspec.Struct, frozen=True):
    """A row of columns."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    """From the lowest, the ground line left out."""


def columns(numbers: Sequence[tuple[int, int]]) -> Columns:
    """Lay out numbers, each behind what it is the number of, in this order; that of nothing leaves its place empty.

    The highest line is the first round number at or above all of them.
    """
    most = max((number for _, number in numbers), default=0)
    step, names = _step(most, _LINES), _step(len(numbers), _NAMES)
    top = step * max(1, -(-most // step))
    room = FULL // max(1, len(numbers))
    row = tuple(
        Column(
            at=at,
            x=FULL * place // len(numbers) + room // 10,
            width=room - room // 5,
            height=max(_LEAST, FULL * number // top) if number else 0,
            named=at % names == 0,
        )
        for place, (at, number) in enumerate(numbers)
    )
    lines = tuple(Line(value, FULL - FULL * value // top) for value in range(step, top + 1, step))
    return Columns(row, lines)


def _step(most: int, steps: int) -> int:
    """Give the smallest of 1, 2, 5, 10, 20, 50 … of which so many are enough for `most`."""
    power = 1
    while most > steps * 5 * power:
        power *= 10
    return next(step for step in (power, 2 * power, 5 * power) if most <= steps * step)
