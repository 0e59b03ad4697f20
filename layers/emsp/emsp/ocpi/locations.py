"""OCPI's Locations module. Enums of connectors are in connector_enums.py, EnergyMix is in energy_mix.py."""

from enum import StrEnum

from emsp.ocpi.cdr_token import TokenType
from emsp.ocpi.connector_enums import ConnectorFormat, ConnectorType, PowerType
from emsp.ocpi.energy_mix import EnergyMix
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.cardinalities import OneOrMore, ZeroOrMore, ZeroOrOne
from emsp.ocpi.types.classes import DisplayText, GeoLocation
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.numbers import Bool, Int, Weekday
from emsp.ocpi.types.texts import (
    CiString2,
    CiString3,
    CiString4,
    CiString36,
    Country,
    EvseId,
    String4,
    String10,
    String16,
    String45,
    String64,
    String100,
    String255,
    TimeOfDay,
    Url,
)


class ImageCategory(StrEnum):
    CHARGER = "CHARGER"
    ENTRANCE = "ENTRANCE"
    LOCATION = "LOCATION"
    NETWORK = "NETWORK"
    OPERATOR = "OPERATOR"
    OTHER = "OTHER"
    OWNER = "OWNER"


class Image(OcpiModel):
    """The URL of an image and what it shows; sizes in pixels (locations chapter)."""

    url: Url
    thumbnail: ZeroOrOne[Url] = None
    category: OpenEnum[ImageCategory]
    type: CiString4
    width: ZeroOrOne[Int] = None
    height: ZeroOrOne[Int] = None


class BusinessDetails(OcpiModel):
    """A company. In India it may have an additional `gstin` (locations chapter)."""

    name: String100
    website: ZeroOrOne[Url] = None
    logo: ZeroOrOne[Image] = None


class Capability(StrEnum):
    CHARGING_PROFILE_CAPABLE = "CHARGING_PROFILE_CAPABLE"
    CHARGING_PREFERENCES_CAPABLE = "CHARGING_PREFERENCES_CAPABLE"
    CHIP_CARD_SUPPORT = "CHIP_CARD_SUPPORT"
    CONTACTLESS_CARD_SUPPORT = "CONTACTLESS_CARD_SUPPORT"
    CREDIT_CARD_PAYABLE = "CREDIT_CARD_PAYABLE"
    DEBIT_CARD_PAYABLE = "DEBIT_CARD_PAYABLE"
    PED_TERMINAL = "PED_TERMINAL"
    REMOTE_START_STOP_CAPABLE = "REMOTE_START_STOP_CAPABLE"
    RESERVABLE = "RESERVABLE"
    RFID_READER = "RFID_READER"
    START_SESSION_CONNECTOR_REQUIRED = "START_SESSION_CONNECTOR_REQUIRED"
    TOKEN_GROUP_CAPABLE = "TOKEN_GROUP_CAPABLE"  # noqa: S105  # a capability, no secret
    UNLOCK_CAPABLE = "UNLOCK_CAPABLE"


class Facility(StrEnum):
    HOTEL = "HOTEL"
    RESTAURANT = "RESTAURANT"
    CAFE = "CAFE"
    MALL = "MALL"
    SUPERMARKET = "SUPERMARKET"
    SPORT = "SPORT"
    RECREATION_AREA = "RECREATION_AREA"
    NATURE = "NATURE"
    MUSEUM = "MUSEUM"
    BIKE_SHARING = "BIKE_SHARING"
    BUS_STOP = "BUS_STOP"
    TAXI_STAND = "TAXI_STAND"
    TRAM_STOP = "TRAM_STOP"
    METRO_STATION = "METRO_STATION"
    TRAIN_STATION = "TRAIN_STATION"
    AIRPORT = "AIRPORT"
    PARKING_LOT = "PARKING_LOT"
    CARPOOL_PARKING = "CARPOOL_PARKING"
    FUEL_STATION = "FUEL_STATION"
    WIFI = "WIFI"


class ParkingRestriction(StrEnum):
    EV_ONLY = "EV_ONLY"
    PLUGGED = "PLUGGED"
    DISABLED = "DISABLED"
    CUSTOMERS = "CUSTOMERS"
    MOTORCYCLES = "MOTORCYCLES"


class ParkingType(StrEnum):
    ALONG_MOTORWAY = "ALONG_MOTORWAY"
    PARKING_GARAGE = "PARKING_GARAGE"
    PARKING_LOT = "PARKING_LOT"
    ON_DRIVEWAY = "ON_DRIVEWAY"
    ON_STREET = "ON_STREET"
    UNDERGROUND_GARAGE = "UNDERGROUND_GARAGE"


