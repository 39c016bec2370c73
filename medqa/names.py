"""What people call things, and the addresses made of it."""

import re
import unicodedata
from functools import lru_cache

_HONORIFIC = re.compile(r"^dr\b\.?\s*|\s*(?:醫師|醫生|医师|医生)$", re.IGNORECASE)


@lru_cache(maxsize=1 << 14)
def strip_honorifics(name: str) -> str:
    """Take "Dr." from before a name and 醫師, 醫生, 医师, 医生 from behind it: they are no part of it."""
    bare = _HONORIFIC.sub("", name.strip())
    return bare or name.strip()


@lru_cache(maxsize=1 << 14)
def key(name: str) -> str:
    """Give what two spellings of one name have in common: compatibility forms, case and white space are folded."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def slug(name: str) -> str:
    """Give the address of a name that has no record: ASCII words and hyphens, "" where nothing can be spelled.

    A slug is no identity: 腎 and 肾 share one, and so do C and C++.
    """
    from slugify import slugify  # noqa: PLC0415 - with records for all names there is no need of it

    return str(slugify(name, max_length=100, word_boundary=True))
