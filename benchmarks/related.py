"""CPU seconds, and memory, of keeping each thread's nearest others up to date.

    python benchmarks/related.py [--threads N | --archive DIR] [--edits N ...] [--jobs N] [--candidates FILE]

Each measurement is a process of its own, which opens the state, updates it and commits it; its start and its imports
are counted. "Lists" are the first four: what pages show.
"""

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from time import process_time

import msgspec

from medqa import related, sources, work
from medqa.cache import Documents, Remembered, State, Table
from medqa.config import load_config
from medqa.documents import Thread
from medqa.locales import load_locales
from medqa.parse import dialect
from medqa.related import Candidate
from medqa.related.candidate import unpacked

YEARS = range(2006, 2026)
_CANDIDATES = msgspec.msgpack.Decoder(list[Candidate])
Changes = dict[str, Candidate | None]


def main() -> None:
    """Measure what the command line asks for."""
    asked = _arguments()
    with TemporaryDirectory(prefix="medqa-bench-") as folder:
        file = asked.candidates or Path(folder) / "candidates"
        if not file.exists():
            threads = _archive(asked.archive, asked.jobs) if asked.archive else _synthetic(asked.threads)
            file.write_bytes(msgspec.msgpack.encode(list(threads)))
        archive = sorted(_CANDIDATES.decode(file.read_bytes()), key=lambda one: one.stem)
        print(f"{len(archive):,} threads")
        state = Path(folder) / "state"
        _show("full, first time", state, None, file, asked.jobs)
        _show("full", state.with_name("again"), None, file, asked.jobs)
        for number in asked.edits:
            for name, make in _BATCHES.items():
                chance = random.Random(number)
                copy = copytree(state, state.with_name(f"{name} {number}"))
                _show(f"{name}: {number}", copy, make(archive, number, chance), file, asked.jobs)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, default=10_000, help="of an archive of made-up words (default: 10000)")
    parser.add_argument("--archive", type=Path, help="take the threads of this archive")
    parser.add_argument("--edits", type=int, nargs="*", default=[1, 10, 100], help="threads in a batch")
    parser.add_argument("--jobs", type=int, default=1, help="processors (default: 1)")
    parser.add_argument("--candidates", type=Path, help="keep the parsed threads in this file, and take them from it")
    return parser.parse_args()


# --- threads ----------------------------------------------------------------------------------------------------------


def _synthetic(number: int) -> Iterator[Candidate]:
    """Make up threads whose words are as frequent as those of a language: the n-th in proportion to 1/n."""
    chance = random.Random(1)
    size = 4_000 + number // 2
    words, weights = range(size), list(accumulate(1 / (rank + 20) for rank in range(size)))
    for thread in range(number):
        topic = chance.randrange(300)
        drawn = chance.choices(words, cum_weights=weights, k=chance.randint(120, 360))
        drawn += [(topic * 37 + word) % size for word in chance.choices(range(40), k=60)]
        yield _candidate(f"thread-{thread:07d}", Counter(f"w{word}" for word in drawn), chance.choice(YEARS))


def _candidate(stem: str, counts: Counter[str], year: int) -> Candidate:
    return Candidate(stem, _packed(counts), "en", (stem,), year)


def _packed(counts: Counter[str]) -> bytes:
    return related.packed({term: counts[term] for term in sorted(counts)})


