"""Which pages there are: what each owner wants at an address, and where two want the same."""

from collections.abc import Iterator, Mapping

from medqa.archive import FOLDERS, Address, Archive, Copied
from medqa.errors import Problem, problem
from medqa.index.changes import Changes
from medqa.index.filing import Before
from medqa.sources import STATIC

_RANKS = {"text": 1, "asset": 2, STATIC: 3, "alias": 4}
_ALWAYS = {
    "/": "home",
    "/404.html": "not_found",
    "/specialties/": "specialties",
    "/topics/": "topics",
    "/doctors/": "doctors",
    "/hospitals/": "hospitals",
    "/archive/": "glance",
}


def copy(changes: Changes, copies: Mapping[str, Copied | None]) -> None:
    """Take over which files are published as they are; None where there is none any more."""
    table = changes.archive.copies
    for name, copied in copies.items():
        if table.get(name) != copied:
            table.put(name, copied)
            owner, path = (
                (STATIC, name.removeprefix(f"{STATIC}/")) if name.startswith(f"{STATIC}/") else ("asset", name)
            )
            changes.tell(f"copy:{name}", f"static:{path}")
            changes.want(f"/{path}", owner, "copy" if copied else "", name)


def settle(changes: Changes, before: Before) -> None:
    """Give every address to whoever wants it, and tell which have become another's."""
    archive = changes.archive
    if changes.fresh:
        for url, planner in _ALWAYS.items():
            changes.want(url, "index", planner)
    for key in before:
        kind, _, stem = key.partition("/")
        if kind == "pages":
            changes.want(f"/{stem}/", "text", "text" if archive.outlines.get(key) else "", stem)
            changes.tell("roster:pages")
    suspects: set[str] = set()
    for url, wants in changes.wanted.items():
        new = _give(changes, url, wants)
        if new and (not changes.fresh or _rank(archive, url, new)):
            suspects |= set(_suspects(archive, url, new))
    for url in sorted(suspects):
        one = archive.pages.get(url)
        if one and _in_the_way(archive, url, one):
            changes.errors.append(_collision(archive, url, one))


def _give(changes: Changes, url: str, wants: Mapping[str, Address | None]) -> Address | None:
    """Give an address to one of those who want it; what stands there from now on, if that is new."""
    archive = changes.archive
    old = archive.pages.get(url)
    standing = {old.owner: old} if old else {}
    claims = [one for one in {**standing, **wants}.values() if one]
    claims.sort(key=lambda one: _rank(archive, url, one))
    changes.errors += (_collision(archive, url, one) for one in claims[1:])
    new = claims[0] if claims else None
    if new == old:
        return None
    archive.pages.put(url, new)
    (changes.added if new else changes.removed).add(url)
    if (old is None) != (new is None):
        archive.sizes.put("pages", (archive.sizes.get("pages") or 0) + (1 if new else -1))
        changes.tell(f"url:{url}")
    return new


def _rank(archive: Archive, url: str, one: Address) -> int:
    """Give 0 for a page that medqa plans of itself; of the others, the later is to blame for a collision."""
    if one.owner == "alias" and url in FOLDERS and not archive.claims.get(url):
        return 0
    return _RANKS.get(one.owner, 0)


def _suspects(archive: Archive, url: str, one: Address) -> Iterator[str]:
    """Give the addresses that a new one may collide with, as far as they would be to blame: itself, or others."""
    if _rank(archive, url, one):
        yield url
    for other in _others(archive, url):
        standing = archive.pages.get(other)
        if standing and _rank(archive, other, standing):
            yield other


def _others(archive: Archive, url: str) -> Iterator[str]:
    """Give the addresses whose file is a page's own, or a folder of it, or below it as if it were a folder."""
    if url.endswith("/"):
        yield f"{url}index.html"
    elif url.endswith("/index.html"):
        yield url.removesuffix("index.html")
    parts = url.strip("/").split("/")
    yield from ("/" + "/".join(parts[:count]) for count in range(1, len(parts) + url.endswith("/")))
    if not url.endswith("/"):
        yield from filter(None, [archive.pages.first(f"{url}/")])


def _in_the_way(archive: Archive, url: str, one: Address) -> bool:
    """Tell whether an address collides with one that is not to blame."""
    own = _rank(archive, url, one), url
    others = ((other, archive.pages.get(other)) for other in _others(archive, url))
    return any(standing and (_rank(archive, other, standing), other) < own for other, standing in others)


def _collision(archive: Archive, url: str, one: Address) -> Problem:
    message, hint = f"'{url}' is the address of something else", "rename the file"
    if one.owner == "alias" and (claims := archive.claims.get(url)):
        claim = claims[0]
        message = f"'{claim.text}' is the address of something else"
        return problem((claim.path, claim.line, claim.column), "MQ215", message, "delete the alias")
    copied = archive.copies.get(one.argument) if one.planner == "copy" else None
    outline = archive.outlines.get(f"pages/{one.argument}")
    path = copied.shown if copied else outline.path if outline else url
    return problem((path, 1, 1), "MQ215", message, hint)
