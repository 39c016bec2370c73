"""Words and patterns by language, from the data files beside this module: `en.toml`, `zh.toml`.

A pattern is looked for in the text in lower case and with plain marks (' for ’), and only where plain words let one
hope: in a text in which one of its `needs` stands, there at each place where one of its `starts` does. That makes
dozens of patterns affordable.
`{female}`, `{date}` and the like in a pattern stand for the lists and patterns under `[lists]`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from importlib import resources
from itertools import chain
from typing import Literal, Protocol, get_args

import msgspec

_HAN = re.compile("[\u3400-\u9fff]")
_SHORT = 3
_APART = bytes(32 if at in b'!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~' else at for at in range(256))
_LISTED = re.compile(r"\{([a-z_]+)\}")
_SPACE = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])| ", re.DOTALL)
"""A space of a pattern that stands in no class; what else is found is in the group."""


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is looked for, and what has to stand in the text for that to be worth it."""

    find: str
    """A regular expression; groups named age, female, male, name, value tell of what is found."""
    needs: frozenset[str]
    """Words in lower case (in Chinese any letters), of which one stands in every text in which anything is found."""
    starts: tuple[str, ...] = ()
    """In lower case; where there are some, all that is found begins with one of them."""
    cased: bool = False
    """Whether capital letters count: then the text is searched as it stands. Else its spaces may be ends of lines."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the checks know of a language."""

    script: Literal["latin", "han"]
    regions: tuple[str, ...]
    """Where phone numbers without a country's code may be from."""
    lists: Mapping[str, str | tuple[str, ...]] = {}
    statements: tuple[Pattern, ...] = ()
    """The asker's own age and sex."""
    greetings: tuple[Pattern, ...] = ()
    """A reply's first words: whom it greets, as a man or a woman, by which name."""
    signatures: tuple[Pattern, ...] = ()
    """A reply's last words: who signs, and of which hospital."""
    names: tuple[Pattern, ...] = ()
    """Full names of askers."""
    births: tuple[Pattern, ...] = ()
    ages: tuple[Pattern, ...] = ()
    """Ages over 89."""
    records: tuple[Pattern, ...] = ()
    """Numbers of patients' records and cards."""
    messengers: tuple[Pattern, ...] = ()
    addresses: tuple[Pattern, ...] = ()
    abbreviations: frozenset[str] = frozenset()
    """What ends in a full stop without ending a sentence."""
    emergencies: tuple[str, ...] = ()
    """What an asker may suffer from that cannot wait."""
    urgent: tuple[str, ...] = ()
    """What a doctor says when it cannot wait."""
    negations: tuple[str, ...] = ()
    """Words before a phrase that take it back."""
    conditions: tuple[str, ...] = ()
    """Words in a sentence that make a doctor's phrase a rule for later, not what is to be done now."""


Category = Literal[
    "statements", "greetings", "signatures", "names", "births", "ages", "records", "messengers", "addresses"
]


class Looked(Protocol):
    """A text that is looked through."""

    text: str
    short: bool
    """Whether few words are sooner looked for in it than all of its own are listed."""

    @property
    def lower(self) -> str:
        """The text in lower case, letter for letter."""

    @property
    def vocabulary(self) -> AbstractSet[str]:
        """The words of the text in lower case."""


class Search:
    """Patterns that begin alike, ready for use."""

    def __init__(self, language: "Language", patterns: Sequence[Pattern]) -> None:
        """Join patterns of the same `needs`, `starts` and `cased`."""
        first = patterns[0]
        self.needs, self._starts, self._cased = first.needs, first.starts, first.cased
        finds = (language.filled(one.find) for one in patterns)
        self._patterns = [re.compile(find if self._cased else _wrapped(find)) for find in finds]

    def found(self, looked: Looked) -> Iterator[re.Match[str]]:
        """Find them in a text."""
        subject = looked.text if self._cased else looked.lower
        if not self._starts:
            for pattern in self._patterns:
                yield from pattern.finditer(subject)
        for start in self._starts:
            at = looked.lower.find(start)
            while at >= 0:
                for pattern in self._patterns:
                    if match := pattern.match(subject, at):
                        yield match
                at = looked.lower.find(start, at + 1)


