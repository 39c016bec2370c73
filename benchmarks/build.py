"""Seconds by stage for archives of growing size: cold, untouched, and after one edit of a question.

    python benchmarks/build.py [THREADS ...]        default: 1000

The archive is the sample's threads over and over, each copy under a name of its own, with its words shuffled so that
the copies are no duplicates. It is made and built in a temporary folder.
"""

import random
import re
import shutil
import sys
from itertools import cycle
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory

from medqa.pipeline import BuildOptions, Report, build

ROOT = Path(__file__).resolve().parent.parent
ONCE = re.compile(
    r"^(?:aliases|related|superseded_by|duplicate_of|translation_of|translated_by):.*\n(?:[ -].*\n)*", re.MULTILINE
)
"""Fields that name a thread, or an address that only one thread can have."""


def main() -> None:
    """Measure every size named on the command line."""
    sizes = [int(argument) for argument in sys.argv[1:]] or [1_000]
    for size in sizes:
        with TemporaryDirectory(prefix="medqa-bench-") as folder:
            root = Path(folder)
            edited = make_archive(root, size)
            options = BuildOptions(out=root / "site", cache=root / ".cache", jobs=cpu_count() or 1)
            show(size, "cold", build(root, options))
            show(size, "untouched", build(root, options))
            text = edited.read_text(encoding="utf-8")
            edited.write_text(text.replace("## Question\n", "## Question\n\nAgain: "), encoding="utf-8")
            show(size, "one edit", build(root, options))


def make_archive(root: Path, size: int) -> Path:
    """Write an archive of so many threads; gives the file to be edited."""
    shutil.copy(ROOT / "config.yaml", root)
    for records in ("doctors", "hospitals", "specialties", "topics", "pages"):
        shutil.copytree(ROOT / "content" / records, root / "content" / records)
    threads = sorted((ROOT / "content" / "threads").rglob("*.md"))
    target = root / "content" / "threads"
    chance = random.Random(1)
    for number, source in zip(range(size), cycle(threads), strict=False):
        text = source.read_text(encoding="utf-8")
        file = target / source.parent.relative_to(ROOT / "content" / "threads") / f"{source.stem}-{number}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(copy_of(text, chance), encoding="utf-8")
    return file


def copy_of(text: str, chance: random.Random) -> str:
    """Shuffle the words of each long line of a thread's body; drop what may stand only once in an archive."""
    _, header, body = text.split("---\n", 2)
    header = ONCE.sub("", header)
    return f"---\n{header}---\n" + "\n".join(shuffled(line, chance) for line in body.split("\n"))


def shuffled(line: str, chance: random.Random) -> str:
    """Shuffle the words of a line of prose, links as their labels; headings, lists and tables stay."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line)
    if len(line) < 40 or line[0] in "#|>-*":
        return plain
    words = plain.split(" ")
    chance.shuffle(words)
    return " ".join(words)


def show(size: int, name: str, report: Report) -> None:
    """Print one line of figures."""
    stages = "  ".join(f"{stage} {seconds:.2f}" for stage, seconds in report.seconds.items())
    total = sum(report.seconds.values())
    made = f"{len(report.rendered):,} of {report.pages:,} pages"
    print(f"{size:>7,} threads  {name:<9}  {total:7.2f} s  {made}, {report.peak_memory >> 20} MiB\n    {stages}")


if __name__ == "__main__":
    main()
