"""Whether what is imported once more is what stands in the archive already."""

from collections import defaultdict
from pathlib import Path

from medqa import frontmatter
from medqa.editing.holdings import Holding, holding
from medqa.editing.rewriting import held_at


def differences(root: Path, path: str, text: str) -> list[str]:
    """Name the fields of a text to be imported that a thread of the archive has not, or has otherwise; its texts last.

    What only the thread has is the editors', and no difference.
    """
    held = held_at(root, path)
    new = holding(held.place, text)
    if new is None:
        return ["all"]
    there = _fields(held)
    named = [key for key, said in _fields(new).items() if key != "origin" and there.get(key) != said]
    return named if new.cut.body.split() == held.cut.body.split() else [*named, "texts"]


def _fields(held: Holding) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Give what each field of the front matter says."""
    found = defaultdict(list)
    for keys, value in frontmatter.values(held.node):
        found[keys[0]].append((keys, " ".join(value.split())))
    return found