def _counts(one: Candidate) -> Counter[str]:
    """Give about how often each term occurs in a thread."""
    return Counter({term: 2 ** (factor // 4 - 1) for term, factor in zip(*unpacked(one.terms), strict=True)})


def _archive(root: Path, jobs: int) -> Iterator[Candidate]:
    """Parse an archive's threads."""
    config, _ = load_config(root)
    locales, _ = load_locales(root, config)
    paths = sorted(file.relative_to(root).as_posix() for file in (root / "content/threads").rglob("*.md"))
    places = [place for path in paths if isinstance(place := sources.place(path), sources.Place)]
    with work.Pool(jobs) as pool:
        library = work.Library(root, dialect(config, locales, sure=True), Documents(None, ""), pool)
        for _, _, parsed in library.parse([(place, "") for place in places]):
            if isinstance(parsed, Remembered) and isinstance(parsed.document, Thread):
                thread = parsed.document
                key = (thread.title, thread.replies[0].doctor.text if thread.replies else "")
                lang = thread.lang or config.language
                yield Candidate(thread.stem, parsed.terms, lang, key, thread.asked.year)


# --- batches ----------------------------------------------------------------------------------------------------------


def _edits(archive: list[Candidate], number: int, chance: random.Random, years: Callable[[int], bool]) -> Changes:
    """Edit threads: a word less, one more, two that others have."""
    some = chance.sample([one for one in archive if years(one.year)], number)
    changes: Changes = {}
    for one in some:
        counts = _counts(one)
        del counts[chance.choice(sorted(counts))]
        counts[chance.choice(sorted(counts))] += 1
        counts.update(chance.sample(sorted(_counts(chance.choice(archive))), 2))
        changes[one.stem] = msgspec.structs.replace(one, terms=_packed(counts))
    return changes


def _edits_of_late(archive: list[Candidate], number: int, chance: random.Random) -> Changes:
    newest = max(one.year for one in archive)
    return _edits(archive, number, chance, lambda year: year == newest)


def _edits_of_old(archive: list[Candidate], number: int, chance: random.Random) -> Changes:
    newest = max(one.year for one in archive)
    return _edits(archive, number, chance, lambda year: year < newest)


def _additions(archive: list[Candidate], number: int, chance: random.Random) -> Changes:
    """Add threads of the newest year, half of one thread and half of another."""
    newest = max(one.year for one in archive)
    changes: Changes = {}
    for place in range(number):
        counts: Counter[str] = Counter()
        for other in chance.sample(archive, 2):
            terms = _counts(other)
            counts.update({term: terms[term] for term in chance.sample(sorted(terms), len(terms) // 2)})
        stem = f"{chance.choice(archive).stem}-new-{place}"
        changes[stem] = _candidate(stem, counts, newest)
    return changes


_BATCHES: dict[str, Callable[[list[Candidate], int, random.Random], Changes]] = {
    "edits of this year's": _edits_of_late,
    "edits of older ones": _edits_of_old,
    "additions": _additions,
}


# --- measuring --------------------------------------------------------------------------------------------------------


def _show(name: str, folder: Path, changes: Changes | None, file: Path, jobs: int) -> None:
    """Measure an update in a process of its own, and print it."""
    packed = msgspec.msgpack.encode(changes) if changes is not None else None
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, peak, lists = pool.submit(_measured, folder, packed, file, jobs).result()
    print(f"{name:28} {seconds:7.2f} s {peak / 1e6:6.0f} MB {lists:7,} lists", flush=True)


def _measured(folder: Path, packed: bytes | None, file: Path, jobs: int) -> tuple[float, int, int]:
    """Update the state in a folder; gives CPU seconds, by how much memory rose, and how many lists are new."""
    if packed is None:
        changes: Changes = {one.stem: one for one in _CANDIDATES.decode(file.read_bytes())}
        start = process_time()
    else:
        changes = msgspec.msgpack.decode(packed, type=Changes)
        start = 0.0
    before = _peak()
    folder.mkdir(exist_ok=True)
    state = State(folder, "site", "")
    table: Table[tuple[str, ...]] = state.table("neighbours", tuple[str, ...])
    new = 0
    for stem, now in related.update(state.rows("related"), changes.items(), jobs).lists.items():
        if now != (table.get(stem) or ()):
            table.put(stem, now or None)
            new += 1
    state.commit("")
    state.close()
    return process_time() - start, _peak() - before, new


def _peak() -> int:
    """Give the most bytes this process has held; unlike the kernel's other figure, without its parent's."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    main()
