"""What find_locations answers."""

from datetime import datetime

from emsp.ocpi.locations import Location
from emsp.ocpi.tariffs import Tariff
from tests.schemas.as_received import AsReceived, Deviation
from tests.schemas.strict_model import StrictModel


class FoundTariff(StrictModel):
    object: Tariff | AsReceived
    received_at: datetime
    deviations: list[Deviation]


class FoundLocation(StrictModel):
    """`as_of` is the time from which its state is known. `fresh` means that the Hub was asked now. If that
    was requested and failed, `not_fresh_because` says why.
    """

    object: Location | AsReceived
    received_at: datetime
    deviations: list[Deviation]
    as_of: datetime
    fresh: bool
    not_fresh_because: str | None = None
    distance_m: int | None = None


class SearchWork(StrictModel):
    """What a search near a point has read."""

    cells: int
    summaries: int
    locations: int


class FoundLocations(StrictModel):
    """`found` counts all matches. `tariffs` are those of the requested connector."""

    locations: list[FoundLocation]
    found: int
    read: SearchWork | None = None
    tariffs: list[FoundTariff] | None = None
