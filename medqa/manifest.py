"""Stage 5, compare: what the last build made against what this one would make.

Pure. A page's fingerprint is a row of short digests: of medqa itself, of its template, of what the template can see of
config and strings, of its value. Equal rows give equal bytes; where two rows differ, the place of the difference says
why the page is made again. For that alone there follows a sum of each field of the value.
"""

from array import array
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any
from zlib import crc32

import msgspec

from medqa.pages import Card, Page
from medqa.templates import Templates

WIDTH = 8
"""Bytes of each digest in a fingerprint: a change goes unnoticed once in 2^64."""
_FIXED = ("medqa itself", "template {template}", "config", "strings", "kind of page")


class Printer:
    """Takes fingerprints."""

    def __init__(self, templates: Templates, engine: str) -> None:
        """Use these templates, and `engine`, the digest of medqa itself."""
        self._templates = templates
        self._engine = _short(engine.encode())
        self._seen: dict[tuple[type[Page], str], bytes] = {}
        self._encode = msgspec.msgpack.Encoder(order="deterministic").encode
        self._card = cache(lambda card: _short(self._encode(card)))  # a hundred lists may show the same

    def fingerprint(self, page: Page) -> bytes:
        """Give a page's fingerprint: the digests, then a sum of each field in the order of its type."""
        values = [*msgspec.structs.astuple(page)]
        for place in _cards(type(page)):
            values[place] = [*map(self._card, values[place])]
        fields = [*map(self._encode, values)]
        sums = array("I", map(crc32, fields))
        return b"".join((self._surroundings(page), _short(b"".join(fields)), sums.tobytes()))

    def _surroundings(self, page: Page) -> bytes:
        """Digest all that a page depends on besides its value."""
        key = type(page), page.lang
        if key not in self._seen:
            strings = self._templates.strings(page.lang)
            uses = self._templates.uses(page.template)
            seen_config = _chosen(self._templates.config, uses.config)
            seen_strings = [
                *_chosen_messages(strings.messages, uses.strings),
                (strings.language, strings.months, strings.date_format),
            ]
            parts = (uses.digest, seen_config, seen_strings, type(page).__name__)
            self._seen[key] = self._engine + b"".join(_short(self._encode(part)) for part in parts)
        return self._seen[key]


@cache
def _cards(kind: type[Page]) -> tuple[int, ...]:
    """Give the places of the fields that hold cards."""
    fields = msgspec.structs.fields(kind)
    return tuple(place for place, field in enumerate(fields) if field.type == tuple[Card, ...])


def why(kind: type[Page], now: bytes, before: bytes | None) -> str:
    """Say in words where two fingerprints of a page of this kind differ; `up to date` where they do not."""
    if before is None:
        return "new"
    if now == before:
        return "up to date"
    if len(now) != len(before):
        return f"{_FIXED[0]} changed"
    return f"{', '.join(_differing(kind, now, before)) or 'what it shows'} changed"


def _differing(kind: type[Page], now: bytes, before: bytes) -> Iterator[str]:
    """Name the parts in which two fingerprints differ."""
    for number, label in enumerate(_FIXED):
        start, end = number * WIDTH, (number + 1) * WIDTH
        if now[start:end] != before[start:end]:
            yield label.format(template=kind.template)
    fields = (len(_FIXED) + 1) * WIDTH
    for field, *sums in zip(kind.__struct_fields__, array("I", now[fields:]), array("I", before[fields:]), strict=True):
        if sums[0] != sums[1]:
            yield field.replace("_", " ")


def _chosen(value: msgspec.Struct, names: frozenset[str]) -> list[tuple[str, Any]]:
    """Give the fields of a value that a template names, all of them for "*"."""
    wanted = set(value.__struct_fields__) if "*" in names else set(names)
    if "path_prefix" in wanted:
        wanted.add("base_url")
    fields = wanted | {"base_url", "language"}  # every link and every fallback uses these two
    return [(name, getattr(value, name)) for name in sorted(fields & set(value.__struct_fields__))]


def _chosen_messages(messages: Mapping[str, Any], names: frozenset[str]) -> list[tuple[str, Any]]:
    wanted = set(messages) if "*" in names else names & set(messages)
    return [(name, messages[name]) for name in sorted(wanted)]


def _short(data: bytes) -> bytes:
    return blake2b(data, digest_size=WIDTH).digest()
