"""What can be wrong with an archive, said as `path:line:column: CODE message` with a hint.

Nothing here prints or stops anything: every stage collects `Problem`s, so that one run reports all of them.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

import msgspec

Severity = Literal["error", "finding"]

CODES: dict[str, str] = {
    "MQ101": "the file is not UTF-8 text",
    "MQ102": "the front matter is missing or not closed",
    "MQ103": "the YAML cannot be read",
    "MQ104": "an unquoted value contains a colon and a space",
    "MQ105": "a key is given twice",
    "MQ106": "an anchor, alias, merge key or tag is used",
    "MQ107": "the text after ' #' would be lost",
    "MQ108": "the key is not known",
    "MQ109": "the file name cannot be an address",
    "MQ110": "the file is not where medqa looks for it",
    "MQ111": "a merge conflict was left in the file",
    "MQ112": "the file cannot be read",
    "MQ201": "a required field is missing",
    "MQ202": "the value has the wrong form",
    "MQ203": "the value is not a date",
    "MQ204": "the value is not one of those allowed",
    "MQ205": "the age cannot be read",
    "MQ206": "a section is missing or empty",
    "MQ207": "a heading is not allowed here",
    "MQ208": "text stands before the first section",
    "MQ209": "replies or follow-ups and their sections do not match",
    "MQ210": "dates are in an impossible order",
    "MQ211": "two files have one name",
    "MQ212": "the reference leads nowhere",
    "MQ213": "the name fits several records",
    "MQ214": "two names would have one address",
    "MQ215": "two pages would have one address",
    "MQ216": "the date lies more than a year in the future",
    "MQ217": "a section is given twice or stands in the wrong place",
    "MQ218": "a thread refers to itself",
    "MQ219": "a code block is not closed",
    "MQ220": "a reply's words were changed without a correction",
    "MQ301": "the link leads nowhere",
    "MQ302": "the image is not in the archive",
    "MQ303": "the template cannot be read",
    "MQ304": "the template failed",
    "MQ305": "the strings of a language are not complete",
    "MQ306": "two colours are too alike to be read",
    "MQ501": "the date lies in the future",
    "MQ502": "a name without a record is close to one with a record",
    "MQ503": "the asker's sex in the text is not that of the byline",
    "MQ504": "the asker's age in the text is not that of the byline",
    "MQ505": "the reply greets the asker as another sex",
    "MQ506": "a name is spelled in two ways",
    "MQ507": "the reply's specialty is not the doctor's",
    "MQ508": "the reply's hospital is not the doctor's of that day",
    "MQ509": "the reply is signed by somebody else",
    "MQ601": "a phone number stands in the text",
    "MQ602": "an e-mail address stands in the text",
    "MQ603": "a postal address stands in the asker's text",
    "MQ604": "a national identity number stands in the text",
    "MQ605": "the number of a record or card stands in the asker's text",
    "MQ606": "the name of an account stands in the asker's text",
    "MQ607": "a web address stands in the asker's text",
    "MQ608": "a full name stands in the asker's text",
    "MQ609": "an age over 89 is told",
    "MQ610": "a date of birth stands in the asker's text",
    "MQ611": "the image tells where, when or with what it was taken",
    "MQ701": "the link leads to a thread that is not public",
    "MQ702": "the link's scheme is not allowed",
    "MQ703": "the image is not in the archive and is shown as a link",
    "MQ704": "the thread says almost the same as another",
    "MQ705": "the line ends in an abbreviation",
    "MQ706": "a number of a list stands without its text",
    "MQ707": "nothing stands below a heading",
    "MQ708": "the reply repeats the question",
    "MQ709": "the title's end is doubled",
    "MQ710": "letters of two scripts stand in one word",
    "MQ711": "an invisible character stands in the text",
    "MQ712": "the image has no description",
    "MQ801": "an emergency is told of, and the thread shows no notice",
    "MQ802": "the thread is due for a review",
    "MQ803": "the thread that replaces this one is replaced itself",
}
"""Every code medqa can report; `docs/checks.md` explains each.

MQ1xx files and YAML, MQ2xx model and references, MQ3xx markup, templates and URLs are errors; MQ5xx contradictions,
MQ6xx privacy, MQ7xx text, MQ8xx safety and age are findings.
"""


NOTES = frozenset({"MQ802"})
"""Findings that are shown only to who asks for them: they are many, or uncertain, or nobody's mistake."""


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing to mend, and where."""

    path: str
    """Relative to the archive's root, with forward slashes: `content/threads/x.md`."""
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    width: int = 1
    """Characters of the line that are meant."""

    def __str__(self) -> str:
        """The problem as one line, and its hint on a second."""
        return f"{self.head}\n  hint: {self.hint}" if self.hint else self.head

    @property
    def head(self) -> str:
        """The problem as one line."""
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}"


class BuildFailedError(Exception):
    """The content has errors: carries all problems found, findings among them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order of their places, each once."""
        self.problems = tuple(sorted(set(problems)))
        super().__init__(f"{len(self.problems)} problems")


class UsageError(Exception):
    """The command was used wrongly or its surroundings are unfit; the text is for the user (exit code 2)."""


_LONGEST = 300
"""Characters of a message: it may quote a value, and a value may be a whole text by mistake."""
_GLANCE = 40
"""Words in a list that can be read at a glance."""


def problem(place: tuple[str, int, int], code: str, message: str, hint: str = "", *, width: int = 1) -> Problem:
    """Make the problem `code` at (path, line, column); its severity follows from its code.

    What cannot be seen in the message, or would break its line, is shown as Python's escape for it.
    """
    severity: Severity = "error" if code < "MQ5" else "finding"
    short = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
    return Problem(*place, code, _visible(short), _visible(hint), severity, width)


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def nearest(word: str, known: Iterable[str]) -> str:
    """Give the known word that may have been meant, "" where none is near."""
    folded = word.casefold()
    near = get_close_matches(folded, sorted(known), n=1, cutoff=0.6) if len(folded) <= _LONGEST else []
    return near[0] if near else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Give "did you mean …?" for the known word that is nearest, or the list of them all when it is short, or ""."""
    choices = sorted(known)
    near = nearest(word, choices)
    if near:
        return f"did you mean '{near}'?"
    return f"known here: {', '.join(choices)}" if 0 < len(choices) <= _GLANCE else ""
