"""The lists of the archive: which threads stand in them, who answers where, and which pages follow from that."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import permutations

from medqa.archive import TALLIES, Archive, Listing, ListKey, Shelf
from medqa.index.changes import Changes

Counts = dict[int, int]
"""Year → number of threads."""


class Moves:
    """What enters and leaves the lists."""

    def __init__(self) -> None:
        """Begin with nothing moved."""
        self.lists: dict[ListKey, dict[int, tuple[set[str], set[tuple[str, str]]]]] = defaultdict(
            lambda: defaultdict(lambda: (set(), set()))
        )
        """List → year → stems that leave, and (day asked, stem) of those that come."""
        self.staff: dict[str, dict[str, int]] = defaultdict(dict)
        """Key → key of another → how many replies more, or fewer, the two have together."""
        self.together: dict[ListKey, dict[ListKey, int]] = defaultdict(dict)
        """FAQ list → another of its specialty → how many threads more, or fewer, stand in both."""
        self.tallies: Counter[tuple[str, ...]] = Counter()
        """What is told, in the order of TALLIES → how many threads more, or fewer, tell it."""

    def move(self, stem: str, old: Listing | None, new: Listing | None) -> None:
        """Take a thread from where it stood to where it stands."""
        were = {(key, old.asked) for key in old.lists} if old else set()
        are = {(key, new.asked) for key in new.lists} if new else set()
        for key, asked in were - are:
            self.lists[key][asked.year][0].add(stem)
        entry = (new.asked.isoformat(), stem) if new else ("", stem)  # one for all lists: there are ten a thread
        for key, asked in are - were:
            self.lists[key][asked.year][1].add(entry)
        for step, lists in ((-1, old.lists if old else ()), (1, new.lists if new else ())) if were != are else ():
            for this, that in permutations([key for key in lists if key.startswith("faq/")], 2):
                self.together[this][that] = self.together[this].get(that, 0) + step
        for step, one in ((-1, old), (1, new)):
            for doctor, other in one.staff if one else ():
                for this, that in ((doctor, other), (other, doctor)):
                    self.staff[this][that] = self.staff[this].get(that, 0) + step
            if one and one.tallied:
                self.tallies[one.tallied] += step


def settle(changes: Changes, moves: Moves) -> None:
    """Put the threads into their lists, and find out which pages there are."""
    archive = changes.archive
    _meet(changes, moves)
    _tally(changes, moves)
    standing = _standing_lists(archive)
    last = set(archive.empty.get("lists") or ())
    if standing != last:
        archive.empty.put("lists", tuple(sorted(standing)))
    changes.relisted = {*moves.lists, *(standing ^ last)}
    for key in sorted(changes.relisted):
        old = archive.counts.get(key)
        now = _shelve(changes, key, dict(old or {}), moves)
        new = now if now or key in standing else None
        if new == old and key not in moves.lists:
            continue
        archive.counts.put(key, new)
        _tell(changes, key, old, new)
        _lay_out(changes, key, old, new)
    for key in sorted(changes.entities):
        _lay_out_entity(changes, key)


def _meet(changes: Changes, moves: Moves) -> None:
    """Count who answers in which specialty and where."""
    table = changes.archive.staff_of
    for key, steps in moves.staff.items():
        old = table.get(key) or {}
        now = added(old, steps)
        if now.keys() != old.keys():
            changes.tell(f"staff:{key}")
        if now != old:
            table.put(key, now or None)


def _tally(changes: Changes, moves: Moves) -> None:
    """Count what threads tell."""
    sizes = changes.archive.sizes
    steps: Counter[str] = Counter()
    for told, step in moves.tallies.items():
        steps.update({f"{name}/{one}": step for name, one in zip(TALLIES, told, strict=True)})
    for key, step in steps.items():
        if step:
            sizes.put(key, (sizes.get(key) or 0) + step or None)
            changes.tell(f"tally:{key.partition('/')[0]}")


def added(old: Mapping[str, int], steps: Mapping[str, int]) -> dict[str, int]:
    """Add steps to counts; what has come down to nothing is left out."""
    return {key: count for key in {**old, **steps} if (count := old.get(key, 0) + steps.get(key, 0))}


def _standing_lists(archive: Archive) -> set[ListKey]:
    """Give the lists that stand even while they are empty: of topics whose records tell where they belong."""
    known = archive.directories
    return {
        f"faq/{home.slug}/{topic.slug}"
        for topic in known.topics.entities()
        for name in (topic.record.specialties if topic.record and topic.record.body else ())
        if (home := known.specialties.find(name))
    }


def _shelve(changes: Changes, key: ListKey, counts: Counts, moves: Moves) -> Counts:
    """Put the threads of a list on its shelves, one for each year; gives their numbers."""
    shelves, size = changes.archive.shelves, changes.archive.config.per_page
    ends: set[int] = set()
    for year, (gone, come) in moves.lists[key].items() if key in moves.lists else ():
        name = f"{key}/{year}"
        old = shelves.get(name) or ()
        new = tuple(sorted({one for one in old if one[1] not in gone} | come))
        if old == new:
            continue
        shelves.put(name, new or None)
        counts[year] = len(new)
        if not changes.fresh:
            changes.tell(*_differences(key, year, old, new, size))
            if old[:1] != new[:1] or old[-1:] != new[-1:]:
                ends.add(year)
    counts = {year: count for year, count in sorted(counts.items()) if count}
    for year in ends if key.startswith("specialties/") else ():
        _tell_ends(changes, key, list(counts), year)
    return counts


def _differences(key: ListKey, year: int, old: Shelf, new: Shelf, size: int) -> Iterator[str]:
    """Give the facts about one year of a list that are not the same on two shelves."""
    name = f"{key}/{year}"
    if -(-len(old) // size) != -(-len(new) // size):
        yield f"pages:{name}"
    for start in range(0, max(len(old), len(new)), size):
        if old[start : start + size] != new[start : start + size]:
            yield f"page:{name}/{start // size + 1}"
    if key.startswith("specialties/"):
        before, now = _beside(old), _beside(new)
        yield from (f"beside:{key}/{stem}" for stem in before.keys() | now.keys() if before.get(stem) != now.get(stem))


def _beside(shelf: Shelf) -> dict[str, tuple[str, str]]:
    """Give the stems that stand before and after each."""
    stems = ["", *(stem for _, stem in shelf), ""]
    return {stem: (stems[at], stems[at + 2]) for at, (_, stem) in enumerate(shelf)}


def _tell(changes: Changes, key: ListKey, old: Counts | None, new: Counts | None) -> None:
    """Tell what is new about a list, and about whoever it is the list of."""
    archive = changes.archive
    kind, _, rest = key.partition("/")
    specialty, _, topic = rest.partition("/")
    changes.tell(f"list:{key}", f"lists:{kind}")
    if kind == "faq":
        changes.tell(f"lists:faq/{specialty}", f"lists:topic/{topic}")
    if (old is None) != (new is None):
        changes.tell(f"there:{key}")
        changes.entities.add(f"specialties/{specialty}" if kind == "faq" else key)
    if (old or {}).keys() != (new or {}).keys() or archive.is_long(key, old or {}) != archive.is_long(key, new or {}):
        changes.tell(f"years:{key}")


def _tell_ends(changes: Changes, key: ListKey, years: list[int], year: int) -> None:
    """Tell the threads of other years that stand beside the ends of a year."""
    earlier = max((one for one in years if one < year), default=None)
    later = min((one for one in years if one > year), default=None)
    if earlier is not None:
        changes.tell(f"beside:{key}/{changes.archive.shelf(key, earlier)[-1]}")
    if later is not None:
        changes.tell(f"beside:{key}/{changes.archive.shelf(key, later)[0]}")


def _lay_out(changes: Changes, key: ListKey, old: Counts | None, new: Counts | None) -> None:
    """Give a list the pages that it needs now: those of its years, and of a topic its entry page."""
    archive = changes.archive
    before, now = dict(_year_pages(archive, key, old)), dict(_year_pages(archive, key, new))
    for url in before.keys() - now.keys():
        changes.want(url, "list")
    for url, argument in now.items():
        changes.want(url, "list", "year", argument)
    if key.startswith("faq/"):
        changes.want(f"/{key}/", "list", "topic" if new is not None else "", key)


def _year_pages(archive: Archive, key: ListKey, counts: Counts | None) -> Iterator[tuple[str, str]]:
    """Give the pages of a list's years: (address, argument of their planner)."""
    for year, number in archive.year_pages(key, counts or {}):
        yield archive.year_url(key, year, number), f"{key} {year} {number}"


def _lay_out_entity(changes: Changes, key: str) -> None:
    """Give a doctor, hospital or specialty a page, or take it, and tell all that may link there."""
    archive = changes.archive
    kind, _, slug = key.partition("/")
    planner = {"specialties": "specialty", "doctors": "doctor", "hospitals": "hospital"}.get(kind)
    if planner is None:
        return
    directory = archive.directories.of(kind)
    entity = directory.by_slug(slug)
    paged = entity is not None and archive.has_page(entity)
    if paged != (archive.pages.get(f"/{key}/") is not None):
        changes.tell(f"entity:{key}", f"roster:{kind}")
        if entity and not changes.fresh:
            changes.tell(*(f"name:{kind}/{name}" for name in directory.names_of(entity)))
    changes.want(f"/{key}/", "list", planner if paged else "", slug)
    if kind == "specialties":
        changes.want(f"/faq/{slug}/", "list", "faq" if archive.counts.first(f"faq/{slug}/") else "", slug)