def _wrapped(find: str) -> str:
    """Let an end of line stand for each space of a pattern: editors break long lines."""
    return _SPACE.sub(lambda found: found[1] or "[ \n]", find)


class Language:
    """A language's words, its patterns ready for use as soon as they are first needed."""

    def __init__(self, words: Words) -> None:
        """Keep the words."""
        self.words = words
        self.emergencies = self._by_word(words.emergencies)
        self.urgent = self._by_word(words.urgent)
        self._emergency_words = frozenset(word for word, _ in self.emergencies)
        self._searches: dict[Category, tuple[Search, ...]] = {}
        self._categories: dict[str, set[Category]] = {}
        for category in get_args(Category):
            for need in chain.from_iterable(pattern.needs for pattern in getattr(words, category)):
                self._categories.setdefault(need, set()).add(category)

    def categories(self, looked: Looked) -> set[Category]:
        """Give the categories of which something may be found in a text."""
        return set[Category]().union(*(self._categories[need] for need in self._had(self._categories.keys(), looked)))

    def found(self, category: Category, looked: Looked) -> Iterator[re.Match[str]]:
        """Find what the patterns of a category find in a text."""
        if category not in self._searches:
            alike: dict[tuple[object, ...], list[Pattern]] = {}
            for pattern in getattr(self.words, category):
                alike.setdefault((pattern.needs, pattern.starts, pattern.cased), []).append(pattern)
            self._searches[category] = tuple(Search(self, patterns) for patterns in alike.values())
        for search in self._searches[category]:
            if self._had(search.needs, looked):
                yield from search.found(looked)

    def told_emergencies(self, looked: Looked) -> list[str]:
        """Give the emergencies worth looking for in an asker's text."""
        had = self._had(self._emergency_words, looked)
        return [phrase for word, several in self.emergencies if word in had for phrase in several] if had else []

    def said_urgent(self, looked: Looked) -> list[str]:
        """Give the phrases worth looking for in a doctor's text; they share few words."""
        return [phrase for word, several in self.urgent if word in looked.lower for phrase in several]

    def _had(self, words: AbstractSet[str], looked: Looked) -> AbstractSet[str]:
        """Give those of some words that a text has."""
        if looked.short or self.words.script == "han":
            return {word for word in words if word in looked.lower}
        return words & looked.vocabulary

    def _by_word(self, phrases: Iterable[str]) -> "Groups":
        """Group phrases by words that several of them share, so that few words tell whether a text may have any."""
        if self.words.script == "han":
            return tuple((phrase, (phrase,)) for phrase in phrases)
        left, groups = [(phrase, frozenset(vocabulary(phrase))) for phrase in phrases], []
        while left:
            counts = Counter(word for _, words in left for word in words)
            word = max(sorted(counts), key=lambda one: (len(one) > _SHORT, counts[one], len(one)))
            groups.append((word, tuple(phrase for phrase, words in left if word in words)))
            left = [(phrase, words) for phrase, words in left if word not in words]
        return tuple(groups)

    def filled(self, find: str) -> str:
        """Put the lists in place of their names in braces."""

        def listed(name: re.Match[str]) -> str:
            value = self.words.lists[name[1]]
            return self.filled(value) if isinstance(value, str) else "|".join(value)

        return _LISTED.sub(listed, find)


Groups = tuple[tuple[str, tuple[str, ...]], ...]
"""A word that some phrases share, and these."""


def vocabulary(lower: str) -> set[str]:
    """Give the words of a text in lower case."""
    return set(lower.encode(errors="replace").translate(_APART).decode().split())


@cache
def languages() -> tuple[Language, ...]:
    """Give all languages."""
    files = sorted((one for one in resources.files(__name__).iterdir() if one.name.endswith(".toml")), key=str)
    return tuple(Language(msgspec.toml.decode(file.read_bytes(), type=Words)) for file in files)


def spoken(odd: str) -> tuple[Language, ...]:
    """Give the languages that a text may be written in, by those of its letters that are not of plain English."""
    return _of(bool(odd) and _HAN.search(odd) is not None)


@cache
def _of(han: bool) -> tuple[Language, ...]:  # noqa: FBT001 - the key of a cache
    return tuple(one for one in languages() if one.words.script == "latin" or han)
