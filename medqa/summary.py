"""What a build did to a site, as Markdown: for whoever has to decide about a change before it is published."""

from collections.abc import Iterable, Mapping
from itertools import islice

from medqa.errors import Problem
from medqa.pipeline import Report

EXAMPLES = 5
"""Addresses shown of the pages that change for one reason."""
REASONS = 30
FINDINGS = 50
"""Rows shown: a comment on a pull request takes 65,536 characters."""
_KINDS = {"A": "new", "M": "changed", "D": "removed"}


def markdown(report: Report) -> str:
    """Give a build's report: how many files are new, changed, removed; which pages for which reason; the findings."""
    kinds = [line[0] for line in report.changes]
    counts = ", ".join(f"{kinds.count(kind):,} {word}" for kind, word in _KINDS.items() if kind in kinds)
    lines = [
        "## What becomes of the site",
        "",
        f"{counts or 'Nothing changes'}; {report.pages:,} pages and files as of {report.as_of}.",
    ]
    if report.changes:
        reasons = _by_reason(report.changes, report.rendered)
        shown = sorted(reasons, key=lambda why: (-len(reasons[why]), why))
        lines += ["", "| why | files | for example |", "|---|---|---|"]
        lines += (_row(why, len(reasons[why]), _examples(reasons[why])) for why in shown[:REASONS])
        lines += _more(len(shown) - REASONS, "reasons")
    if report.findings:
        lines += ["", "## Findings", "", "| where | what | hint |", "|---|---|---|"]
        lines += (_row(*_finding(found)) for found in report.findings[:FINDINGS])
        lines += _more(len(report.findings) - FINDINGS, "findings")
    return "\n".join(lines) + "\n"


def _by_reason(changes: Iterable[str], rendered: Mapping[str, str]) -> dict[str, list[str]]:
    """Give the addresses of what is written or removed, by the reason for it."""
    found: dict[str, list[str]] = {}
    for line in changes:
        kind, _, path = line.partition(" ")
        url = "/" + path.removesuffix("index.html")
        why = "no longer there" if kind == "D" else rendered.get(url) or "completed after an interrupted build"
        found.setdefault(why, []).append(url)
    return found


def _examples(urls: Iterable[str]) -> str:
    return " ".join(f"`{url}`" for url in islice(urls, EXAMPLES))


def _finding(found: Problem) -> tuple[str, str, str]:
    return f"`{found.path}:{found.line}`", f"{found.code} {found.message}", found.hint


def _row(*cells: object) -> str:
    return f"| {' | '.join(_cell(str(cell)) for cell in cells)} |"


def _cell(text: str) -> str:
    """Give a text that neither ends its cell nor is taken for a tag."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _more(number: int, what: str) -> list[str]:
    return ["", f"… and {number:,} more {what}."] if number > 0 else []
