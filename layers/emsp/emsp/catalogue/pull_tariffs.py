"""The module tariffs: all tariffs of the CPOs that the Hub routes to us."""

from typing import Final

from emsp.catalogue.module import CatalogueModule
from emsp.ocpi.tariffs import Tariff

TARIFFS: Final = CatalogueModule("tariffs", Tariff, lambda _key, _tariff: {}, lambda _: None, lambda _: ())
