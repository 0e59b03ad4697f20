"""References to a location or to a connector in a payload."""

from emsp.invocation import ObjectId, Owned, OwnedObject


class LocationReference(OwnedObject):
    """A location of a CPO."""


class ConnectorReference(Owned):
    """A connector of a location. Without `evse_uid` it may be at any EVSE of the location."""

    location_id: ObjectId
    evse_uid: ObjectId | None = None
    connector_id: ObjectId

    @property
    def key(self) -> str:
        return self.party.key_of(self.location_id)
