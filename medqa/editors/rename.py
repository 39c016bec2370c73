"""`rename`: another name, or two made one, everywhere."""

import argparse
from pathlib import Path

from medqa.console import FINE, count, say
from medqa.editing import edits, renaming


def run(root: Path, options: argparse.Namespace) -> int:
    """Plan all changes, show them or make them, and tell what is left to people."""
    kind = renaming.KINDS[options.kind]
    plan = renaming.plan(root, renaming.Wish(kind, options.old, options.new, options.stem, options.merge))
    if options.dry_run:
        for edit in plan.edits:
            for line in edit.shown():
                say(line)
    else:
        edits.apply(root, plan.edits)
        for edit in plan.edits:
            say(edit.summary())
    for note in plan.notes:
        say(f"note: {note}")
    say(f"{count(len(plan.edits), 'file')} {'to change' if options.dry_run else 'changed'}")
    return FINE
