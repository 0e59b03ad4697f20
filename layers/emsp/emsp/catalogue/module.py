"""How the modules of the catalogue (locations, tariffs) differ, and how their objects are prepared for
storing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emsp.catalogue.fingerprint import content_hash, text_hash
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.deviations import Deviation, deviations
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject, MalformedJson, as_object, parse_json
from emsp.ocpi.list_text import ListedObject
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.parties import object_key
from emsp.ocpi.wrong_clocks import BEFORE_ALL, is_credible
from emsp.stores.catalogue_table import CatalogueObject

KEY_LENGTH = 200
DEVIATIONS_KEPT = 50
IDENTITY = ("country_code", "party_id", "id")


class BadObject(ValueError):
    """An object of a list without a usable identity or `last_updated`. The message says why."""


@dataclass(frozen=True)
class CatalogueModule:
    """A module of the catalogue.

    `attributes` returns the attributes for the indexes of the table, from an object and its key. `feature`
    returns the object for a map, or None if maps do not show it. `ids` returns further ids by which the
    object is found.
    """

    name: str
    model: type[OcpiModel]
    attributes: Callable[[str, JsonObject], Mapping[str, str]]
    feature: Callable[[JsonObject], Mapping[str, Any] | None]
    ids: Callable[[JsonObject], Sequence[str]]


def key_in(peek: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Return the object key, or None if the identity of the object is incomplete."""
    if not isinstance(peek, dict):
        return None
    country_code, party_id, object_id = (id_text(peek.get(name)) for name in IDENTITY)
    if country_code is None or party_id is None or object_id is None:
        return None
    key = object_key(country_code.strip(), party_id.strip(), object_id)
    well_formed = len(country_code.strip()) == 2 and 1 <= len(party_id.strip()) <= 3 and "#" not in party_id
    return (
        key
        if well_formed and object_id and len(key) <= KEY_LENGTH and key.isprintable() and key.isascii()
        else None
    )


def identity_in(text: str) -> tuple[str, str, str]:
    """Return country_code, party_id and id of a stored object, in its CPO's spelling. Keys are in upper
    case.
    """
    fields = as_object(parse_json(text))
    country_code, party_id, object_id = (id_text(fields.get(name)) or "" for name in IDENTITY)
    return country_code, party_id, object_id


def last_updated_in(peek: Mapping[str, Any], now: datetime) -> str:
    """Return the canonical `last_updated`, or BEFORE_ALL if it is later than `now`. Raises BadObject."""
    value = peek.get("last_updated")
    if not isinstance(value, str):
        raise BadObject("last_updated is missing, so this object can't be ordered in time")
    try:
        stated = canonical_datetime(value)
    except ValueError:
        raise BadObject(f"last_updated is not a date and time: {value[:40]!r}") from None
    return stated if is_credible(stated, now) else BEFORE_ALL


def prepare(module: CatalogueModule, key: str, listed: ListedObject, now: datetime) -> CatalogueObject:
    """Validate an object of a list, and return it for storing. Raises BadObject."""
    try:
        listed.text.encode()
        value = parse_json(listed.text)
    except UnicodeEncodeError:
        raise BadObject("the object is not UTF-8") from None
    except MalformedJson as error:
        raise BadObject(str(error)) from None
    if not isinstance(value, dict):
        raise BadObject("the object is not a JSON object")
    last_updated = last_updated_in(listed.peek, now)
    found = deviations(module.model, value)
    if last_updated == BEFORE_ALL:
        stated = str(listed.peek["last_updated"])[:64]
        found.insert(0, Deviation("last_updated", "is later than when it was received", stated))
    if len(found) > DEVIATIONS_KEPT:
        more = Deviation("", f"{len(found)} found, of which the first are listed", "")
        found = [*found[:DEVIATIONS_KEPT], more]
    return CatalogueObject(
        object_key=key,
        text=listed.text,
        last_updated=last_updated,
        content_hash=content_hash(listed.peek),
        text_hash=text_hash(listed.text),
        deviations=tuple(found),
        attributes={"object_id": str(listed.peek["id"]).upper(), **module.attributes(key, value)},
    )
