"""The table of tariffs."""

from emsp.stores.catalogue_table import CatalogueTable


class TariffsTable(CatalogueTable):
    """Tariffs by object key; a connector's tariffs are those of its `tariff_ids` and its location's party."""
