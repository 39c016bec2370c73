"""What builds cost, by size of the archive: processor time, memory, files written, seconds by stage.

    python benchmarks/build.py [THREADS ...] [--archive DIR] [--jobs N | --cluster ADDRESS] [--folder DIR]

Each build is a process of its own: cold, without site and memory; untouched; one edit of a More Info, of a question;
one thread more; and in a fresh clone with the memory of the last job, what CI does (`--delta`).

The archive is the sample's threads over and over, each copy under a name of its own, with its words shuffled so that
the copies are no duplicates; or that of a folder. It is put and built in a temporary folder.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.peer_measure import Run, adopt_orphans, run

ROOT = Path(__file__).resolve().parent.parent
ONCE = re.compile(
    r"^(?:aliases|related|superseded_by|duplicate_of|translation_of|translated_by):.*\n(?:[ -].*\n)*", re.MULTILINE
)
"""Fields that name a thread, or an address that only one thread can have."""
DAY = "2026-01-01"
"""Of the builds."""
GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0")


def main() -> None:
    """Measure every size named on the command line."""
    arguments = _arguments()
    adopt_orphans()
    for size in [0] if arguments.archive else arguments.threads or [1_000]:
        with TemporaryDirectory(prefix="medqa-bench-", dir=arguments.folder) as folder:
            root = put_archive(Path(folder) / "archive", arguments.archive, size)
            for name, cost, report in measure(root, *_workers(arguments)):
                show(name, cost, report)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("threads", type=int, nargs="*", help="sizes of the archives made; default: 1000")
    parser.add_argument("--archive", type=Path, help="folder of an archive to build instead: its content/, or that")
    parser.add_argument("--jobs", type=int, help="processes; default: as many as medqa uses")
    parser.add_argument("--cluster", default="", help="address of a Dask scheduler whose workers are used instead")
    parser.add_argument("--folder", type=Path, help="where the archives are made; default: the system's folder for it")
    return parser.parse_args()


def _workers(arguments: argparse.Namespace) -> tuple[str, ...]:
    if arguments.cluster:
        return "--cluster", arguments.cluster
    return ("--jobs", str(arguments.jobs)) if arguments.jobs else ()


def measure(root: Path, *workers: str) -> Iterator[tuple[str, Run, dict[str, Any]]]:
    """Build an archive again and again; gives name, cost and report of each build.

    `workers` are the option that says who works, if any; what a cluster takes is not in the cost.
    """

    def build(name: str, root: Path, *more: str, out: str = "site") -> tuple[str, Run, dict[str, Any]]:
        command = [sys.executable, str(ROOT / "build.py"), "--root", str(root), *workers]
        cost = run([*command, "--as-of", DAY, "--format", "json", *more], root, root / out, {}, limit=3600)
        log = root.parent / f"{root.name}.log"
        return name, cost, json.loads(log.read_text(encoding="utf-8"))["report"]

    edited = sorted((root / "content" / "threads").rglob("*.md"))
    edited = [file for file in edited if "\n## Question\n" in (text := _text(file)) and "\n## More Info\n" in text]
    one, other = edited[len(edited) // 2], edited[len(edited) // 3]
    yield build("cold", root)
    yield build("untouched", root)
    _edit(one, "\n## More Info\n", "\n## More Info\n\nSee also what was said before.\n\n")
    yield build("one edit, More Info", root)
    _edit(one, "\n## Question\n", "\n## Question\n\nAgain, and with fever since Monday:\n\n")
    yield build("one edit, question", root)
    text = re.sub("^title:.*$", "title: Once more, and worse", _text(other), flags=re.MULTILINE)
    added = other.with_name(f"{other.stem}-again.md")
    added.write_text(
        re.sub(r"^(\w+): \d{4}-\d\d-\d\d$", rf"\1: {_newest(edited)}", text, flags=re.MULTILINE), encoding="utf-8"
    )
    yield build("one thread more", root)
    yield from _in_ci(root, build)


def _in_ci(root: Path, build: Any) -> Iterator[tuple[str, Run, dict[str, Any]]]:
    """Build what has to be uploaded, from nothing; and then in a fresh clone, with the memory of that."""
    commit(root)
    upload = ("--delta", "upload", "--published", "published.txt")
    yield build("CI, from nothing", root, *upload, out="upload")
    (root / "upload" / ".medqa-published").replace(root / "published.txt")
    shutil.rmtree(root / "upload")
    clone = root.with_name("clone")
    subprocess.run([*GIT, "clone", "-q", "--no-hardlinks", str(root), str(clone)], check=True)
    shutil.copytree(root / ".cache", clone / ".cache")
    shutil.copy(root / "published.txt", clone)
    yield build("CI, untouched", clone, *upload, out="upload")


def _newest(files: list[Path]) -> str:
    """Give the last day on which one of some threads was asked."""
    found = (re.search(r"^asked: (\d{4}-\d\d-\d\d)$", _text(file), flags=re.MULTILINE) for file in files)
    return max(one[1] for one in found if one)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _edit(file: Path, old: str, new: str) -> None:
    file.write_text(_text(file).replace(old, new, 1), encoding="utf-8")


def put_archive(root: Path, source: Path | None, size: int) -> Path:
    """Put an archive into a new folder: a copy of another (its folder, or its content/), or one of so many threads."""
    root.mkdir()
    if source is None:
        _make_archive(root, size)
        return root
    archive = source if (source / "content").is_dir() else source.parent
    shutil.copytree(source if archive == source.parent else source / "content", root / "content")
    if (archive / "config.yaml").is_file():
        shutil.copy(archive / "config.yaml", root)
    return root


def commit(root: Path) -> None:
    """Put an archive under git, without what builds make of it."""
    (root / ".gitignore").write_text("/site/\n/.cache/\n/upload/\n/published.txt\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "archive"]):
        subprocess.run([*GIT, *command], cwd=root, check=True)


def _make_archive(root: Path, size: int) -> None:
    """Write an archive of so many threads."""
    shutil.copy(ROOT / "config.yaml", root)
    for records in ("doctors", "hospitals", "specialties", "topics", "pages"):
        shutil.copytree(ROOT / "content" / records, root / "content" / records)
    threads = sorted((ROOT / "content" / "threads").rglob("*.md"))
    target = root / "content" / "threads"
    chance = random.Random(1)
    for number, source in zip(range(size), cycle(threads), strict=False):
        file = target / source.parent.relative_to(ROOT / "content" / "threads") / f"{source.stem}-{number}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(copy_of(_text(source), chance), encoding="utf-8")


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


def show(name: str, cost: Run, report: dict[str, Any]) -> None:
    """Print one build's figures."""
    stages = "  ".join(f"{stage} {seconds:.2f}" for stage, seconds in report["seconds"].items())
    told = f"{cost.cpu:8.2f} s CPU {cost.wall:8.2f} s {cost.pss >> 20:6,} MiB {cost.written:8,} files written"
    print(f"{report['threads']:>7,} threads  {name:<20}{told}\n    wall: {stages}", flush=True)


if __name__ == "__main__":
    main()
