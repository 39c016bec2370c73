"""The same archive through medqa and through other generators: processor time, memory, files written.

    python benchmarks/peers.py [THREADS ...] [--archive DIR …] [--builds cold …] [--json] [--write-docs]

Each generator gets the archive in its own form (`peer_writers.py`; the conversion is not measured) and builds it cold,
again untouched, and again after one edit of a question. `make bench-peers` installs the generators; one that is not
installed is left out.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks import peer_content, peer_report, peer_writers
from benchmarks.build import put_archive
from benchmarks.peer_content import Content
from benchmarks.peer_measure import CommandFailedError, Run, adopt_orphans, run
from benchmarks.peer_report import OWN, Measured

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-peers"
ELEVENTY = ROOT / "benchmarks" / "peers" / "eleventy" / "node_modules"
QUESTION = "## Question\n"
BUILDS = ("cold", "untouched", "one edit")
KINDS = ("specialties", "doctors", "hospitals", "faq")


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A generator with a choice of features."""

    name: str
    related: str
    """What stands under "Similar Q&A"."""
    command: tuple[str, ...]
    version: tuple[str, ...]
    """Command that tells the version: its first word that begins with a digit, or with v and a digit."""
    output: str
    """Folder of the site."""
    remembered: tuple[str, ...]
    """Folders that a cold build does without."""
    write: Callable[[Content, Path], None]
    edited: Callable[[str], str]
    """Pattern of the file of a thread, from its slug."""
    environment: Mapping[str, str] = {}


def main() -> None:
    """Measure every size, and tell."""
    arguments = _arguments()
    adopt_orphans()
    versions = {one.name.partition(",")[0]: _version(one) for one in conditions() if _installed(one)}
    versions["Python"] = platform.python_version()
    sizes = [] if arguments.archive else arguments.threads or [1_000, 10_000]
    found: list[Measured] = []
    for source, size in [*((one, 0) for one in arguments.archive), *((None, size) for size in sizes)]:
        with TemporaryDirectory(prefix="medqa-peers-", dir=arguments.folder) as folder:
            put_archive(Path(folder) / "medqa", source, size)
            found += measure(Path(folder), arguments)
    if arguments.json:
        print(json.dumps({"versions": versions, "measured": msgspec.to_builtins(found)}, indent=1))
    else:
        print(peer_report.table(found))
    if arguments.write_docs:
        peer_report.write_docs(ROOT / "docs", found, versions)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("threads", type=int, nargs="*", help="sizes of the archives made; default: 1000 10000")
    parser.add_argument(
        "--archive", type=Path, nargs="+", default=(), help="folders of archives to build instead, or of their content/"
    )
    parser.add_argument("--only", nargs="+", default=(), help="names of generators; default: all installed")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each kind, of which the median is told")
    parser.add_argument("--builds", nargs="+", choices=BUILDS, default=BUILDS, help="kinds of builds; default: all")
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which a run is given up")
    parser.add_argument(
        "--all-by-year", action="store_true", help="every list has pages for its years, as medqa's have"
    )
    parser.add_argument("--folder", type=Path, help="where the archives are made; default: the system's folder for it")
    parser.add_argument("--json", action="store_true", help="print every run as JSON instead of the table of medians")
    parser.add_argument("--write-docs", action="store_true", help="write table and plot into docs/")
    return parser.parse_args()


def conditions() -> tuple[Condition, ...]:
    """Give all generators."""
    hugo = next(map(str, VENV.glob("lib/*/site-packages/hugo/binaries/hugo*")), "hugo")
    pelican = str(VENV / "bin" / "pelican")
    eleventy = ("node", str(ELEVENTY / "@11ty" / "eleventy" / "cmd.cjs"))
    medqa = (sys.executable, str(ROOT / "build.py"))
    return (
        *(
            Condition(
                name=name,
                related="by the words of the texts",
                command=(*medqa, "--root", ".", "--format", "json", *jobs),
                version=(*medqa, "--version"),
                output="site",
                remembered=("site", ".cache"),
                write=lambda _content, _folder: None,
                edited=lambda slug: f"content/threads/**/{slug}.md",
            )
            for name, jobs in ((OWN, ()), (f"{OWN}, one process", ("--jobs", "1")))
        ),
        *(
            Condition(
                name=f"Hugo{more}",
                related=f"by shared {' and '.join(related)}" if related else "none",
                command=(hugo, "build", "--quiet"),
                version=(hugo, "version"),
                output="public",
                remembered=("public", "resources"),
                write=_writer(peer_writers.hugo, related=related),
                edited=lambda slug: f"content/threads/*/{slug}.md",
                environment={"HUGO_MEMORYLIMIT": "16"},  # GB; by default a quarter of the memory, and too little
            )
            for more, related in (
                (", specialties too", ("topics", "specialties")),
                ("", ("topics",)),
                (", no similar threads", ()),
            )
        ),
        Condition(
            name="Eleventy",
            related="newest of the first topics",
            command=(*eleventy, "--quiet"),
            version=(*eleventy, "--version"),
            output="public",
            remembered=("public", ".cache"),
            write=_writer(peer_writers.eleventy, related=True),
            edited=lambda slug: f"content/threads/{slug}.md",
            environment={"NODE_OPTIONS": "--max-old-space-size=16384"},
        ),
        Condition(
            name="Pelican",
            related="newest of the first topics",
            command=(pelican, "--quiet"),
            version=(pelican, "--version"),
            output="public",
            remembered=("public", "cache"),
            write=_writer(peer_writers.pelican, related=True),
            edited=lambda slug: f"content/threads/{slug}.md",
        ),
    )


