"""Parties and object keys. Both are in upper case, because they are case-insensitive in OCPI (CiString)."""

from dataclasses import dataclass
from typing import Final

HUB_PARTY: Final = "IN*CIH"
"""The Hub's own party (by its eMSP guide), for credentials that name no party."""


@dataclass(frozen=True)
class PartyId:
    """A party: its country code (ISO 3166-1 alpha-2) and the three characters of its ID, in upper case."""

    country_code: str
    party_id: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "country_code", self.country_code.upper())
        object.__setattr__(self, "party_id", self.party_id.upper())

    def __str__(self) -> str:
        return f"{self.country_code}*{self.party_id}"

    @classmethod
    def named(cls, text: str) -> "PartyId | None":
        """Return the party with a name such as `IN*ABC`, or None for an empty text."""
        country_code, _, party_id = text.partition("*")
        return cls(country_code, party_id) if party_id else None

    def key_of(self, object_id: str) -> str:
        """Return the key of the object with this id that the party owns."""
        return object_key(self.country_code, self.party_id, object_id)


def object_key(country_code: str, party_id: str, id: str) -> str:  # noqa: A002  # OCPI's own word
    """Return the key of an object that the party owns, such as `IN#ABC#42`, in upper case."""
    return f"{country_code}#{party_id}#{id}".upper()