class Status(StrEnum):
    """The status of an EVSE."""

    AVAILABLE = "AVAILABLE"
    BLOCKED = "BLOCKED"
    CHARGING = "CHARGING"
    INOPERATIVE = "INOPERATIVE"
    OUTOFORDER = "OUTOFORDER"
    PLANNED = "PLANNED"
    REMOVED = "REMOVED"
    RESERVED = "RESERVED"
    UNKNOWN = "UNKNOWN"


class AdditionalGeoLocation(GeoLocation):
    """A named point near a location, such as an entrance."""

    name: ZeroOrOne[DisplayText] = None


class StatusSchedule(OcpiModel):
    """A planned status of an EVSE."""

    period_begin: OcpiDateTime
    period_end: ZeroOrOne[OcpiDateTime] = None
    status: OpenEnum[Status]


class RegularHours(OcpiModel):
    """Opening hours of a weekday, Monday (1) to Sunday (7), in local time."""

    weekday: Weekday
    period_begin: TimeOfDay
    period_end: TimeOfDay


class ExceptionalPeriod(OcpiModel):
    """A period in which a location is open or closed contrary to its regular hours."""

    period_begin: OcpiDateTime
    period_end: OcpiDateTime


class Hours(OcpiModel):
    """When a location is open."""

    twentyfourseven: Bool
    regular_hours: ZeroOrMore[RegularHours] = ()
    exceptional_openings: ZeroOrMore[ExceptionalPeriod] = ()
    exceptional_closings: ZeroOrMore[ExceptionalPeriod] = ()


class PublishTokenType(OcpiModel):
    """The tokens whose owners may see an unpublished location."""

    uid: ZeroOrOne[CiString36] = None
    type: ZeroOrOne[OpenEnum[TokenType]] = None
    visual_number: ZeroOrOne[String64] = None
    issuer: ZeroOrOne[String64] = None
    group_id: ZeroOrOne[CiString36] = None


class Connector(OcpiModel):
    """A socket or cable of an EVSE; in V, A and W."""

    id: CiString36
    standard: OpenEnum[ConnectorType]
    format: OpenEnum[ConnectorFormat]
    power_type: OpenEnum[PowerType]
    max_voltage: Int
    max_amperage: Int
    max_electric_power: ZeroOrOne[Int] = None
    tariff_ids: ZeroOrMore[CiString36] = ()
    terms_and_conditions: ZeroOrOne[Url] = None
    last_updated: OcpiDateTime


class EVSE(OcpiModel):
    """The part of a charge point that charges one vehicle at a time."""

    uid: CiString36
    evse_id: ZeroOrOne[EvseId] = None
    status: OpenEnum[Status]
    status_schedule: ZeroOrMore[StatusSchedule] = ()
    capabilities: ZeroOrMore[OpenEnum[Capability]] = ()
    connectors: OneOrMore[Connector]
    floor_level: ZeroOrOne[String4] = None
    coordinates: ZeroOrOne[GeoLocation] = None
    physical_reference: ZeroOrOne[String16] = None
    directions: ZeroOrMore[DisplayText] = ()
    parking_restrictions: ZeroOrMore[OpenEnum[ParkingRestriction]] = ()
    images: ZeroOrMore[Image] = ()
    last_updated: OcpiDateTime


class Location(OcpiModel):
    """A place with EVSEs, owned by a CPO."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    publish: Bool
    publish_allowed_to: ZeroOrMore[PublishTokenType] = ()
    name: ZeroOrOne[String255] = None
    address: String255
    city: String45
    postal_code: ZeroOrOne[String10] = None
    state: ZeroOrOne[String45] = None
    country: Country
    coordinates: GeoLocation
    related_locations: ZeroOrMore[AdditionalGeoLocation] = ()
    parking_type: ZeroOrOne[OpenEnum[ParkingType]] = None
    evses: ZeroOrMore[EVSE] = ()
    directions: ZeroOrMore[DisplayText] = ()
    operator: ZeroOrOne[BusinessDetails] = None
    suboperator: ZeroOrOne[BusinessDetails] = None
    owner: ZeroOrOne[BusinessDetails] = None
    facilities: ZeroOrMore[OpenEnum[Facility]] = ()
    time_zone: String255
    opening_times: ZeroOrOne[Hours] = None
    charging_when_closed: ZeroOrOne[Bool] = None
    images: ZeroOrMore[Image] = ()
    energy_mix: ZeroOrOne[EnergyMix] = None
    last_updated: OcpiDateTime
