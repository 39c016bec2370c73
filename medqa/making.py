"""Stages 4 to 6: which pages may not be as they were, and how they are made again."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from medqa import manifest, plan, work
from medqa.cache import Note
from medqa.delta import Delta
from medqa.errors import Problem
from medqa.intake import Told
from medqa.outputs import Site
from medqa.pages import KINDS, CopiedFile, Page, file_of
from medqa.progress import Clock


class _Reason(msgspec.Struct, frozen=True, array_like=True):
    """Why a page is made, or not."""

    url: str
    now: bytes
    """Its fingerprint."""
    why: str
    """"" where it is as it was."""


class _Made(msgspec.Struct, frozen=True):
    """Some pages, made."""

    files: list[tuple[str, bytes]]
    failed: list[Problem]
    reasons: list[_Reason]
    notes: list[Note]
    """What they were made from."""


class Making:
    """Finds out which pages have to be made again, and makes them."""

    def __init__(self, root: Path, told: Told, site: Site | Delta, engine: str) -> None:
        """Look at what has changed, and at the site that stands."""
        self._root = root
        self._told = told
        self._site = site
        self._printer = manifest.Printer(told.templates, engine)
        self._trusted = told.state.mark() == site.mark() != ""
        """Whether the site is as the last build left it, so that its fingerprints tell what stands there."""
        self.why: dict[str, str] = {}
        """Address of a page that is made → why."""

    def paths(self) -> frozenset[str] | None:
        """Give the paths of all files that the site has from now on; None where they are what they were."""
        changes = self._told.changes
        if not self._trusted or self._told.state.fresh:
            return frozenset(map(file_of, self._told.archive.pages.keys()))
        if not changes.added and not changes.removed:
            return None
        return (self._site.paths() - set(map(file_of, changes.removed))) | set(map(file_of, changes.added))

    def answer(self, url: str) -> str:
        """Say why the page at an address was, or was not, made again; the address may come from a browser."""
        path = unquote(urlsplit(url).path).strip("/")
        pages = self._told.archive.pages
        known = next((one for one in ("/" + path, f"/{path}/") if pages.get(one)), "")
        kept = "not made again: nothing that it shows has changed"
        return self.why.get(known) or (kept if known else "there is no such page")

    def stage(self, pool: work.Pool, clock: Clock) -> list[str]:
        """Make what has to be made, and stage it; gives the paths of the files whose bytes are new."""
        told = self._told
        urls = self._in_order(self._doubtful())
        counted = clock.count(urls, len(urls))
        last = told.state.last_prints(urls) if self._trusted else {}
        told.state.forget_pages(told.changes.removed)
        copies = sum(self._planner(url) == "copy" for url in urls)  # which come first
        copied = ((page.file, self._copied(page)) for page in self._stale(islice(counted, copies), last))
        return self._site.stage(chain(copied, self._rendered(counted, last, pool)))

    def _rendered(self, urls: Iterable[str], last: Mapping[str, bytes], pool: work.Pool) -> Iterator[tuple[str, bytes]]:
        """Give the files of those pages of which something is not as it was.

        Pages are planned by whoever renders them, where nothing that they are planned from lies in a database.
        """
        told = self._told
        if told.state.fresh and told.library.at_hand and (make := pool.copied(partial(self._make, last))):
            yield from work.collected(map(self._taken, pool.map(make, work.parts(urls))))
        else:
            yield from work.render_all(self._root, told.templates, self._stale(urls, last), self._html, pool)

    def _stale(self, urls: Iterable[str], last: Mapping[str, bytes]) -> Iterator[Page]:
        """Plan pages, and give those of which something is not as it was."""
        for page, reason in self._planned(urls, last):
            self._remember(reason)
            if reason.why:
                yield page

    def _planned(self, urls: Iterable[str], last: Mapping[str, bytes]) -> Iterator[tuple[Page, "_Reason"]]:
        told = self._told
        for url in urls:
            address = told.archive.pages.get(url)
            if address is not None:
                page = plan.plan(told.desk, url, address)
                now, before = self._printer.fingerprint(page), last.get(url)
                why = manifest.why(type(page), now, before) if now != before else ""
                yield page, _Reason(url, now, why)

    def _remember(self, reason: "_Reason") -> None:
        if reason.why or self._told.state.fresh:
            self._told.state.put_print(reason.url, reason.now)
        if reason.why:
            self.why[reason.url] = reason.why

    def _make(self, last: Mapping[str, bytes], urls: Sequence[str]) -> "_Made":
        """Plan and render pages, in this process or a copy of it: what has to be remembered goes with the files."""
        with self._told.state.ledger.aside() as notes:
            planned = list(self._planned(urls, last))
        pages = [page for page, reason in planned if reason.why]
        html = self._html({page.shows for page in pages if page.shows})
        files, failed = work.render_pages(self._told.templates, pages, html)
        return _Made(files, failed, [reason for _, reason in planned], notes)

    def _taken(self, made: "_Made") -> work.Rendered:
        """Remember what has to be remembered of pages; gives their files, and what failed."""
        for reason in made.reasons:
            self._remember(reason)
        self._told.state.ledger.take(made.notes)
        return made.files, made.failed

    def _planner(self, url: str) -> str:
        address = self._told.archive.pages.get(url)
        return address.planner if address else ""

    def _copied(self, page: Page) -> bytes:
        """Read a file that is published as it is, or with something behind it."""
        name = self._told.archive.pages.get(page.url)
        files, own = self._told.templates.files, name.argument if name else ""
        more = page.more.encode() if isinstance(page, CopiedFile) else b""
        return (files[own] if own in files else self._root / own).read_bytes() + more

    def _doubtful(self) -> set[str]:
        """Give the addresses of the pages that may not be as they were."""
        told, archive = self._told, self._told.archive
        changed = self._changed_templates()
        if told.state.fresh or not self._trusted:
            return set(archive.pages.keys())
        placed = {f"/{key}/" for key in told.changes.placed if key.startswith("threads/")}
        doubtful = {node for node in told.changes.readers() if node.startswith("/")} | placed | told.changes.added
        if changed:
            pages = archive.pages.under("")
            doubtful |= {url for url, one in pages if plan.template_of(one.planner) in changed}
        return doubtful

    def _changed_templates(self) -> set[str]:
        """Give the names of the templates that are not what they were in the last build, with all that they use."""
        table = self._told.archive.templates
        last = table.get("digests") or {}
        now = {kind.template: self._told.templates.uses(kind.template).digest for kind in KINDS}
        if now != last:
            table.put("digests", now)
        return {name for name, digest in now.items() if last.get(name) != digest}

    def _in_order(self, urls: set[str]) -> list[str]:
        """Put pages into the order of publication: no page that stands ever links to one that is not there yet."""
        standing = self._site.paths() if not self._trusted or self._told.state.fresh else None
        return sorted(urls, key=lambda url: (self._rank(url, standing), url))

    def _rank(self, url: str, standing: frozenset[str] | None) -> int:
        planner = self._planner(url)
        if planner in {"copy", ""}:
            return 0 if planner else 4
        if url in self._told.changes.added if standing is None else file_of(url) not in standing:
            return 1
        return 2 if planner == "thread" else 3

    def _html(self, keys: Collection[str]) -> dict[str, bytes]:
        archive = self._told.archive
        places = {key: (archive.place(key, one), one.key) for key in keys if (one := archive.outlines.get(key))}
        html = self._told.library.html({key: place for place, key in places.values()})
        return {key: html[places[key][1]] for key in keys}
