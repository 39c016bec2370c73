"""What an editor would want to know of a thread: found in its texts, and told by `check` alone.

Each check is a function over a `Subject`: the thread with its texts, whose words they are, and where they stand. What
it finds depends on the file and on medqa, and on nothing else; so it is remembered by the digest of the file. What can
be told only beside other documents is looked for in `against`. Words and patterns are data, by language: `words/`.
"""

from collections.abc import Callable, Iterable
from typing import Final

from medqa.checks import contradictions, privacy, safety, writing
from medqa.checks.passages import Subject
from medqa.documents import Examined, Parsed, Thread
from medqa.errors import Problem

CHECKS: Final[tuple[Callable[[Subject], Iterable[Problem]], ...]] = (
    contradictions.statements,
    contradictions.greetings,
    privacy.private,
    writing.broken,
    writing.repeated,
    writing.title,
    writing.letters,
    safety.emergencies,
)


def examine(path: str, parsed: Parsed) -> Examined:
    """Give all that is found in a thread, parsed from the file at `path`; nothing is found in other documents."""
    if not isinstance(parsed.document, Thread):
        return _NOTHING
    subject = Subject(path, parsed, parsed.document)
    findings = tuple(found for check in CHECKS for found in check(subject))
    signatures = tuple(contradictions.signatures(subject))
    return Examined(findings, signatures) if findings or signatures else _NOTHING


_NOTHING = Examined()
