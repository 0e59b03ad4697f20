"""Split an amount in a CPO's file into its sign, currency and number.

`(295.00)`, `295.00-` and `- 295.00` are negative. An Indian amount may end with `/-`. The currency is an ISO
4217 code or a symbol. Digits of any script are read.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from emsp.ocpi.currencies import DECIMALS

LONGEST_AMOUNT: Final = 64
"""The largest number of characters of an amount."""

_SYMBOLS: Final = {
    "₹": "INR",
    "RS": "INR LKR MUR NPR PKR SCR",
    "RS.": "INR LKR MUR NPR PKR SCR",
    "€": "EUR",
    "£": "EGP FKP GBP GIP SHP SSP",
    "$": "AUD BBD BMD BND BSD BZD CAD FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD USD XCD",
    "¥": "CNY JPY",
}
"""The currencies that a symbol may mean."""
_SAME: Final = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2002\u2003\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\t", " "),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\uff0d", "-"),
        **dict.fromkeys("\u2019\u02bc\uff07", "'"),
        **dict(zip("（），．＋／", "(),.+/", strict=True)),
        **dict.fromkeys("\ufeff\u200b\u200e\u200f\u2066\u2069", None),
    }
)
"""Characters that look like another one, with what replaces them. The last ones are invisible."""
_CURRENCY: Final = r"(?:[A-Z]{3}|RS\.?|[₹€£$¥])"
_SIGN: Final = r"([-+(]?)"
_WRITTEN: Final = re.compile(
    rf"{_SIGN} *({_CURRENCY}?) *{_SIGN} *([.,]?[0-9](?:[0-9.,' ]*[0-9])?)"
    rf" *(-|\)|/-|) *({_CURRENCY}?) *([-)]?)"
)
_SIGNS: Final = {"": 1, "+": 1, "-": -1, "()": -1}
_GROUPS: Final = re.compile(
    r"(?:[0-9]{1,3}([ '])[0-9]{3}(?:\1[0-9]{3})*|[0-9]{1,2}([ '])[0-9]{2}(?:\2[0-9]{2})*\2[0-9]{3})"
    "(?:[.,][0-9]+)?"
)
"""Numbers with groups: `1 234 567,8`, `1'234.50`, and Indian lakhs: `1 23 456`."""


@dataclass(frozen=True)
class WrittenAmount:
    """An amount as it is written.

    `number` has digits, dots and commas, or is empty if `text` is no amount. `currencies` are the possible
    currencies, or None if the text names none.
    """

    text: str
    number: str = ""
    sign: int = 1
    currencies: frozenset[str] | None = None


def written_amount(text: str) -> WrittenAmount:
    """Return the parts of the amount in `text`."""
    if not 0 < len(text) <= LONGEST_AMOUNT:
        return WrittenAmount(text)
    same = text if text.isascii() else "".join(map(_digit, text.translate(_SAME)))
    match = _WRITTEN.fullmatch(same.upper().strip())
    if match is None:
        return WrittenAmount(text)
    before, first, between, number, after, second, last = match.groups()
    sign = _SIGNS.get(f"{before}{between}{after.removeprefix('/-')}{last}")
    if " " in number or "'" in number:
        number = re.sub("[ ']", "", number) if _GROUPS.fullmatch(number) else ""
    named = [_currencies(each) for each in (first, second) if each]
    currencies = frozenset.intersection(*named) if named else None
    if sign is None or currencies == frozenset():
        return WrittenAmount(text)
    return WrittenAmount(text, number, sign, currencies)


def currencies_named(text: str) -> frozenset[str] | None:
    """Return the currencies that a cell such as `INR` or `€` may mean.

    The result is an empty set if the cell is no currency, and None if the cell is empty.
    """
    return _currencies(text.strip().upper()) if text.strip() else None


def _currencies(named: str) -> frozenset[str]:
    return frozenset(_SYMBOLS.get(named, named if named in DECIMALS else "").split())


def _digit(character: str) -> str:
    return str(unicodedata.decimal(character, character))
