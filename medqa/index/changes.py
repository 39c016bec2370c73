"""One build's work on an archive: what is no longer what it was, and what was found wrong on the way."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from medqa.archive import Address, Archive, composed
from medqa.cache import State, Table
from medqa.errors import Problem
from medqa.sources import Place  # noqa: TC001 - in a class body


class Changes:
    """Collects facts that have changed, pages that come and go, problems."""

    def __init__(self, archive: Archive, state: State) -> None:
        """Begin with the archive as the last build left it."""
        self.archive = archive
        self.fresh = state.fresh
        """Whether there was no last build: then nobody was told anything yet."""
        self.facts: set[str] = set()
        self._asked: set[str] = set()
        self._readers: set[str] = set()
        self.added: set[str] = set()
        """Addresses of pages that are new, or made by another planner than before."""
        self.removed: set[str] = set()
        """Addresses of pages that are no more."""
        self.wanted: dict[str, dict[str, Address | None]] = {}
        """Address → owner → what it has there now."""
        self.documents: set[str] = set()
        """Keys of the documents that changed."""
        self.placed: set[str] = set()
        """Keys of the documents that changed, or went by facts that have."""
        self.ranked: set[str] = set()
        """Stems of the threads of which something has changed that ranks them among the nearest of others."""
        self.entities: set[str] = set()
        """Keys of the doctors, hospitals, specialties and topics of whom something is new."""
        self.relisted: set[str] = set()
        """Keys of the lists in which something has changed."""
        self.broken: list[Place] = []
        """Files that give no document: what refers to them is not wrong for that."""
        self.errors: list[Problem] = []
        self.findings: Table[tuple[Problem, ...]] = state.table("findings", tuple[Problem, ...])
        """What was found in documents, until they or what they were told change."""
        self._silent = {code for code, level in archive.config.levels.items() if level == "off"}
        self._last_day = state.get("as_of")
        state.set("as_of", archive.options.as_of.isoformat())

    # --- facts ----------------------------------------------------------------------------------------------------

    def tell(self, *facts: str) -> None:
        """Say that facts are no longer what they were."""
        if not self.fresh:
            self.facts.update(facts)

    def told(self, task: str) -> set[str]:
        """Give the keys of the documents for which a task was done that went by facts that have changed."""
        if self.fresh:
            return set()
        prefix = f"{task} "
        return {name.removeprefix(prefix) for name in self.readers() if name.startswith(prefix)}

    def readers(self) -> set[str]:
        """Give the names of all parts that were told a fact that has changed."""
        self._readers |= self.archive.ledger.told(self.facts - self._asked)
        self._asked |= self.facts
        return self._readers

    def tell_days(self) -> None:
        """Tell of the days that are reached now and were not in the last build, or the other way round."""
        if self._last_day:
            day, last = sorted((date.fromisoformat(self._last_day), self.archive.options.as_of))
            while day < last:
                day += timedelta(days=1)
                self.tell(f"reached:{day}")

    # --- problems -------------------------------------------------------------------------------------------------

    def keep(self, task: str, key: str, problems: Iterable[Problem]) -> None:
        """Keep what a task found in a document, in place of what it found before.

        Without what the `ack` of the thread with the finding silences: when that changes, the task is done again.
        """
        found = tuple(one for one in problems if one.severity == "error" or not self._acknowledged(one))
        if found or self.findings.get(f"{task} {key}"):
            self.findings.put(f"{task} {key}", found or None)

    def forget(self, key: str) -> None:
        """Forget what was found in a document that is no more, and what it was told."""
        for task in ("parse", "place", "claims", "check", "twins", "against"):
            self.keep(task, key, ())
            if not self.fresh:
                self.archive.ledger.forget(f"{task} {key}")

    def problems(self) -> Iterator[Problem]:
        """Give all errors and findings of the archive, without those that config silences."""
        yield from self.errors
        for _, several in self.findings.under(""):
            yield from (found for found in several if found.severity == "error" or found.code not in self._silent)

    def _acknowledged(self, found: Problem) -> bool:
        key = self.archive.key_of(composed(found.path))
        outline = self.archive.outlines.get(key) if key else None
        return outline is not None and found.code in outline.acks

    # --- pages ----------------------------------------------------------------------------------------------------

    def want(self, url: str, owner: str, planner: str = "", argument: str = "") -> None:
        """Say that an owner has a page at an address and who plans it; without a planner: that it has none there."""
        self.wanted.setdefault(url, {})[owner] = Address(owner, planner, argument) if planner else None
