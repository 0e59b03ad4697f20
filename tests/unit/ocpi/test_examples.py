"""The specification's own example objects, read beside the project: their licence keeps them out of it."""

from pathlib import Path

import pytest

from emsp.connection.read_credentials import read_credentials
from emsp.ocpi.cdrs import CDR
from emsp.ocpi.deviations import Deviation, InvalidObject, deviations
from emsp.ocpi.energy_mix import EnergyMix
from emsp.ocpi.envelope import parse_envelope
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from emsp.ocpi.locations import EVSE, Connector, Hours, Location
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.sessions import Session
from emsp.ocpi.tariffs import Tariff
from emsp.ocpi.tokens import Token
from emsp.ocpi.types.classes import DisplayText
from tests.unit.ocpi.specification import CLASSES, complete
from tests.unit.ocpi.specification import model as model_of

EXAMPLES = Path(__file__).parents[4] / "shared" / "ocpi-examples"

pytestmark = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the specification's examples are not at ../shared/ocpi-examples"
)

OBJECTS: dict[str, type[OcpiModel]] = {
    "cdr_example": CDR,
    "location_example": Location,
    "location_example_parking_garage_opening_hours": Location,
    "location_example_uc2_destination_charger": Location,
    "location_example_uc3_destination_charger_not_published": Location,
    "location_example_uc4_limited_visibility": Location,
    "location_example_uc5_home_charge_point": Location,
    "location_hours_247_open_exception_closing": Hours,
    "location_hours_opening_hours_with_exceptional_closing": Hours,
    "location_hours_opening_hours_with_exceptional_opening": Hours,
    "session_example_1_simple_start": Session,
    "session_example_2_short_finished": Session,
    "tariff_10_025kwh_parking_start": Tariff,
    "tariff_11_not_possible_alt_text": Tariff,
    "tariff_12_025kwh_min_price": Tariff,
    "tariff_13_simple_3hour_5parking": Tariff,
    "tariff_14_step_size": Tariff,
    "tariff_15_reservation_5_euro_per_hour": Tariff,
    "tariff_16_reservation_2_euro_fee_5_euro_per_hour": Tariff,
    "tariff_17_reservation_with_expire_fee": Tariff,
    "tariff_18_reservation_with_expire_time": Tariff,
    "tariff_1_simple_2hour": Tariff,
    "tariff_2_alt_text": Tariff,
    "tariff_3_alt_url": Tariff,
    "tariff_4_complex": Tariff,
    "tariff_5_free_of_charge": Tariff,
    "tariff_6_025kwh_start_max_price": Tariff,
    "tariff_8_simple_025kwh": Tariff,
    "tariff_9_025kwh_start": Tariff,
    "tariffrestriction_example_max_duration": Tariff,
    "tariffrestriction_example_max_power": Tariff,
    "token_example_1_app_user": Token,
    "token_example_2_full_rfid": Token,
    "token_put_example": Token,
    "type_displaytext_example": DisplayText,
}

# Examples that show one field of a bigger object.
FIELDS: dict[str, tuple[str, type[OcpiModel]]] = {
    "location_energymix_example_complete": ("energy_mix", EnergyMix),
    "location_energymix_example_energy_provider": ("energy_mix", EnergyMix),
    "location_energymix_example_simple": ("energy_mix", EnergyMix),
    "location_regularhours_example": ("opening_times", Hours),
}

# Examples that change an object: they are merged into a whole one, as a PATCH is.
PATCHES: dict[str, type[OcpiModel]] = {
    "location_patch_example_location": Location,
    "location_patch_example_remove_evse": EVSE,
    "location_patch_example_status": EVSE,
    "location_patch_example_tariff": Connector,
    "session_patch_example_charging_period": Session,
    "session_patch_example_total_cost": Session,
    "token_patch_example": Token,
}

ENVELOPES: dict[str, type[OcpiModel]] = {
    "transport_and_format_get_token_example": Token,
    "transport_and_format_get_token_list_example": Token,
}

# No models, since little of them is needed: read_credentials reads the former, `discover` the latter.
CREDENTIALS = ("credentials_example", "credentials_example2", "credentials_example3", "credentials_example4")
VERSIONS = (
    *("version_details_example", "version_details_example2", "versions_info_example"),
    *("transport_and_format_version_details_example", "transport_and_format_version_info_example"),
)

