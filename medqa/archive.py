"""The archive as one value: who is who, what is public, which lists there are, where links lead."""

from collections.abc import Mapping
from datetime import date

import msgspec

from medqa.config import Config
from medqa.directory import Directories
from medqa.documents import Document, Page, Reply, Thread
from medqa.fields import Name
from medqa.sources import Place

Located = tuple[Place, Document]
ListKey = str
"""`specialties/<slug>`, `doctors/<slug>`, `hospitals/<slug>`, or `faq/<specialty>/<topic>`: also the list's address."""


class Options(msgspec.Struct, frozen=True):
    """What the content alone does not say."""

    as_of: date
    """The day for which the site is made."""
    drafts: bool = False
    """Whether drafts and embargoed threads are shown."""


class Redirect(msgspec.Struct, frozen=True):
    """An old address that leads to a new one."""

    url: str
    target: str
    path: str
    """The file that says so, for problems."""
    name: Name


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that pages are planned from."""

    config: Config
    options: Options
    directories: Directories
    places: Mapping[str, Place]
    """Key of a document (`threads/<stem>`) → its file."""
    threads: Mapping[str, Thread]
    """Stem → thread, all of them, whatever their status."""
    pages: Mapping[str, Page]
    public: frozenset[str]
    """Stems of the threads that have a page."""
    gone: frozenset[str]
    """Stems of withdrawn and expired threads: their address says so, without a word of theirs."""
    lists: Mapping[ListKey, tuple[str, ...]]
    """Stems of the listed threads, by (asked, stem): duplicates of other threads are in no list."""
    translations: Mapping[str, tuple[str, ...]]
    """Stem → stems of the public threads that are translations of it, or of which it is one."""
    links: Mapping[str, tuple[str | None, ...]]
    """Key of a document → where its links lead: an address on the site, None for a thread that is not public."""
    redirects: tuple[Redirect, ...]

    def listed(self, stem: str) -> bool:
        """Tell whether a thread stands in lists and may be a neighbour."""
        return stem in self.public and self.target(self.threads[stem].duplicate_of) is None

    def target(self, reference: Name | None) -> str | None:
        """Give the stem of the public thread that another refers to."""
        return reference.text if reference and reference.text in self.public else None

    def hospital(self, reply: Reply) -> Name | None:
        """Give the hospital of a reply: the one it names, else the doctor's on that day."""
        doctor = self.directories.doctors.find(reply.doctor)
        return reply.hospital or (doctor.record.hospital_on(reply.replied) if doctor and doctor.record else None)

    def address(self, key: str) -> str | None:
        """Give the address of a document or entity: `threads/x` → `/threads/x/`; None where it has no page."""
        kind, _, slug = key.partition("/")
        if kind == "pages":
            return f"/{slug}/"
        if kind == "threads":
            return f"/threads/{slug}/" if slug in self.public else None
        if kind == "topics":
            return self._topic_address(slug)
        return f"/{key}/"

    def _topic_address(self, slug: str) -> str:
        """Give a topic's page in the first specialty that has it."""
        suffix = f"/{slug}"
        return next(
            (f"/{key}/" for key in sorted(self.lists) if key.startswith("faq/") and key.endswith(suffix)), "/topics/"
        )
