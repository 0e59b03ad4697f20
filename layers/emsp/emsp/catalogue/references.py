"""References to a location or a connector in a payload."""

from emsp.invocation import ObjectId, Owned
from emsp.ocpi.parties import object_key


class LocationReference(Owned):
    """A location of a CPO."""

    id: ObjectId

    @property
    def key(self) -> str:
        return object_key(self.country_code, self.party_id, self.id)


class ConnectorReference(Owned):
    """A connector of a location; at any of its EVSEs unless `evse_uid` is given."""

    location_id: ObjectId
    evse_uid: ObjectId | None = None
    connector_id: ObjectId

    @property
    def key(self) -> str:
        return object_key(self.country_code, self.party_id, self.location_id)
