"""Starts local clouds for three uses: one that keeps running for a person, one for a test run, or the one
that exists.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Final

from tests.local_cloud import deployment, server
from tests.local_cloud.deployment import DeploymentFailed, Say, say_to_stderr
from tests.local_cloud.places import DEPLOYED_FILE, LOCAL, SERVER_FILE, STACK_FILE
from tests.local_cloud.server import Server, ServerFailed
from tests.local_cloud.stack import InvocationFailed, Stack

DEFAULT_PORT = 4566
UP_PARAMETERS: Final[Mapping[str, str]] = MappingProxyType({"SchedulesState": "ENABLED"})
"""A person wants the schedules to run; a test does not."""


@dataclass(frozen=True)
class Deployed:
    """What `up` deployed last: a hash of the files (None if that failed), and the parameters given to this
    `up` or an earlier one.
    """

    input_hash: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    def save(self) -> None:
        DEPLOYED_FILE.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls) -> "Deployed":
        try:
            return cls(**json.loads(DEPLOYED_FILE.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()


def up(
    port: int | None = None,
    say: Say = say_to_stderr,
    parameters: Mapping[str, str] = deployment.NO_PARAMETERS,
) -> Stack:
    """Starts a local cloud with the current stack, or updates the running one, and describes it in
    `.local/stack.json`.

    A running stack is kept if it was deployed from the same files with the same parameters. Otherwise it is
    updated and keeps its data. Earlier parameters stay valid until `down`, unless they are given again.
    Raises ServerFailed, UnknownParameter and DeploymentFailed.
    """
    LOCAL.mkdir(exist_ok=True)
    deployment.check_parameters(parameters)
    running, stack = _running()
    if running and stack:
        if port not in (None, running.port):
            raise ServerFailed(
                f"a local cloud is up at {stack.endpoint_url}: end it and its data with `make down` before "
                f"you start another one on port {port}"
            )
        before = Deployed.load()
        wanted = Deployed(deployment.input_hash(), {**before.parameters, **parameters})
        if before == wanted:
            say(f"The local cloud is already running at {stack.endpoint_url}.")
            return stack
        say("The local cloud is running. Its stack is updated to the current template, and keeps its data.")
        return _deployed(running, wanted, say)
    down(say=lambda _: None)
    say("Starting the local cloud ...")
    started = server.start(port or DEFAULT_PORT)
    started.save(SERVER_FILE)
    try:
        return _deployed(started, Deployed(deployment.input_hash(), dict(parameters)), say)
    except BaseException:
        down(say=lambda _: None)
        raise


def _deployed(running: Server, wanted: Deployed, say: Say) -> Stack:
    Deployed(None, Deployed.load().parameters).save()
    try:
        stack = deployment.deploy(running, say, {**UP_PARAMETERS, **wanted.parameters})
    except DeploymentFailed as failure:
        raise DeploymentFailed(
            f"{failure}\nThe previous stack is still up; `make down` ends it and deletes its data."
        ) from None
    wanted.save()
    stack.save(STACK_FILE)
    return stack


def down(say: Say = say_to_stderr) -> None:
    """Ends the local cloud that `up` started, if there is one."""
    running = Server.load(SERVER_FILE)
    if running:
        running.stop()
    for path in (SERVER_FILE, STACK_FILE, DEPLOYED_FILE):
        path.unlink(missing_ok=True)
    say("The local cloud has stopped." if running else "No local cloud was running.")


@contextmanager
def own_local_cloud(
    say: Say = say_to_stderr, parameters: Mapping[str, str] = deployment.NO_PARAMETERS
) -> Iterator[Stack]:
    """A local cloud on a free port with the stack deployed. It ends with the context."""
    say("Starting the local cloud ...")
    started = server.start()
    try:
        yield deployment.deploy(started, say, parameters)
    finally:
        started.stop()


@contextmanager
def running_or_own_local_cloud(say: Say = say_to_stderr) -> Iterator[Stack]:
    """The local cloud that `make up` started, even if it is in use; otherwise a separate one that ends with
    the context.
    """
    running, stack = _running()
    if running and stack:
        say(f"Using the local cloud that runs at {stack.endpoint_url}.")
        yield stack
    else:
        with own_local_cloud(say) as own:
            yield own


@contextmanager
def unused_or_own_local_cloud(
    say: Say = say_to_stderr, parameters: Mapping[str, str] = deployment.NO_PARAMETERS
) -> Iterator[Stack]:
    """The local cloud that `make up` started, if its stack is registered with no Hub. Otherwise a separate
    one beside it, with these parameters, which ends with the context.
    """
    running, stack = _running()
    if running and stack and not _is_used(stack):
        say(f"Using the local cloud that runs at {stack.endpoint_url}, where no Hub is registered.")
        yield stack
        return
    if running and stack:
        say(
            f"The stack at {stack.endpoint_url} is registered with a Hub: it stays untouched, and this runs "
            "on a separate local cloud."
        )
    with own_local_cloud(say, parameters) as own:
        yield own


def _is_used(stack: Stack) -> bool:
    """Whether the stack has credentials of a Hub, complete or not. True also if that is unknown."""
    try:
        told = stack.invoke("register", {"action": "status"})
    except InvocationFailed:
        return True
    return bool(told["registered"] or told.get("pending"))


def _running() -> tuple[Server | None, Stack | None]:
    running = Server.load(SERVER_FILE)
    if running and running.is_ours() and running.is_ready():
        return running, Stack.load(STACK_FILE)
    return None, None
