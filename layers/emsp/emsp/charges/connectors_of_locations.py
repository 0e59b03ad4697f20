"""The connectors of locations and their tariffs, for a charge that has not begun. Without I/O."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from emsp.catalogue.connector_groups import evses_of, power_w
from emsp.charges.estimate import READING, TARIFFS_AT_MOST, WORK_AT_MOST, Estimate, estimate
from emsp.charges.expected_charge import ExpectedCharge
from emsp.charges.pricing_context import tariff_ids_of
from emsp.invocation import InvalidInvocation
from emsp.ocpi.json_text import JsonObject, objects_in
from emsp.ocpi.parties import object_key
from emsp.pricing.read_tariff import word
from emsp.pricing.tariff_choice import Candidate
from emsp.retail.plan import ChargeConnector, power_type_of


def places_in(locations: Sequence[JsonObject]) -> Iterator[tuple[JsonObject, JsonObject]]:
    for location in locations:
        for evse in evses_of(location):
            for connector in objects_in(evse, "connectors"):
                yield location, connector


def tariff_keys(location: JsonObject, connector: JsonObject) -> list[str]:
    country_code, party_id = word(location.get("country_code")), word(location.get("party_id"))
    named = dict.fromkeys(tariff_ids_of(connector))
    keys = [object_key(country_code, party_id, each) for each in named if country_code and party_id]
    return keys[: TARIFFS_AT_MOST + 1]  # if there are more tariffs, `estimate` prices none


def elements_in(tariff: JsonObject) -> int:
    return READING * len([*objects_in(tariff, "elements")])


def plug_at(location: JsonObject, connector: JsonObject) -> ChargeConnector:
    cpo = f"{word(location.get('country_code'))}*{word(location.get('party_id'))}".upper()
    kind = power_type_of(word(connector.get("power_type")))
    return ChargeConnector(cpo, word(location.get("id")), kind, power_w(connector))


def estimate_by_valid(
    expected: ExpectedCharge,
    tariffs: Sequence[JsonObject],
    zone: str | None,
    vat_when_absent: Decimal | None,
    *,
    power: int | None,
    work_at_most: int = WORK_AT_MOST,
) -> Estimate | None:
    """Return the estimate by the tariffs that are valid at the start.

    Return None if the price depends on the connector's power and the power is unknown.
    """
    candidates = [Candidate(each, vat_when_absent) for each in tariffs]
    valid = [each.value for each in candidates if each.is_for_roaming() and each.is_valid_at(expected.start)]
    try:
        return estimate(expected, valid, zone, vat_when_absent, power_w=power, work_at_most=work_at_most)
    except InvalidInvocation:
        return None
