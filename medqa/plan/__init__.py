"""Stage 4, plan: archive → pages.

Pure. Each page is made by one function from the archive and the key of what it shows, so that a page can be planned by
itself; `plan` is only the list of all keys.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter

from medqa.archive import Redirect
from medqa.errors import Problem, problem
from medqa.pages import CopiedFile, Page, RedirectPage, TextPage
from medqa.plan import indexes, lists, threads
from medqa.plan.desk import Desk
from medqa.sources import STATIC

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
    for specialty in desk.specialties:
        yield lists.specialty(desk, specialty)
        if desk.topics_of(specialty):
            yield lists.faq(desk, specialty)
    for doctor in desk.doctors:
        yield lists.doctor(desk, doctor)
    for hospital in desk.hospitals:
        yield lists.hospital(desk, hospital)
    for key in archive.lists:
        if key.startswith("faq/"):
            yield lists.topic(desk, key)
        yield from lists.years(desk, key)
    yield from indexes.redirects(desk)


def collisions(desk: Desk, pages: Sequence[Page]) -> list[Problem]:
    """Report what would have the address of something else, or be a folder of it (MQ215).

    To blame is what is easiest to call otherwise: an alias, else a file of `static/`, else a text of the archive's own.
    """
    aliases = {redirect.url: redirect for redirect in desk.archive.redirects}
    ranked = [(_rank(page, aliases), page) for page in pages]
    files = {page.file for rank, page in ranked if not rank}
    folders = _folders(files)
    found: list[Problem] = []
    for _, page in sorted((pair for pair in ranked if pair[0]), key=itemgetter(0)):
        above = _folders({page.file})
        if page.file in files or page.file in folders or above & files:
            found.append(_collision(desk, page, aliases))
        files.add(page.file)
        folders |= above
    return found


def _rank(page: Page, aliases: Mapping[str, Redirect]) -> int:
    """Give 0 for a page that medqa plans of itself; of the others, the later is to blame for a collision."""
    match page:
        case TextPage():
            return 1
        case CopiedFile():
            return 3 if page.source.startswith(f"{STATIC}/") else 2
        case RedirectPage() if page.url in aliases:
            return 4
        case _:
            return 0


def _collision(desk: Desk, page: Page, aliases: Mapping[str, Redirect]) -> Problem:
    message, hint = f"'{page.url}' is the address of something else", "rename the file"
    if isinstance(page, RedirectPage):
        alias = aliases[page.url]
        at = (alias.path, alias.name.line, alias.name.column)
        return problem(at, "MQ215", f"'{alias.name.text}' is the address of something else", "delete the alias")
    path = page.source if isinstance(page, CopiedFile) else desk.archive.places[page.shows].path
    return problem((path, 1, 1), "MQ215", message, hint)


def _folders(files: Collection[str]) -> set[str]:
    """Give all folders above some files."""
    found: set[str] = set()
    level = {file.rpartition("/")[0] for file in files}
    while level - {""}:
        found |= level
        level = {folder.rpartition("/")[0] for folder in level}
    return found - {""}
