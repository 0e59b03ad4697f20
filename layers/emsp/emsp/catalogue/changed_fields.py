"""The differences between two versions of a location or tariff, for its events."""

from collections.abc import Mapping

from emsp.catalogue.connector_groups import evses_of
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, JsonValue

LAST_UPDATED = "last_updated"


def what_changed(old: JsonObject, new: JsonObject) -> JsonObject:
    """Return `{"fields": [...]}`, with the names of the fields that differ.

    For the EVSEs of a location, it also has `evses_added`, `evses_removed` (uids) and `evse_statuses`
    (`{"uid", "evse_id", "from", "to"}` each), if there are any. `last_updated` is one of the fields of the
    object. In EVSEs and connectors it is ignored.
    """
    fields = [
        name
        for name in sorted(old.keys() | new.keys())
        if _plain(old.get(name)) != _plain(new.get(name)) or (name in old) != (name in new)
    ]
    differences: JsonObject = {"fields": [*fields]}
    before, after = _by_uid(old), _by_uid(new)
    if added := [uid for uid in after if uid not in before]:
        differences["evses_added"] = [*added]
    if removed := [uid for uid in before if uid not in after]:
        differences["evses_removed"] = [*removed]
    statuses: list[JsonValue] = [
        {
            "uid": uid,
            "evse_id": evse.get("evse_id"),
            "from": before[uid].get("status"),
            "to": evse.get("status"),
        }
        for uid, evse in after.items()
        if uid in before and before[uid].get("status") != evse.get("status")
    ]
    if statuses:
        differences["evse_statuses"] = statuses
    return differences


def only_statuses_changed(old: JsonObject, new: JsonObject) -> bool:
    """Whether two versions of a location differ only in EVSE statuses (and in last_updated)."""
    return _without_statuses(old) == _without_statuses(new) and _statuses(old) != _statuses(new)


def _without_statuses(location: JsonObject) -> JsonValue:
    evses: list[JsonValue] = [
        {name: value for name, value in evse.items() if name != "status"} for evse in evses_of(location)
    ]
    return _plain({**location, "evses": evses})


def _statuses(location: JsonObject) -> list[JsonValue]:
    return [evse.get("status") for evse in evses_of(location)]


def _by_uid(location: JsonObject) -> Mapping[str, JsonObject]:
    return {id_text(evse.get("uid")) or "": evse for evse in evses_of(location)}


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if name != LAST_UPDATED}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value
