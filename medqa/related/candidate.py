"""A thread as the ranking sees it."""

import msgspec


class Candidate(msgspec.Struct, frozen=True):
    """What the ranking knows of a thread."""

    stem: str
    """The thread's identity."""
    terms: bytes
    """`term_counts`, as MessagePack: 1 KB where the dict takes 10, and a hundred thousand are held at a time."""
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
