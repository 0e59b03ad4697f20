"""Classes about the source of energy. Locations and Tariffs share them (OCPI 2.2.1, locations chapter)."""

from enum import StrEnum

from emsp.ocpi.model import OcpiModel
from emsp.ocpi.types.cardinalities import ZeroOrMore, ZeroOrOne
from emsp.ocpi.types.enums import OpenEnum
from emsp.ocpi.types.numbers import Bool, Number
from emsp.ocpi.types.texts import String64


class EnergySourceCategory(StrEnum):
    NUCLEAR = "NUCLEAR"
    GENERAL_FOSSIL = "GENERAL_FOSSIL"
    COAL = "COAL"
    GAS = "GAS"
    GENERAL_GREEN = "GENERAL_GREEN"
    SOLAR = "SOLAR"
    WIND = "WIND"
    WATER = "WATER"


class EnvironmentalImpactCategory(StrEnum):
    NUCLEAR_WASTE = "NUCLEAR_WASTE"
    CARBON_DIOXIDE = "CARBON_DIOXIDE"


class EnergySource(OcpiModel):
    """A source and its share in percent."""

    source: OpenEnum[EnergySourceCategory]
    percentage: Number


class EnvironmentalImpact(OcpiModel):
    """An impact in g/kWh."""

    category: OpenEnum[EnvironmentalImpactCategory]
    amount: Number


class EnergyMix(OcpiModel):
    """The energy of a location or tariff."""

    is_green_energy: Bool
    energy_sources: ZeroOrMore[EnergySource] = ()
    environ_impact: ZeroOrMore[EnvironmentalImpact] = ()
    supplier_name: ZeroOrOne[String64] = None
    energy_product_name: ZeroOrOne[String64] = None
