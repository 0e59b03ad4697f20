"""The tariffs of all CPOs that the Hub routes us to: what the pull needs to know about them."""

from typing import Final

from emsp.catalogue.module import CatalogueModule
from emsp.ocpi.tariffs import Tariff

TARIFFS: Final = CatalogueModule("tariffs", Tariff, lambda _key, _tariff: {}, lambda _: None, lambda _: ())
