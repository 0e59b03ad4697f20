"""OCPI's Credentials module."""

from typing import Annotated, ClassVar, Self

from pydantic import model_validator

from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.cardinalities import OneOrMore
from emsp.ocpi.types.classes import BusinessDetails, Role
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.texts import ANY_TEXT, CiString2, CiString3, Text, Url


class CredentialsRole(OcpiModel):
    """A party on a platform, and what it does there."""

    role: OpenEnum[Role]
    business_details: BusinessDetails
    party_id: CiString3
    country_code: CiString2


class Credentials(OcpiModel):
    """How to reach a platform: the token to show it, the URL of its versions endpoint, its parties.

    The token stays out of `repr` and out of deviations.
    """

    secret_fields: ClassVar[frozenset[str]] = frozenset({"token"})

    token: Annotated[str, Text(64, "^[!-~]*$", min_length=1), ANY_TEXT]
    url: Url
    roles: OneOrMore[CredentialsRole]

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if not self.token or not all("!" <= character <= "~" for character in self.token):
            raise ValueError("has a token that is empty or not printable ASCII: no header could carry it")
        return self
