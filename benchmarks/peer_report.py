"""What was measured, as a table and as a plot."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.peer_measure import Run

OWN = "medqa"
"""Begins the names of its own rows."""
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PLOT = "performance-peers.svg"
_HEADINGS = (
    "threads",
    "generator",
    "similar threads",
    "files",
    "cold: CPU",
    "medqa/peer",
    "CPU a file",
    "wall",
    "memory",
    "untouched: CPU",
    "written",
    "one edit: CPU",
    "written",
)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """All runs of a generator on one archive."""

    threads: int
    name: str
    related: str
    runs: Mapping[str, Sequence[Run]]
    """`cold`, `untouched`, `one edit` → its runs; without those that failed or took too long."""
    related_share: float | None
    """Of medqa's wall-clock time, cold, what finding related threads takes."""

    def middle(self, kind: str, what: str) -> float | None:
        """Give the median of a figure; None where there was no such run."""
        figures = [getattr(run, what) for run in self.runs.get(kind, ())]
        return median(figures) if figures else None


def table(found: Sequence[Measured]) -> str:
    """Give the medians as a Markdown table, a row for each generator and size."""
    lines = [_line(_HEADINGS), _line("-" * 3 for _ in _HEADINGS)]
    for _, group in groupby(found, key=lambda one: one.threads):
        rows = list(group)
        own = next((one.middle("cold", "cpu") for one in rows if one.name == OWN), None)
        lines += [_line(_row(one, own)) for one in rows]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(one: Measured, own: float | None) -> Sequence[str]:
    cpu, files = one.middle("cold", "cpu"), one.middle("cold", "files")
    return (
        f"{one.threads:,}",
        one.name,
        one.related,
        _number(files),
        _seconds(cpu),
        f"{own / cpu:.2f}" if own and cpu else "",
        f"{1000 * cpu / files:.2f} ms" if cpu and files else "",
        _seconds(one.middle("cold", "wall")),
        _mebibytes(one.middle("cold", "pss")),
        _seconds(one.middle("untouched", "cpu"), ""),
        _number(one.middle("untouched", "written")),
        _seconds(one.middle("one edit", "cpu"), ""),
        _number(one.middle("one edit", "written")),
    )


def _seconds(figure: float | None, none: str = "unfinished") -> str:
    return none if figure is None else f"{figure:.2f} s"


def _number(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,.0f}"


def _mebibytes(figure: float | None) -> str:
    return "" if figure is None else f"{figure / 2**20:,.0f} MiB"


# --- docs -------------------------------------------------------------------------------------------------------------


def write_docs(docs: Path, found: Sequence[Measured], versions: Mapping[str, str]) -> None:
    """Write the plot, and the table between its marks in performance.md."""
    (docs / PLOT).write_text(plot(found), encoding="utf-8")
    page = docs / "performance.md"
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    shares = [(one.threads, one.related_share) for one in found if one.related_share is not None]
    share = ", ".join(f"{share:.0%} at {threads:,} threads" for threads, share in shares)
    body = f"{table(found)}\n{told}."
    if share:
        body += f" Of medqa's cold wall-clock time, finding similar threads took {share}."
    text = page.read_text(encoding="utf-8")
    new = f"{BEGIN}\n{body}\n{END}"
    page.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: new, text, flags=re.DOTALL), encoding="utf-8")


_STYLE = """text{font:13px system-ui,sans-serif;fill:#222}
.h{font-weight:600}
rect{fill:#8a94a6}
.own{fill:#0b7a75}
@media(prefers-color-scheme:dark){text{fill:#ddd}rect{fill:#7d889c}.own{fill:#3fb8af}}"""
_LEFT, _BAR, _ROW, _NUMBER = 270, 320, 22, 100


def plot(found: Sequence[Measured]) -> str:
    """Give the processor time as bars, for each archive: cold, and after one edit."""
    parts, y = [], 10
    for threads, group in groupby(found, key=lambda one: one.threads):
        rows = list(group)
        for kind, words in (("cold", "from nothing"), ("one edit", "after one edit")):
            figures = [one.middle(kind, "cpu") for one in rows]
            if any(figures):
                parts.append(_text(10, y + 14, f"{threads:,} threads {words}: CPU seconds", "h"))
                parts += _bars(y + 26, [one.name for one in rows], figures)
                y += 40 + _ROW * len(rows)
    width = _LEFT + _BAR + _NUMBER
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" role="img">'
    title = "<title>CPU seconds of builds, by generator</title>"
    return "\n".join([head, title, f"<style>{_STYLE}</style>", *parts, "</svg>"]) + "\n"


def _bars(y: int, names: Sequence[str], figures: Sequence[float | None]) -> Iterator[str]:
    """Give bars one below the other, the longest over the whole width."""
    longest = max(figure for figure in figures if figure)
    for name, figure in zip(names, figures, strict=True):
        own = ' class="own"' if name.startswith(OWN) else ""
        length = round(_BAR * (figure or 0) / longest, 1)
        yield _text(10, y + 13, name)
        yield f'<rect{own} x="{_LEFT}" y="{y}" width="{max(length, 1)}" height="16"/>'
        yield _text(_LEFT + length + 6, y + 13, "unfinished" if figure is None else f"{figure:,.1f} s")
        y += _ROW


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    escaped = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text{style} x="{x:g}" y="{y:g}">{escaped}</text>'
