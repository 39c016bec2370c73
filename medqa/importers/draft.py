"""A thread that is about to be a file, whatever it was before."""

import re
import unicodedata
from collections.abc import Mapping

import msgspec

from medqa import frontmatter
from medqa.editing import tidying
from medqa.frontmatter import Value
from medqa.yamltext import INVISIBLE

_EMPHASIS = re.compile(r"(?<!\\)([*`])|(?<![^\W_])_|_(?![^\W_])")
_LINK = re.compile(r"\](?=[(\[:])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)")
_BULLET = re.compile(r"([-*+] +)(.*)")
_OPENS_BLOCK = re.compile(r"#|>|(?:[-*_] *){3,}$|~{3}|\||[-:][-:| ]*\|[-:| ]*$")


class DraftReply(msgspec.Struct, kw_only=True):
    """A doctor's reply as far as it is known."""

    doctor: str = ""
    hospital: str = ""
    specialty: str = ""
    replied: str = ""
    text: str = ""


class DraftFollowUp(msgspec.Struct, kw_only=True):
    """What the asker asked again, as far as it is known."""

    asked: str = ""
    text: str = ""


class Draft(msgspec.Struct, kw_only=True):
    """A thread as far as it is known; all texts are Markdown."""

    origin: str
    """Where it was found: by this it is known again when the same is imported once more."""
    title: str = ""
    question: str = ""
    specialty: str = ""
    asker: dict[str, str] = {}
    asked: str = ""
    turns: list[DraftReply | DraftFollowUp] = []
    """What was said after the question, in its order."""
    topics: list[str] = []
    lang: str = ""
    more_info_by: str = ""
    text: str = ""
    more_info: str = ""
    repaired: list[str] = []
    """What was mended, for people."""
    left: list[str] = []
    """What was found and not taken, or not understood, for people."""

    @property
    def replies(self) -> list[DraftReply]:
        """The replies among the turns."""
        return [turn for turn in self.turns if isinstance(turn, DraftReply)]

    @property
    def follow_ups(self) -> list[DraftFollowUp]:
        """The follow-ups among the turns."""
        return [turn for turn in self.turns if isinstance(turn, DraftFollowUp)]

    def fields(self) -> list[str]:
        """Name the fields of front matter, and the sections, that it fills."""
        own = ("title", "question", "specialty", "asker", "asked", "topics", "lang")
        told = [key for key in own if getattr(self, key)]
        told += (key for key in ("doctor", "hospital", "replied") if any(getattr(one, key) for one in self.replies))
        told += ["follow-up"] if self.follow_ups else []
        return [*told, *(["more info"] if self.more_info else [])]

    def document(self) -> str:
        """Write the file."""
        fields: dict[str, Value] = {
            "title": self.title,
            "question": self.question if self.question != self.title else "",
            "specialty": self.specialty,
            "asker": {key: self.asker[key] for key in ("name", "age", "sex") if self.asker.get(key)},
            "asked": self.asked,
            **self._replies(),
            "follow_ups": self._follow_ups(),
            "topics": list(self.topics),
            "lang": self.lang,
            "more_info_by": self.more_info_by,
            "origin": self.origin,
        }
        sections = [("Question", self.text)]
        sections += (("Reply" if isinstance(turn, DraftReply) else "Follow-up", turn.text) for turn in self.turns)
        if self.more_info:
            sections.append(("More Info", self.more_info))
        body = "\n".join(f"## {name}\n\n{text.strip()}\n" for name, text in sections)
        return f"---\n{frontmatter.write(clean_values(fields))}---\n\n{tidying.tidy_text(body)}"

    def _replies(self) -> dict[str, Value]:
        """Give the fields of the replies: one flat, several as a list."""
        if len(self.replies) > 1 or any(reply.specialty for reply in self.replies):
            return {
                "replies": [_fields_of(reply, "doctor", "hospital", "specialty", "replied") for reply in self.replies]
            }
        return _fields_of(self.replies[0], "doctor", "hospital", "replied") if self.replies else {}

    def _follow_ups(self) -> list[Value]:
        """Give an entry for each follow-up, none where nothing is known of any."""
        dated = any(one.asked for one in self.follow_ups)
        return [{"asked": one.asked} for one in self.follow_ups] if dated else []


def _fields_of(reply: DraftReply, *keys: str) -> dict[str, Value]:
    return {key: getattr(reply, key) for key in keys}


def clean_values(fields: dict[str, Value]) -> dict[str, Value]:
    """Take out of values what no editor could see."""
    return {key: _clean(value) for key, value in fields.items()}


def _clean(value: Value) -> Value:
    match value:
        case str():
            return unicodedata.normalize("NFC", clean(value))
        case Mapping():
            return {key: _clean(one) for key, one in value.items()}
        case _:
            return [_clean(one) for one in value]


def clean(text: str) -> str:
    """Give a text without control characters and halves of characters; hard spaces are spaces."""
    return INVISIBLE.sub("", text.encode("utf-8", "ignore").decode()).replace("\u00a0", " ")


def as_markdown(text: str) -> str:
    """Give Markdown that shows a plain text: its lists stay lists, all other marks are only characters."""
    lines = clean(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(_escaped(line.strip()) for line in lines)


def _escaped(line: str) -> str:
    bullet = _BULLET.fullmatch(line)
    if bullet and not _OPENS_BLOCK.match(line):
        return bullet[1] + _escaped(bullet[2])
    words = "".join(part if "://" in part else _escaped_word(part) for part in re.split(r"(\s+)", line))
    return f"\\{words}" if _OPENS_BLOCK.match(words) and not words.startswith("\\") else words


def _escaped_word(word: str) -> str:
    word = _LINK.sub(r"\\]", _ENTITY.sub("&amp;", _BACKSLASH.sub(r"\\\\", word)))
    return _EMPHASIS.sub(lambda mark: f"\\{mark[0]}", word)