# Where the specification's own example breaks the specification.
BROKEN: dict[str, tuple[type[OcpiModel], list[Deviation]]] = {
    "tariff_put_example": (Tariff, [Deviation("last_updated", "is missing", "")]),
    "location_put_example_add_evse": (
        EVSE,
        [
            Deviation("connectors.0.power_type", "is missing", ""),
            Deviation("connectors.0.max_voltage", "is missing", ""),
            Deviation("connectors.0.max_amperage", "is missing", ""),
            Deviation("connectors.0.last_updated", "is missing", ""),
            # Besides, it says `floor`, an unknown field, where it means `floor_level`, with a number.
            Deviation("physical_reference", "is not a string", "3"),
        ],
    ),
}


def example(name: str) -> JsonValue:
    return parse_json((EXAMPLES / f"{name}.json").read_bytes())


def is_read_whole(model: type[OcpiModel], value: JsonValue) -> bool:
    assert isinstance(value, dict)
    return all(
        read(value).model_fields_set | (read(value).model_extra or {}).keys() == value.keys()
        for read in (model.parse, model.model_validate)
    )


def test_every_example_is_in_one_of_the_tables() -> None:
    known = [*OBJECTS, *FIELDS, *PATCHES, *ENVELOPES, *BROKEN, *CREDENTIALS, *VERSIONS]
    assert sorted(known) == sorted(path.stem for path in EXAMPLES.glob("*.json"))


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_follows_the_specification_and_is_read_whole(name: str) -> None:
    value = example(name)
    assert deviations(OBJECTS[name], value) == []
    assert is_read_whole(OBJECTS[name], value)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_follows_the_specification_and_is_read_whole(name: str) -> None:
    value = example(name)
    field, model = FIELDS[name]
    assert isinstance(value, dict)
    assert list(value) == [field]
    assert deviations(model, value[field]) == []
    assert is_read_whole(model, value[field])


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_merged_into_an_object_follows_the_specification_and_is_read_whole(name: str) -> None:
    patch = example(name)
    assert isinstance(patch, dict)
    model = PATCHES[name]
    assert patch.keys() <= set(model.field_names())
    merged: JsonObject = complete(model.__name__) | patch
    assert deviations(model, merged) == []
    assert is_read_whole(model, merged)


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_answer_is_read_with_its_envelope(name: str) -> None:
    answer = parse_envelope((EXAMPLES / f"{name}.json").read_bytes())
    assert answer.is_success
    objects = answer.data if isinstance(answer.data, list) else [answer.data]
    assert objects
    for value in objects:
        assert deviations(ENVELOPES[name], value) == []
        assert is_read_whole(ENVELOPES[name], value)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_credentials_are_read_without_a_warning(name: str) -> None:
    credentials = read_credentials(example(name))
    assert credentials.token
    assert credentials.url.startswith("https://")
    assert credentials.roles
    assert credentials.warnings == ()


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_specification_is_told_in_full(name: str) -> None:
    model, expected = BROKEN[name]
    value = example(name)
    assert deviations(model, value) == expected
    # Fields are missing without which it is no such object at all; with them it is read.
    with pytest.raises(InvalidObject):
        model.parse(value)
    mended = _with_what_is_missing(model, value)
    assert model.parse(mended).model_fields_set <= mended.keys()


def _with_what_is_missing(model: type[OcpiModel], value: JsonValue) -> JsonObject:
    assert isinstance(value, dict)
    whole = complete(model.__name__) | value
    if isinstance(connectors := value.get("connectors"), list):
        assert all(isinstance(connector, dict) for connector in connectors)
        whole["connectors"] = [complete("Connector") | c for c in connectors if isinstance(c, dict)]
    return whole


@pytest.mark.parametrize("name", [*OBJECTS, *FIELDS])
def test_an_object_that_differs_by_allowed_nulls_only_follows_the_specification(name: str) -> None:
    value, model = example(name), OBJECTS.get(name)
    if model is None:
        field, model = FIELDS[name]
        assert isinstance(value, dict)
        value = value[field]
    nulls = with_nulls(value, model)
    assert deviations(model, nulls) == []
    assert is_read_whole(model, nulls)


def with_nulls(value: JsonValue, model: type[OcpiModel]) -> JsonValue:
    """`value`, and the objects in it, with null in every optional field that they leave out."""
    if isinstance(value, list):
        return [with_nulls(member, model) for member in value]
    if not isinstance(value, dict):
        return value
    fields = CLASSES[model.__name__]
    filled = dict(value)
    for name, (kind, cardinality) in fields.items():
        if name in value and kind in CLASSES:
            filled[name] = with_nulls(value[name], model_of(kind))
        elif cardinality in {"?", "*"}:
            filled.setdefault(name, None)
    return filled
