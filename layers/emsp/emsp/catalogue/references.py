"""What names a location or a connector in a payload."""

from typing import Annotated

from pydantic import Field

from emsp.invocation import Owned
from emsp.ocpi.parties import object_key

type Id = Annotated[str, Field(min_length=1, max_length=100)]


class LocationReference(Owned):
    """A location of a CPO."""

    id: Id

    @property
    def key(self) -> str:
        return object_key(self.country_code, self.party_id, self.id)


class ConnectorReference(Owned):
    """A connector of a location, at any of its EVSEs unless one is named."""

    location_id: Id
    evse_uid: Annotated[str, Field(min_length=1, max_length=36)] | None = None
    connector_id: Annotated[str, Field(min_length=1, max_length=36)]

    @property
    def key(self) -> str:
        return object_key(self.country_code, self.party_id, self.location_id)
