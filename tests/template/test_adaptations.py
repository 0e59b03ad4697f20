"""What is changed for the local cloud: only what it can not do, each with its reason, in a copy."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.local_cloud.adaptations import ADAPTATIONS, VERBS, adapted
from tests.template.template import template


@pytest.mark.parametrize("adapt", ADAPTATIONS, ids=lambda adapt: adapt.__name__)
def test_each_adaptation_has_a_reason_and_something_to_change(
    adapt: Callable[[dict[str, Any]], None],
) -> None:
    copy = deepcopy(template())
    adapt(copy)
    assert copy != template(), "nothing is left to adapt: it can go"
    assert "MiniStack" in str(adapt.__doc__)


def test_adapting_leaves_the_template_itself_alone() -> None:
    before = deepcopy(template())
    adapted(template())
    assert template() == before


def test_a_route_of_all_methods_becomes_one_for_each_with_the_same_function() -> None:
    events = adapted(template())["Resources"]["CredentialsFunction"]["Properties"]["Events"]
    assert {(event["Properties"]["Method"], event["Properties"]["Path"]) for event in events.values()} == {
        (verb, "/ocpi/2.2.1/credentials") for verb in VERBS
    }
