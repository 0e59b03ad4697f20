"""The classes and enums that several modules share. They are from the types chapter unless another is
named.
"""

from enum import StrEnum
from typing import Annotated

from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.cardinalities import ZeroOrOne
from emsp.ocpi.types.numbers import Number
from emsp.ocpi.types.texts import ANY_TEXT, Language, String512, Text


class Role(StrEnum):
    CPO = "CPO"
    EMSP = "EMSP"
    HUB = "HUB"
    NAP = "NAP"
    NSP = "NSP"
    OTHER = "OTHER"
    SCSP = "SCSP"


class DisplayText(OcpiModel):
    """A text for drivers in one language."""

    language: Language
    text: String512


class Price(OcpiModel):
    """An amount of money in the currency of the object that contains it."""

    excl_vat: Number
    incl_vat: ZeroOrOne[Number] = None


class GeoLocation(OcpiModel):
    """A point in decimal degrees, as text with five to seven decimals (locations chapter)."""

    latitude: Annotated[str, Text(10, r"^-?[0-9]{1,2}\.[0-9]{5,7}$"), ANY_TEXT]
    longitude: Annotated[str, Text(11, r"^-?[0-9]{1,3}\.[0-9]{5,7}$"), ANY_TEXT]
