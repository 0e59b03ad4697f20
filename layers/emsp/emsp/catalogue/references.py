"""References to a location or a connector in a payload."""

from emsp.invocation import ObjectId, Owned, OwnedObject


class LocationReference(OwnedObject):
    """A location of a CPO."""


class ConnectorReference(Owned):
    """A connector of a location; at any of its EVSEs unless `evse_uid` is given."""

    location_id: ObjectId
    evse_uid: ObjectId | None = None
    connector_id: ObjectId

    @property
    def key(self) -> str:
        return self.party.key_of(self.location_id)
