"""Parties and object keys. OCPI compares their parts (CiStrings) without regard to case, so here they are
upper case.
"""

from dataclasses import dataclass
from typing import Final

HUB_PARTY: Final = "IN*CIH"
"""The Hub itself (its guide for eMSPs), where its credentials name no party."""


@dataclass(frozen=True)
class PartyId:
    """A party: ISO 3166-1 alpha-2 country code and the three characters of its ID, both upper case."""

    country_code: str
    party_id: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "country_code", self.country_code.upper())
        object.__setattr__(self, "party_id", self.party_id.upper())

    def __str__(self) -> str:
        return f"{self.country_code}*{self.party_id}"


def object_key(country_code: str, party_id: str, id: str) -> str:  # noqa: A002  # OCPI's own word
    """`IN#ABC#42`: the key of an object that `IN*ABC` owns, the same however its parts are cased."""
    return f"{country_code}#{party_id}#{id}".upper()
