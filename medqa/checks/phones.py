"""Phone numbers; alone knows the library that knows those of the world."""

from collections.abc import Iterator, Sequence

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType

_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_PERSONAL = _MOBILE | {PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP, PhoneNumberType.PERSONAL_NUMBER}


def phone_numbers(text: str, regions: Sequence[str], *, mobile: bool) -> Iterator[tuple[int, int, str]]:
    """Give (start, end, number as written) of the numbers of persons in a short text.

    Without a country's code they are of one of the `regions`: the first in which all of it is right. Free and shared
    lines are passed over; with `mobile` all others, too, that may be no mobile phone's.
    """
    kinds = _MOBILE if mobile else _PERSONAL
    for region in regions:
        found = False
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING):
            kind = phonenumbers.number_type(match.number)
            if mobile and region in {"US", "CA"} and match.number.country_code == 1:
                continue  # whose numbers do not tell mobile phones
            if kind in kinds:
                found = True
                yield match.start, match.end, match.raw_string
        if found:
            return
