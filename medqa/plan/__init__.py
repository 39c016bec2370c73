"""Stage 4, plan: archive → pages.

Pure. Each page is made by one function from the archive and the key of what it shows, so that a page can be planned by
itself; `plan` is only the list of all keys.
"""

from collections.abc import Iterator, Sequence

from medqa.errors import Problem, problem
from medqa.pages import CopiedFile, Page
from medqa.plan import indexes, lists, threads
from medqa.plan.desk import Desk

__all__ = ["Desk", "collisions", "plan"]


def plan(desk: Desk) -> Iterator[Page]:
    """Plan every page of the site, in no particular order; two of one address are left for `collisions` to find."""
    archive = desk.archive
    yield indexes.home(desk)
    yield indexes.not_found(desk)
    yield indexes.specialties(desk)
    yield indexes.topics(desk)
    yield indexes.doctors(desk)
    yield indexes.hospitals(desk)
    for stem in sorted(archive.pages):
        yield indexes.text(desk, stem)
    for stem in sorted(archive.public):
        yield threads.thread(desk, stem)
    for stem in sorted(archive.gone):
        yield threads.gone(desk, stem)
    for specialty in desk.specialties():
        yield lists.specialty(desk, specialty)
        if desk.topics_of(specialty):
            yield lists.faq(desk, specialty)
    for doctor in desk.doctors():
        yield lists.doctor(desk, doctor)
    for hospital in desk.hospitals():
        yield lists.hospital(desk, hospital)
    for key in archive.lists:
        if key.startswith("faq/"):
            yield lists.topic(desk, key)
        yield from lists.years(desk, key)
    yield from indexes.redirects(desk)


def collisions(desk: Desk, pages: Sequence[Page]) -> list[Problem]:
    """Report addresses that two pages, or a page and a copied file, would share (MQ215)."""
    found: list[Problem] = []
    aliases = {redirect.url: redirect for redirect in desk.archive.redirects}
    urls: set[str] = set()
    for page in pages:
        if page.url in urls and page.url in aliases:
            alias = aliases[page.url]
            at = (alias.path, alias.name.line, alias.name.column)
            found.append(problem(at, "MQ215", f"'{alias.name.text}' is the address of a page", "delete the alias"))
        urls.add(page.url)
    files = {page.file for page in pages if not isinstance(page, CopiedFile)}
    folders = {folder for file in files for folder in _folders(file)}
    for copy in pages:
        if isinstance(copy, CopiedFile) and (copy.file in files | folders or files & set(_folders(copy.file))):
            at = (copy.source, 1, 1)
            found.append(problem(at, "MQ215", f"'{copy.url}' is the address of a page", "rename the file"))
    return found


def _folders(file: str) -> list[str]:
    return [file[:at] for at, character in enumerate(file) if character == "/"]
