"""A thread as the ranking sees it."""

from collections.abc import Mapping

import msgspec

from medqa.related.weights import factors

_PACKED = msgspec.msgpack.Decoder(tuple[str, bytes])


class Candidate(msgspec.Struct, frozen=True):
    """What the ranking knows of a thread."""

    stem: str
    """The thread's identity."""
    terms: bytes
    """`packed` counts: 1 KB where the dict takes 10, and a hundred thousand are held at a time."""
    lang: str
    """Language tag. Languages are one only if their tags are."""
    title_key: tuple[str, ...]
    """What makes two cards look alike: the title and who replied."""
    year: int
    """In which it was asked."""
    pinned: tuple[str, ...] = ()
    """Stems that the editors put first, in their order; those that are no candidates are passed over."""
    superseded: bool = False
    """Whether another thread stands for it: it has a list of its own, but is in those of others only where pinned."""


def packed(counts: Mapping[str, int]) -> bytes:
    """Pack what `term_counts` gives: the terms in their order, none of which has a line end, and the factor of each."""
    terms = sorted(counts)
    return msgspec.msgpack.encode(("\n".join(terms), factors(map(counts.__getitem__, terms))))


def unpacked(terms: bytes) -> tuple[list[str], bytes]:
    """Give the terms, in their order, and the factor of each."""
    text, several = _PACKED.decode(terms)
    return text.split("\n") if text else [], several