def _writer(write: Callable[..., None], *, related: object) -> Callable[[Content, Path], None]:
    return lambda content, folder: write(content, folder, related=related)


def _installed(condition: Condition) -> bool:
    return bool(shutil.which(condition.command[0])) and all(
        Path(word).exists() for word in condition.command[:2] if Path(word).is_absolute()
    )


def _version(condition: Condition) -> str:
    """Give what a generator says of its version, down to the number."""
    with TemporaryDirectory(prefix="medqa-peers-") as folder:
        work = Path(folder) / "version"
        work.mkdir()
        run(condition.version, work, work, condition.environment)
        words = (Path(folder) / "version.log").read_text(encoding="utf-8").split()
    number = next((word for word in words if word.lstrip("v")[:1].isdigit()), "")
    return number.lstrip("v").partition("-")[0].partition("+")[0]


def measure(folder: Path, arguments: argparse.Namespace) -> Iterator[Measured]:
    """Measure all generators on one archive, which lies in `folder`/medqa and nothing beside it."""
    chosen: list[tuple[Condition, Path]] = []
    numbers: list[int] = []
    for number, one in enumerate(conditions()):
        if arguments.only and one.name.casefold() not in {name.casefold() for name in arguments.only}:
            continue
        if _installed(one):
            chosen.append((one, _place(folder, number)))
            numbers.append(number)
        else:
            print(f"{one.name} is not installed: left out", file=sys.stderr)
    by_year = KINDS if arguments.all_by_year else ("specialties",)
    with ProcessPoolExecutor(1) as another:  # a large archive takes gigabytes, which go with it
        converted = another.submit(_convert, folder, numbers, by_year).result()
    runs: list[dict[str, list[Run]]] = [{} for _ in chosen]
    notes: list[dict[str, float]] = [{} for _ in chosen]
    for repeat in range(arguments.repeats):
        for (one, work), taken, note in zip(chosen, runs, notes, strict=True):
            for name, cost in _builds(one, work, converted.edited, repeat, arguments):
                taken.setdefault(name, []).append(cost)
                if name == "cold":
                    note.update(_told(one, work, converted.addresses))
    for (one, _), taken, note in zip(chosen, runs, notes, strict=True):
        yield Measured(
            threads=converted.threads,
            name=one.name,
            related=one.related,
            runs=taken,
            related_share=note.get("share"),
        )


def _place(folder: Path, number: int) -> Path:
    """Give the folder that a generator builds in, by its number among `conditions`."""
    return folder / ("medqa" if conditions()[number].name.startswith(OWN) else f"{number}")


class _Converted(msgspec.Struct, frozen=True):
    """What is to be known of an archive that every generator has in its own form."""

    threads: int
    edited: str
    """Slug of the thread that is edited."""
    addresses: frozenset[str]
    """Of all pages that are compared."""


def _convert(folder: Path, numbers: Sequence[int], by_year: Collection[str]) -> _Converted:
    """Write the archive for the generators with these numbers among `conditions`."""
    archive = folder / "medqa"
    content = peer_content.read(archive, by_year)
    for number in numbers:
        one, work = conditions()[number], _place(folder, number)
        one.write(content, work)
        if one.name == "Eleventy":
            (work / "node_modules").symlink_to(ELEVENTY)
    return _Converted(len(content.threads), _edited(archive, content), content.addresses)


def _edited(archive: Path, content: Content) -> str:
    """Give the slug of the thread that is edited: the middle one of those whose question has an English heading."""
    files = {file.stem: file for file in (archive / "content" / "threads").rglob("*.md")}
    fit = [thread.slug for thread in content.threads if QUESTION in files[thread.slug].read_text(encoding="utf-8")]
    return fit[len(fit) // 2]


def _builds(
    one: Condition, work: Path, slug: str, repeat: int, arguments: argparse.Namespace
) -> Iterator[tuple[str, Run]]:
    """Build cold, untouched, and after an edit; ends early where a build takes too long or fails."""
    _forget(one, work)
    file = next(work.glob(one.edited(slug)))
    text = file.read_text(encoding="utf-8")
    try:
        for name in arguments.builds:
            if name == "one edit":
                file.write_text(text.replace(QUESTION, f"{QUESTION}\nAgain {repeat}: ", 1), encoding="utf-8")
            print(f"{one.name}, {one.related}: {name} {repeat + 1}", file=sys.stderr)
            yield name, run(one.command, work, work / one.output, one.environment, arguments.limit)
    except CommandFailedError as error:
        print(error, file=sys.stderr)
    finally:
        file.write_text(text, encoding="utf-8")
        _forget(one, work)  # all sites of a large archive at once would fill a disk


def _forget(one: Condition, work: Path) -> None:
    for name in one.remembered:
        shutil.rmtree(work / name, ignore_errors=True)


def _told(one: Condition, work: Path, addresses: frozenset[str]) -> dict[str, float]:
    """Check that another generator's site has all pages; give the share of medqa's time that related threads take."""
    if one.name.startswith(OWN):
        seconds = json.loads((work.parent / f"{work.name}.log").read_text(encoding="utf-8"))["report"]["seconds"]
        return {"share": seconds["related"] / sum(seconds.values())}
    missing = addresses - {_address(work / one.output, Path(name)) for name in _html(work / one.output)}
    if missing:
        raise SystemExit(f"{one.name} made no {min(missing)} ({len(missing)} pages are missing)")
    return {}


def _html(folder: Path) -> Iterator[str]:
    for path, _, names in os.walk(folder):
        yield from (f"{path}/{name}" for name in names if name.endswith(".html"))


def _address(output: Path, file: Path) -> str:
    return "/" + file.relative_to(output).as_posix().removesuffix("index.html")


if __name__ == "__main__":
    main()
