"""Stage 5, compare: what the last build made against what this one would make.

Pure. A page's fingerprint is a row of short digests: one for each field of its value, one for its template, one for
what the template can see of config and strings, one for medqa itself. Equal rows give equal bytes; where two rows
differ, the place of the difference says why the page is made again.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

import msgspec

from medqa.pages import Page
from medqa.templates import Templates

WIDTH = 8
"""Bytes of each digest in a fingerprint: a change goes unnoticed once in 2^64."""
_FIXED = ("medqa itself", "template {template}", "config", "strings", "kind of page")

Fingerprints = Mapping[str, bytes]
"""Address of a page → its fingerprint."""


class Plan(msgspec.Struct, frozen=True):
    """What has to be done."""

    stale: Mapping[str, str]
    """Address → why the page is to be made: `new`, `title changed`, `template thread.html changed`."""
    orphaned: tuple[str, ...]
    """Addresses that the last build made and this one does not."""


class Printer:
    """Takes fingerprints."""

    def __init__(self, templates: Templates, engine: str) -> None:
        """Use these templates, and `engine`, the digest of medqa itself."""
        self._templates = templates
        self._engine = _short(engine.encode())
        self._seen: dict[tuple[str, str], bytes] = {}
        self._encoder = msgspec.msgpack.Encoder(order="deterministic")

    def fingerprint(self, page: Page) -> bytes:
        """Give a page's fingerprint: the fixed digests, then one for each field in the order of its type."""
        encode = self._encoder.encode
        fields = (_short(encode(getattr(page, field))) for field in page.__struct_fields__)
        return self._surroundings(page) + b"".join(fields)

    def _surroundings(self, page: Page) -> bytes:
        """Digest all that a page depends on besides its value."""
        strings = self._templates.strings(page.lang)
        key = (type(page).__name__, strings.language)
        if key not in self._seen:
            uses = self._templates.uses(page.template)
            seen_config = _chosen(self._templates.config, uses.config)
            seen_strings = [
                *_chosen_messages(strings.messages, uses.strings),
                (strings.language, strings.months, strings.date_format),
            ]
            parts = (uses.digest, seen_config, seen_strings, key[0])
            self._seen[key] = self._engine + b"".join(_short(self._encoder.encode(part)) for part in parts)
        return self._seen[key]


def compare(pages: Mapping[str, tuple[type[Page], bytes]], last: Fingerprints) -> Plan:
    """Find the pages to make (all that differ from the last build's) and those to remove."""
    stale = {
        url: why(kind, fingerprint, last.get(url))
        for url, (kind, fingerprint) in pages.items()
        if last.get(url) != fingerprint
    }
    return Plan(stale, tuple(url for url in last if url not in pages))


def why(kind: type[Page], now: bytes, before: bytes | None) -> str:
    """Say in words where two fingerprints of a page of this kind differ; `up to date` where they do not."""
    if before is None:
        return "new"
    if now == before:
        return "up to date"
    labels = _labels(kind)
    if len(now) != len(before):
        return f"{labels[0]} changed"
    places = (number for number in range(len(labels)) if _part(now, number) != _part(before, number))
    return f"{', '.join(labels[number] for number in places)} changed"


@cache
def _labels(kind: type[Page]) -> tuple[str, ...]:
    fields = (field.replace("_", " ") for field in kind.__struct_fields__)
    return (*(label.format(template=kind.template) for label in _FIXED), *fields)


def _part(fingerprint: bytes, number: int) -> bytes:
    return fingerprint[number * WIDTH : (number + 1) * WIDTH]


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
    """Give a digest; what is short stands for itself."""
    return data.ljust(WIDTH, b"\0") if len(data) < WIDTH else blake2b(data, digest_size=WIDTH).digest()
