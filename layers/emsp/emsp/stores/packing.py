"""Short bytes for the texts of a catalogue: zlib with a preset dictionary of the words that OCPI repeats.

A location of three EVSEs is some 700 bytes by gzip, which has to spell out each field name once, and half of
that so. It is rewritten whenever an EVSE changes its state, and DynamoDB bills each KB.

A packed text names its dictionary, so a better one is added beside those that are here, and never replaces
one: what is stored could not be read any more.
"""

import zlib
from typing import Final

from emsp.gunzip import UNPACKED_BYTES_AT_MOST

WORDS: Final = (
    # Seldom: the rest of a Location, then of a Tariff (OCPI 2.2.1, chapters 8 and 11).
    '"publish_allowed_to":[{"uid":"","type":"APP_USER","visual_number":"","issuer":"","group_id":""}],'
    '"energy_mix":{"is_green_energy":true,"energy_sources":[{"source":"SOLAR","percentage":100}],'
    '"environ_impact":[{"category":"CARBON_DIOXIDE","amount":0}],"supplier_name":"","energy_product_name":""}'
    '"images":[{"url":"https://www.","thumbnail":"","category":"CHARGER","type":"jpeg","width":512,"height":512}]'
    '"directions":[{"language":"en","text":"","related_locations":[{"latitude":"","longitude":"",'
    '"regular_hours":[{"weekday":1,"period_begin":"08:00","period_end":"20:00"}],"exceptional_openings":[],'
    '"exceptional_closings":[],"twentyfourseven":false},"charging_when_closed":false,'
    '"status_schedule":[{"period_begin":"","period_end":"","status":"INOPERATIVE","floor_level":"-1",'
    '"parking_restrictions":["EV_ONLY","PLUGGED","DISABLED","CUSTOMERS","MOTORCYCLES"],'
    '"terms_and_conditions":"https://www.","min_price":{"excl_vat":,"incl_vat":},"max_price":'
    '"start_date_time":"","end_date_time":"","tariff_alt_url":"","type":"AD_HOC_PAYMENT","type":"PROFILE_GREEN"'
    '"restrictions":{"start_time":"22:00","end_time":"06:00","start_date":"","end_date":"","min_kwh":,"max_kwh":,'
    '"min_current":,"max_current":,"min_power":,"max_power":,"min_duration":,"max_duration":,'
    '"day_of_week":["MONDAY","TUESDAY","WEDNESDAY","THURSDAY","FRIDAY","SATURDAY","SUNDAY"],"reservation":"RESERVATION"'
    '{"country_code":"IN","party_id":"","id":"","currency":"INR","type":"REGULAR","tariff_alt_text":'
    '[{"language":"en","text":""}],"elements":[{"price_components":[{"type":"FLAT","price":,"vat":18.0,'
    '"step_size":1},{"type":"PARKING_TIME","price":,"vat":18.0,"step_size":60},{"type":"TIME","price":,'
    '{"type":"ENERGY","price":,"vat":18.0,"step_size":1}]}],"last_updated":"'
    # What an enum may be beside its usual values.
    '"HOTEL","RESTAURANT","CAFE","MALL","SUPERMARKET","SPORT","RECREATION_AREA","NATURE","MUSEUM","BIKE_SHARING",'
    '"BUS_STOP","TAXI_STAND","TRAM_STOP","METRO_STATION","TRAIN_STATION","AIRPORT","PARKING_LOT","CARPOOL_PARKING",'
    '"FUEL_STATION","WIFI","ALONG_MOTORWAY","PARKING_GARAGE","ON_DRIVEWAY","ON_STREET","UNDERGROUND_GARAGE"'
    '"CHARGING_PREFERENCES_CAPABLE","CHARGING_PROFILE_CAPABLE","CHIP_CARD_SUPPORT","CONTACTLESS_CARD_SUPPORT",'
    '"CREDIT_CARD_PAYABLE","DEBIT_CARD_PAYABLE","PED_TERMINAL","START_SESSION_CONNECTOR_REQUIRED",'
    '"TOKEN_GROUP_CAPABLE","DOMESTIC_A","DOMESTIC_D","DOMESTIC_F","IEC_60309_2_three_16","IEC_60309_2_three_32",'
    '"IEC_60309_2_single_16","IEC_62196_T1","IEC_62196_T1_COMBO","IEC_62196_T3A","TESLA_S","GBT_AC","GBT_DC",'
    '"CHADEMO","AC_2_PHASE","AC_2_PHASE_SPLIT","status":"UNKNOWN","status":"BLOCKED","status":"RESERVED",'
    '"status":"PLANNED","status":"REMOVED","status":"OUTOFORDER","status":"CHARGING",'
    # Where a value strays from the specification.
    '[{"path": "evses.0.status", "problem": "is none of ", "value": "is empty", "is missing", "is null", '
    '"is not a string", "has more than  characters", "value": ""}, {"path": "evses.0.connectors.0.standard", '
    '{"path": "evses.0.connectors.0.last_updated", "problem": "is a DateTime of more than 25 characters", '
    '"value": "'
    # A usual Location, in its usual order.
    '{"country_code":"IN","party_id":"","id":"","publish":true,"name":"","address":"","city":"","postal_code":"",'
    '"state":"","country":"IND","coordinates":{"latitude":"","longitude":""},"parking_type":"PARKING_LOT","evses":'
    '[{"uid":"","evse_id":"IN*E","status":"AVAILABLE","capabilities":["REMOTE_START_STOP_CAPABLE","RESERVABLE",'
    '"RFID_READER","UNLOCK_CAPABLE"],"coordinates":{"latitude":"","longitude":""},"connectors":[{"id":"1",'
    '"standard":"IEC_62196_T2","format":"SOCKET","power_type":"AC_1_PHASE","max_voltage":230,"max_amperage":32,'
    '"max_electric_power":7400,"tariff_ids":[""],"last_updated":"2025-01-01T00:00:00Z"},{"id":"2",'
    '"standard":"IEC_62196_T2_COMBO","format":"CABLE","power_type":"DC","max_voltage":500,"max_amperage":125,'
    '"max_electric_power":60000,"power_type":"AC_3_PHASE","max_voltage":400,"max_amperage":32,'
    '"max_electric_power":22000,"tariff_ids":[""],"last_updated":"2026-01-01T00:00:00.000Z"}],'
    '"physical_reference":"","last_updated":"2026-01-01T00:00:00+00:00"}],"operator":{"name":"","website":'
    '"https://www."},"suboperator":null,"owner":{"name":""},"facilities":[""],"time_zone":"Asia/Kolkata",'
    '"opening_times":{"twentyfourseven":true},"charging_when_closed":true,"related_locations":null,'
    '"energy_mix":null,"last_updated":"2026-01-01T00:00:00Z"}'
)
"""The later a word stands, the fewer bits point at it."""

DICTIONARIES: Final = {zlib.adler32(words).to_bytes(4): words for words in (WORDS.encode(),)}
"""By what names them in a packed text, the newest last: older ones stay, and never change."""

DICTID: Final = slice(2, 6)
"""Where a packed text names its dictionary (RFC 1950)."""

LEVEL: Final = 9
MEMORY: Final = 9


def pack(text: bytes) -> bytes:
    """The text in few bytes."""
    [*_, newest] = DICTIONARIES.values()
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, MEMORY, zdict=newest)
    return packer.compress(text) + packer.flush()


def unpack(packed: bytes) -> bytes:
    """The text that was packed, today or by an earlier version. Raises KeyError when its dictionary is not
    here, zlib.error when these are no bytes of pack.
    """
    unpacker = zlib.decompressobj(zdict=DICTIONARIES[packed[DICTID]])
    text = unpacker.decompress(packed, UNPACKED_BYTES_AT_MOST)
    if not unpacker.eof:
        raise zlib.error("the end of a packed text is missing, or it is too large")
    return text
