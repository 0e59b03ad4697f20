"""OCPI's CDRs module. ChargingPeriod and AuthMethod are in sessions.py, CdrToken is in tokens.py."""

from datetime import timedelta

from emsp.ocpi.cdr_token import CdrToken
from emsp.ocpi.connector_enums import ConnectorFormat, ConnectorType, PowerType
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.deviations import Deviation, InvalidObject
from emsp.ocpi.json_text import JsonValue
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.sessions import AuthMethod, ChargingPeriod
from emsp.ocpi.tariffs import Tariff
from emsp.ocpi.types.cardinalities import OneOrMore, ZeroOrMore, ZeroOrOne
from emsp.ocpi.types.classes import GeoLocation, Price
from emsp.ocpi.types.datetime import OcpiDateTime
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.numbers import Bool, Int, Number
from emsp.ocpi.types.texts import (
    CiString2,
    CiString3,
    CiString32,
    CiString36,
    CiString39,
    Country,
    Currency,
    EvseId,
    KeyCountryCode,
    KeyCurrency,
    KeyId,
    KeyPartyId,
    String10,
    String20,
    String45,
    String255,
    String512,
    String5000,
)

_MAX_LENGTH_OF_NORMAL_ID = 36
_TOLERANCE = timedelta(minutes=1)


class SignedValue(OcpiModel):
    """A signed meter value."""

    nature: CiString32
    plain_data: String5000
    signed_data: String5000


class SignedData(OcpiModel):
    """The signed meter values of a session, for calibration law."""

    encoding_method: CiString36
    encoding_method_version: ZeroOrOne[Int] = None
    public_key: ZeroOrOne[String512] = None
    signed_values: OneOrMore[SignedValue]
    url: ZeroOrOne[String512] = None


class CdrLocation(OcpiModel):
    """The location of a session, with its one EVSE and connector."""

    id: CiString36
    name: ZeroOrOne[String255] = None
    address: String45
    city: String45
    postal_code: ZeroOrOne[String10] = None
    state: ZeroOrOne[String20] = None
    country: Country
    coordinates: GeoLocation
    evse_uid: CiString36
    evse_id: EvseId
    connector_id: CiString36
    connector_standard: OpenEnum[ConnectorType]
    connector_format: OpenEnum[ConnectorFormat]
    connector_power_type: OpenEnum[PowerType]


class CDR(OcpiModel):
    """A charge detail record: what is billed. It never changes.

    Costs are in `currency`, energy in kWh, times in hours.
    """

    country_code: CiString2
    party_id: CiString3
    id: CiString39
    start_date_time: OcpiDateTime
    end_date_time: OcpiDateTime
    session_id: ZeroOrOne[CiString36] = None
    cdr_token: CdrToken
    auth_method: OpenEnum[AuthMethod]
    authorization_reference: ZeroOrOne[CiString36] = None
    cdr_location: CdrLocation
    meter_id: ZeroOrOne[String255] = None
    currency: Currency
    tariffs: ZeroOrMore[Tariff] = ()
    charging_periods: OneOrMore[ChargingPeriod]
    signed_data: ZeroOrOne[SignedData] = None
    total_cost: Price
    total_fixed_cost: ZeroOrOne[Price] = None
    total_energy: Number
    total_energy_cost: ZeroOrOne[Price] = None
    total_time: Number
    total_time_cost: ZeroOrOne[Price] = None
    total_parking_time: ZeroOrOne[Number] = None
    total_parking_cost: ZeroOrOne[Price] = None
    total_reservation_cost: ZeroOrOne[Price] = None
    remark: ZeroOrOne[String255] = None
    invoice_reference_id: ZeroOrOne[CiString39] = None
    credit: ZeroOrOne[Bool] = None
    credit_reference_id: ZeroOrOne[CiString39] = None
    home_charging_compensation: ZeroOrOne[Bool] = None
    last_updated: OcpiDateTime

    @classmethod
    def broken_rules(cls, value: JsonValue) -> list[Deviation]:
        try:
            return _RuledFields.parse(value).broken_rules_of_cdr()
        except InvalidObject:
            return []


class _RuledFields(OcpiModel):
    """The fields of a CDR that must be consistent with each other."""

    id: CiString39
    start_date_time: OcpiDateTime
    end_date_time: OcpiDateTime
    total_time: Number
    credit: ZeroOrOne[Bool] = None
    credit_reference_id: ZeroOrOne[CiString39] = None

    def broken_rules_of_cdr(self) -> list[Deviation]:
        broken = []
        if self.credit and self.credit_reference_id is None:
            broken.append(Deviation("credit_reference_id", "is missing, though this is a credit CDR", ""))
        if not self.credit and len(self.id) > _MAX_LENGTH_OF_NORMAL_ID:
            broken.append(
                Deviation("id", "has more than 36 characters, though this is no credit CDR", self.id)
            )
        elapsed = self.end_date_time - self.start_date_time
        if elapsed < timedelta():
            broken.append(
                Deviation("end_date_time", "is before start_date_time", write_datetime(self.end_date_time))
            )
        elif self.total_time * 3600 > int((elapsed + _TOLERANCE).total_seconds()):
            broken.append(Deviation("total_time", "is more hours than the CDR spans", str(self.total_time)))
        return broken


class BilledToken(OcpiModel):
    """The mandatory part of a CDR's cdr_token: the token and, if stated, its owner. OCPI 2.2 has no owner."""

    country_code: ZeroOrOne[CiString2] = None
    party_id: ZeroOrOne[CiString3] = None
    uid: KeyId


class CdrIdentity(OcpiModel):
    """The fields without which a CDR is rejected: what identifies it, and what it bills to whom."""

    country_code: KeyCountryCode
    party_id: KeyPartyId
    id: KeyId
    cdr_token: BilledToken
    start_date_time: OcpiDateTime
    end_date_time: OcpiDateTime
    currency: KeyCurrency
    total_cost: Price
    total_energy: Number
    last_updated: OcpiDateTime
