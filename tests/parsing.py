"""Documents of the tests' own, parsed."""

from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from medqa.config import Config
from medqa.documents import Parsed, Thread
from medqa.errors import Problem
from medqa.fields import Name
from medqa.locales import load_locales
from medqa.parse import dialect, parse
from medqa.sources import Kind, Place

LOCALES, _ = load_locales(Path("/nowhere"), Config())
ENGLISH, CHINESE = (dialect(Config(language=language), LOCALES) for language in ("en", "zh-Hant"))
HEADER = "title: Twitching\nspecialty: Neurology\nasked: 2023-07-06\n"
BODY = "## Question\nWhy?\n"
REPLY = "## Reply\nIt passes.\n"
FLAT = "doctor: Ann Bell\nreplied: 2023-07-07\n"
WHOLE = """\
title: "Involuntary Muscle Twitches: Causes"
question: Involuntary muscle twitching?
specialty: Neurology
asker: {name: Hsuān, age: 30~39, sex: female}
asked: 2023/07/06
replies:
  - {doctor: Dr. Jiang Junyi, hospital: Taoyuan Medical Center, specialty: Family Medicine, replied: 2023-07-06}
  - doctor: Ann Bell
    replied: 2023/07/09
follow_ups:
  - {asked: 2023-07-08}
  - {}
topics: [muscle twitching, "anxiety: a topic"]
related: [calf-twitch, eyelid-twitch]
aliases: [old-stem, /old/path.html]
status: draft
publish_on: 2023-07-10
expires_on: 2033-07-10
lang: en-GB
translation_of: zh-original
translated_by: machine
reviewed_by: Ann Bell
reviewed_on: 2023-08-01
superseded_by: newer
duplicate_of: older
urgent: true
noindex: true
more_info_by: editor
corrections:
  - {on: 2023-07-11, by: editor, why: The dose was wrong, reply: 2}
  - {on: 2023-07-12, why: A name}
ack: {MQ501: planned, MQ701: follows}
sources: [https://example.org/a#b, "Book: chapter 2"]
consent: form 12
origin: page 4711
"""
WHOLE_BODY = """
## Question
Why does it twitch?

## Reply
It passes.
## Follow-up
Really?
## Reply
Yes, [see above](#reply-1).
## Follow-up
Thanks.
## More Info
### Causes
Coffee.
"""
"""A thread with every field, and its sections."""
LINES = st.sampled_from(
    ["```", "````", "~~~", "~~~ x", "``` `", "   ```", "    ```", "\t~~~", "```\t", "## Reply", "# x #", "  ## Reply",
     "    # x", "\t# x", "##\u3000x", "\u3000# x", "#", "## ##", "##x", "text", ""]
)  # fmt: skip
"""Lines that are, or nearly are, headings and fences."""


def outcome(text: str, kind: Kind = "threads", *, spoken: Any = ENGLISH) -> Parsed | list[Problem]:
    return parse(Place(kind, "x", f"content/{kind}/x.md"), text, spoken)


def document(header: str, body: str = "", kind: Kind = "threads", *, spoken: Any = ENGLISH) -> Any:
    found = outcome(f"---\n{header}---\n{body}", kind, spoken=spoken)
    assert isinstance(found, Parsed), found
    assert not found.findings
    return found.document


def thread(more: str = "", body: str = BODY, *, spoken: Any = ENGLISH) -> Thread:
    found: Thread = document(HEADER + more, body, spoken=spoken)
    return found


def words(value: tuple[Name, ...] | Name | None) -> Any:
    """Leave the places out."""
    return tuple(name.text for name in value) if isinstance(value, tuple) else value and value.text


def without_places(value: Any) -> Any:
    """Leave the places of all names and days out, and the digests of texts."""
    plain = msgspec.to_builtins(value)
    return _bare(plain)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(part) for key, part in value.items() if key not in {"line", "column", "digest", "days"}}
    return [_bare(part) for part in value] if isinstance(value, list | tuple) else value
