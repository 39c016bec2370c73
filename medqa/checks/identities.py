"""National identity numbers: of each country the form, and the sum or date in it that tells a number from any other."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import NamedTuple, cast

_FORMS = {
    "tw": r"[A-Z][1289A-D]\d{8}",
    "hk": r"[A-Z]{1,2}\d{6}\([\dA]\)",
    "cn.ric": r"\d{17}[\dXx]",
    "kr.rrn": r"\d{6}-\d{7}",
    "us.ssn": r"\d{3}-\d{2}-\d{4}",
    "in_.aadhaar": r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}",
    "br.cpf": r"\d{3}\.\d{3}\.\d{3}-\d{2}",
    "es.dni": r"\d{8}-?[A-Z]",
    "es.nie": r"[XYZ]-?\d{7}-?[A-Z]",
    "it.codicefiscale": r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]",
    "fr.nir": r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}",
    "my.nric": r"\d{6}-\d{2}-\d{4}",
    "th.pin": r"\d-\d{4}-\d{5}-\d{2}-\d",
    "fi.hetu": r"\d{6}[-+A]\d{3}[0-9A-Y]",
}
"""Module of `stdnum` → form; for Taiwan and Hong Kong, which it does not know, the sums are below."""
_MODULES = tuple(_FORMS)
_NAMES = {
    "tw": "Taiwan", "hk": "Hong Kong", "cn": "China", "kr": "Korea", "us": "the United States", "in_": "India",
    "br": "Brazil", "es": "Spain", "it": "Italy", "fr": "France", "my": "Malaysia", "th": "Thailand", "fi": "Finland",
}  # fmt: skip
_AROUND = 8
"""Letters that may stand before and behind a number's digits."""
_TW_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""In the order of their values, from 10."""


class Identity(NamedTuple):
    """A number that stands in a text."""

    start: int
    end: int
    country: str


def identities(text: str, spans: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> Iterator[Identity]:
    """Give the identity numbers around some places of a text at which many digits stand."""
    for start, end in spans:
        for found in _combined().finditer(text, max(0, start - _AROUND), end + _AROUND):
            module = _MODULES[cast("int", found.lastindex) - 1]
            if _valid(module, found[0]):
                yield Identity(*found.span(), _NAMES[module.partition(".")[0]])


@cache
def _combined() -> re.Pattern[str]:
    forms = "|".join(f"({form})" for form in _FORMS.values())
    return re.compile(rf"(?<![A-Za-z0-9-])(?:{forms})(?![A-Za-z0-9-])")


def _valid(module: str, number: str) -> bool:
    own: dict[str, Callable[[str], bool]] = {"tw": taiwan, "hk": hong_kong}
    if module in own:
        return own[module](number)
    return bool(import_module(f"stdnum.{module}").is_valid(number))


def taiwan(number: str) -> bool:
    """Tell whether the sum of a number of Taiwan's is right: A1, A2 for nationals, A8, A9, or AA to AD, for residents.

    The letter stands for two digits (A: 10 … O: 35), all eleven digits are weighted 1, 9, 8, …, 1, 1, and the sum is a
    multiple of ten; the second letter of an old resident's number stands for the last digit of its value.
    """
    first = _TW_LETTERS.index(number[0]) + 10
    second = str(_TW_LETTERS.index(number[1]) % 10) if number[1].isalpha() else number[1]
    digits = [*divmod(first, 10), *map(int, second + number[2:])]
    return sum(a * b for a, b in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def hong_kong(number: str) -> bool:
    """Tell whether the sum of a number of Hong Kong's is right: letters from A: 10, weights 9 to 1, modulo 11."""
    prefix, rest = re.fullmatch(r"([A-Z]{1,2})(.*)", number).groups()  # type: ignore[union-attr]  # by its form
    values = [36, *(ord(one) - 55 for one in prefix)][-2:]
    digits = [*values, *(10 if one == "A" else int(one) for one in rest if one.isalnum())]
    return sum(a * b for a, b in zip(digits, range(9, 0, -1), strict=True)) % 11 == 0
