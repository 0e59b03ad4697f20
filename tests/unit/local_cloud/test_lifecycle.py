"""Which local cloud is used for what, and that nobody's data is lost by the way."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.local_cloud import deployment, lifecycle, server
from tests.local_cloud.deployment import DeploymentFailed
from tests.local_cloud.server import Server, ServerFailed
from tests.local_cloud.stack import InvocationFailed, Stack

CLOCK_ON = {"SchedulesState": "ENABLED"}


class Registered(Stack):
    """A stack whose register function answers as told."""

    answer: ClassVar[Any] = None

    def invoke(self, function: str, payload: Any) -> Any:
        assert (function, payload) == ("register", {"action": "status"})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def stack(endpoint_url: str, kind: type[Stack] = Stack) -> Stack:
    nothing: dict[str, str] = {}
    return kind(
        endpoint_url=endpoint_url,
        region="",
        account_id="",
        access_key_id="",
        secret_access_key="",
        api_url="",
        outputs=nothing,
        functions=nothing,
        tables=nothing,
        buckets=nothing,
        secrets=nothing,
        event_bus="",
    )


class Cloud:
    """A local cloud that is pretended, and what happened to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.folder = folder
        self.happened: list[str] = []
        self.parameters: list[Mapping[str, str]] = []
        self.fails = False
        self.running: Server | None = None
        for name in ("LOCAL", "SERVER_FILE", "STACK_FILE", "DEPLOYED_FILE"):
            path = folder if name == "LOCAL" else folder / name
            monkeypatch.setattr(lifecycle, name, path)
        monkeypatch.setattr(server, "start", self.start)
        monkeypatch.setattr(deployment, "deploy", self.deploy)
        monkeypatch.setattr(deployment, "input_hash", lambda: "hash")
        monkeypatch.setattr(lifecycle, "_running", self.found)

    def start(self, port: int | None = None) -> Server:
        self.happened.append("start")
        self.running = Server(pid=2**22 + 1, port=port or 1, folder="/nowhere")
        return self.running

    def found(self) -> tuple[Server | None, Stack | None]:
        return self.running, stack("up") if self.running else None

    def deploy(self, running: Server, say: Any, parameters: Mapping[str, str]) -> Stack:
        self.happened.append("deploy")
        self.parameters.append(dict(parameters))
        if self.fails:
            raise DeploymentFailed("sam deploy failed")
        return stack("deployed")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cloud:
    return Cloud(monkeypatch, tmp_path)


def test_up_starts_deploys_and_then_keeps_what_is_the_same(cloud: Cloud) -> None:
    for _ in range(2):
        lifecycle.up(say=lambda _: None)
    assert cloud.happened == ["start", "deploy"]


def test_other_parameters_are_deployed_over_what_is_up(cloud: Cloud) -> None:
    lifecycle.up(say=lambda _: None)
    lifecycle.up(say=lambda _: None, parameters={"SchedulesState": "DISABLED"})
    assert cloud.happened == ["start", "deploy", "deploy"], "no new start: the data stays"
    assert cloud.parameters == [CLOCK_ON, {"SchedulesState": "DISABLED"}]


def test_what_was_given_before_is_kept_until_it_is_given_anew_or_the_cloud_is_down(cloud: Cloud) -> None:
    for given in (
        {"SchedulesState": "DISABLED", "OurPartyId": "XYZ"},
        {},
        {"OurPartyId": "ABC"},
        {"SchedulesState": "DISABLED"},
    ):
        lifecycle.up(say=lambda _: None, parameters=given)
    assert cloud.parameters == [
        {"SchedulesState": "DISABLED", "OurPartyId": "XYZ"},
        {"SchedulesState": "DISABLED", "OurPartyId": "ABC"},
    ]
    lifecycle.down(say=lambda _: None)
    cloud.running = None
    lifecycle.up(say=lambda _: None)
    assert cloud.parameters[-1] == CLOCK_ON


def test_parameters_outlive_a_deployment_that_fails_and_those_of_the_failed_one_do_not_count(
    cloud: Cloud,
) -> None:
    lifecycle.up(say=lambda _: None, parameters={"OurPartyId": "XYZ"})
    cloud.fails = True
    with pytest.raises(DeploymentFailed):
        lifecycle.up(say=lambda _: None, parameters={"OurPartyId": "TOO LONG"})
    cloud.fails = False
    lifecycle.up(say=lambda _: None)
    assert cloud.parameters[-1] == {**CLOCK_ON, "OurPartyId": "XYZ"}


def test_a_deployment_that_fails_ends_nothing_and_is_tried_again(cloud: Cloud) -> None:
    lifecycle.up(say=lambda _: None)
    cloud.fails = True
    with pytest.raises(DeploymentFailed, match="make down"):
        lifecycle.up(say=lambda _: None, parameters={"SchedulesState": "DISABLED"})
    assert (cloud.folder / "SERVER_FILE").exists()
    cloud.fails = False
    lifecycle.up(say=lambda _: None)
    assert cloud.happened == ["start", "deploy", "deploy", "deploy"]


def test_another_port_ends_nothing(cloud: Cloud) -> None:
    lifecycle.up(say=lambda _: None)
    with pytest.raises(ServerFailed, match="make down"):
        lifecycle.up(port=9, say=lambda _: None)
    assert cloud.happened == ["start", "deploy"]


def test_a_parameter_that_is_none_is_refused_before_anything_happens(cloud: Cloud) -> None:
    with pytest.raises(
        deployment.UnknownParameter, match=r"SchedulesStat is not a parameter.*SchedulesState"
    ):
        lifecycle.up(say=lambda _: None, parameters={"SchedulesStat": "ENABLED"})
    assert cloud.happened == []


@pytest.mark.parametrize(
    ("answer", "used"),
    [
        ({"registered": False, "pending": None}, True),
        ({"registered": True, "pending": None}, False),
        ({"registered": False, "pending": {"began_at": "..."}}, False),
        (InvocationFailed("register", "StoreUnavailable", "?"), False),
    ],
)
def test_the_demo_uses_what_is_up_only_while_no_hub_is_registered_there(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, answer: Any, used: bool
) -> None:
    running = stack("up", Registered)
    monkeypatch.setattr(Registered, "answer", answer)
    monkeypatch.setattr(lifecycle, "_running", lambda: (Server(1, 1, "/nowhere"), running))

    @contextmanager
    def own(say: Any, parameters: Any) -> Iterator[Stack]:
        yield stack("own")

    monkeypatch.setattr(lifecycle, "own_local_cloud", own)
    said: list[str] = []
    with lifecycle.unused_or_own_local_cloud(said.append) as found:
        assert found.endpoint_url == ("up" if used else "own")
    assert ("separate local cloud" in " ".join(said)) is not used
