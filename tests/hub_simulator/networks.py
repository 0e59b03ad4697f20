"""The fictitious charging networks, cities and chargers for the generated catalogue."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Dialect(StrEnum):
    """How a CPO writes its objects. All except SPEC occur with real CPOs behind the Hub."""

    SPEC = "spec"
    NO_ZONE = "no_zone"  # timestamps without Z
    FRACTIONS = "fractions"  # timestamps with fractions, and fields that OCPI does not know
    OFFSET_AND_NULLS = "offset_and_nulls"  # +00:00, and null for what is absent
    STRING_NUMBERS = "string_numbers"  # numbers as strings, no time_zone, tariffs without vat


@dataclass(frozen=True)
class Cpo:
    """A charge point operator behind the Hub."""

    party_id: str
    name: str
    website: str
    pan: str  # its tax account number of ten characters, which is part of its GSTIN
    dialect: Dialect
    country_code: str = "IN"


CPOS: Final = (
    Cpo("TZC", "Tez Charge", "https://tezcharge.example", "AABCT1234K", Dialect.SPEC),
    Cpo("URJ", "Urja Grid", "https://urjagrid.example", "AAECU5678L", Dialect.NO_ZONE),
    Cpo("VDP", "Vidyut Plus", "https://vidyutplus.example", "AAFCV9012M", Dialect.FRACTIONS),
    Cpo("DKS", "Dakshin EV", "https://dakshinev.example", "AAGCD3456N", Dialect.OFFSET_AND_NULLS),
    Cpo("GPM", "Green Path Mobility", "https://greenpath.example", "AAHCG7890P", Dialect.STRING_NUMBERS),
    Cpo("SRJ", "Suraj Fast Charging", "https://surajfast.example", "AAKCS2345Q", Dialect.SPEC),
    Cpo("HMV", "Himveer Chargers", "https://himveer.example", "AALCH6789R", Dialect.NO_ZONE),
    Cpo("KSR", "Kesar Energy", "https://kesarenergy.example", "AAMCK0123S", Dialect.SPEC),
)


@dataclass(frozen=True)
class City:
    """A city with locations: its state, GST code and postal prefix."""

    name: str
    state: str
    gst_state: str
    pin_prefix: str
    latitude: float
    longitude: float


CITIES: Final = (
    City("Bengaluru", "Karnataka", "29", "560", 12.9716, 77.5946),
    City("Mumbai", "Maharashtra", "27", "400", 19.0760, 72.8777),
    City("New Delhi", "Delhi", "07", "110", 28.6139, 77.2090),
    City("Hyderabad", "Telangana", "36", "500", 17.3850, 78.4867),
    City("Chennai", "Tamil Nadu", "33", "600", 13.0827, 80.2707),
    City("Pune", "Maharashtra", "27", "411", 18.5204, 73.8567),
    City("Kolkata", "West Bengal", "19", "700", 22.5726, 88.3639),
    City("Ahmedabad", "Gujarat", "24", "380", 23.0225, 72.5714),
    City("Gurugram", "Haryana", "06", "122", 28.4595, 77.0266),
    City("Noida", "Uttar Pradesh", "09", "201", 28.5355, 77.3910),
    City("Jaipur", "Rajasthan", "08", "302", 26.9124, 75.7873),
    City("Kochi", "Kerala", "32", "682", 9.9312, 76.2673),
    City("Lucknow", "Uttar Pradesh", "09", "226", 26.8467, 80.9462),
    City("Surat", "Gujarat", "24", "395", 21.1702, 72.8311),
    City("Chandigarh", "Chandigarh", "04", "160", 30.7333, 76.7794),
    City("Indore", "Madhya Pradesh", "23", "452", 22.7196, 75.8577),
    City("Nagpur", "Maharashtra", "27", "440", 21.1458, 79.0882),
    City("Coimbatore", "Tamil Nadu", "33", "641", 11.0168, 76.9558),
    City("Visakhapatnam", "Andhra Pradesh", "37", "530", 17.6868, 83.2185),
    City("Bhubaneswar", "Odisha", "21", "751", 20.2961, 85.8245),
    City("Guwahati", "Assam", "18", "781", 26.1445, 91.7362),
    City("Thiruvananthapuram", "Kerala", "32", "695", 8.5241, 76.9366),
    City("Mysuru", "Karnataka", "29", "570", 12.2958, 76.6394),
    City("Panaji", "Goa", "30", "403", 15.4909, 73.8278),
)

PLACES: Final = (
    ("Metro Parking", "PARKING_LOT", "METRO_STATION"),
    ("City Mall", "UNDERGROUND_GARAGE", "MALL"),
    ("Highway Plaza", "ALONG_MOTORWAY", "RESTAURANT"),
    ("Fuel Station", "PARKING_LOT", "FUEL_STATION"),
    ("Tech Park", "PARKING_GARAGE", "CAFE"),
    ("Airport", "PARKING_GARAGE", "AIRPORT"),
    ("Grand Hotel", "PARKING_LOT", "HOTEL"),
    ("Market Street", "ON_STREET", "SUPERMARKET"),
)
STREETS: Final = ("MG Road", "Station Road", "Ring Road", "Gandhi Marg", "Nehru Nagar", "Link Road", "NH 44")


@dataclass(frozen=True)
class Plug:
    """A typical connector in India; amperes per phase, watts as advertised."""

    standard: str
    format: str
    power_type: str
    volts: int
    amperes: int
    watts: int
    tariff: str


PLUGS: Final = (
    Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 500, 120, 60_000, "DC"),
    Plug("IEC_62196_T2", "SOCKET", "AC_1_PHASE", 230, 32, 7_400, "AC"),
    Plug("CHADEMO", "CABLE", "DC", 500, 100, 50_000, "DC"),
    Plug("IEC_62196_T2", "CABLE", "AC_3_PHASE", 230, 32, 22_000, "AC"),
    Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 500, 60, 30_000, "DC"),
    Plug("IEC_60309_2_single_16", "SOCKET", "AC_1_PHASE", 230, 15, 3_300, "LEV"),
    Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 920, 200, 120_000, "DC-ULTRA"),
    Plug("GBT_DC", "CABLE", "DC", 100, 200, 15_000, "DC"),
    Plug("DOMESTIC_D", "SOCKET", "AC_1_PHASE", 230, 15, 3_300, "LEV"),
)


@dataclass(frozen=True)
class Price:
    """A tariff in rupees without GST, to which 18% is added."""

    id: str
    type: str
    energy: float  # for each kWh
    flat: float = 0.0  # for each session
    parking: float = 0.0  # for each hour after charging has ended
    text: str = ""


TARIFFS: Final = (
    Price("LEV", "REGULAR", 8.5, text="₹8.50/kWh + 18% GST"),
    Price("AC", "REGULAR", 12.0, text="₹12/kWh + 18% GST"),
    Price("DC", "REGULAR", 18.0, flat=10.0, text="₹18/kWh + ₹10 a session + 18% GST"),
    Price("DC-ULTRA", "REGULAR", 22.5, parking=120.0, text="₹22.50/kWh, ₹120/h parking after it + 18% GST"),
    Price("DC-ADHOC", "AD_HOC_PAYMENT", 24.0, text="₹24/kWh + 18% GST"),
)
GST_PERCENT: Final = 18.0
