"""Stages 4 to 6: which pages may not be as they were, and how they are made again."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

from medqa import manifest, plan, work
from medqa.delta import Delta
from medqa.intake import Told
from medqa.outputs import Site
from medqa.pages import KINDS, CopiedFile, Page, file_of
from medqa.progress import Clock


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
        pages = self._stale(counted, last)
        files = chain(copied, work.render_all(self._root, told.templates, pages, self._html, pool))
        return self._site.stage(files)

    def _stale(self, urls: Iterable[str], last: Mapping[str, bytes]) -> Iterator[Page]:
        """Plan pages, and give those of which something is not as it was."""
        told = self._told
        for url in urls:
            address = told.archive.pages.get(url)
            if address is None:
                continue
            page = plan.plan(told.desk, url, address)
            now, before = self._printer.fingerprint(page), last.get(url)
            if now != before or told.state.fresh:
                told.state.put_print(url, now)
            if now != before:
                self.why[url] = manifest.why(type(page), now, before)
                yield page

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
