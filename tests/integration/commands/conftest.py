"""A Hub that takes commands, and a place to send them to."""

from typing import Any

import pytest

from tests.integration.emsp_side import Emsp


@pytest.fixture
def location(emsp: Emsp) -> dict[str, Any]:
    """The Hub's first; its CPO's results never come."""
    emsp.registered()
    emsp.hub.admin.add_command_behaviour(callback=False)
    [first, *_] = emsp.hub.admin.objects("locations")
    return first
