"""A house where CDRs are checked and months are settled."""

from tests.integration.charges.conftest import built_house, no_versions

__all__ = ["built_house", "no_versions"]
