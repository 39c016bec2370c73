"""Stage 2, parse: one source → one typed document, its texts as HTML, and its problems.

Pure: what comes out depends on the file's text, its kind and stem, and the `Dialect` (the site's language and the names
of sections), and on nothing else. So the outcome may be remembered by a digest of these.
"""

from collections.abc import Callable

from medqa import sections, yamltext
from medqa.documents import Document, Parsed
from medqa.errors import Problem, problem
from medqa.fields import Reader
from medqa.parse import records, thread
from medqa.parse.file import Dialect, File, dialect
from medqa.sources import Kind, Place

__all__ = ["KNOWN_KEYS", "NESTED_KEYS", "Dialect", "dialect", "parse"]

_PARSERS: dict[Kind, tuple[tuple[str, ...], Callable[[File], Document | None]]] = {
    "threads": (thread.KEYS, thread.parse),
    "doctors": (("name", "names", "title", "specialty", "status", "periods", "aliases"), records.doctor),
    "hospitals": (("name", "names", "aliases"), records.hospital),
    "specialties": (("name", "names", "schema", "review_months", "aliases"), records.specialty),
    "topics": (("name", "names", "synonyms", "specialties", "aliases"), records.topic),
    "pages": (("title", "lang"), records.page),
}
KNOWN_KEYS = {kind: keys for kind, (keys, _) in _PARSERS.items()}
"""Kind → the keys of its front matter; every other key is an error."""
NESTED_KEYS = {**thread.NESTED, **records.NESTED}
"""Field → the keys of the mapping, or mappings, that it holds."""


def parse(place: Place, text: str, spoken: Dialect) -> Parsed | list[Problem]:
    """Parse one file: its document with findings, or all its problems where one of them is an error."""
    cut = sections.frame(text, place.path)
    if isinstance(cut, Problem):
        return [cut]
    node, problems = yamltext.read(cut.header, place.path, first_line=2)
    if problems and not node.items:
        return problems  # a YAML syntax error: nothing else in the file can be judged
    if not node.items:
        return [
            problem((place.path, 1, 1), "MQ102", "the front matter is empty", "add 'title: …' and the other fields")
        ]
    keys, parser = _PARSERS[place.kind]
    file = File(place, cut, Reader(node, place.path, keys, problems), spoken)
    document = parser(file)
    if document is None or file.failed:
        return problems
    places = {key: file.header.place(key) for key in ("title", "asker")}
    return Parsed(document, file.html, file.plain, tuple(file.sections), places, tuple(problems))
