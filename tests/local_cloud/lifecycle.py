"""Local clouds for three uses: one left running for a person, one for a test run, or whichever is there."""

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
"""What a person wants and a test does not: that the clock runs."""


@dataclass(frozen=True)
class Deployed:
    """What `up` deployed last: a hash of the files, None where that failed, and the parameters that were
    given, by this `up` or by one before.
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
    """Leaves a local cloud running with today's stack, described in `.local/stack.json`.

    What runs already is kept if it was deployed from the same files with the same parameters, else deployed
    over, which keeps its data. Parameters that were given before count until `down`, unless given anew.
    Raises ServerFailed, UnknownParameter, DeploymentFailed.
    """
    LOCAL.mkdir(exist_ok=True)
    deployment.check_parameters(parameters)
    running, stack = _running()
    if running and stack:
        if port not in (None, running.port):
            raise ServerFailed(
                f"a local cloud is up at {stack.endpoint_url}: `make down` ends it, with its data, before "
                f"another one is up on port {port}"
            )
        before = Deployed.load()
        wanted = Deployed(deployment.input_hash(), {**before.parameters, **parameters})
        if before == wanted:
            say(f"The local cloud is up already, at {stack.endpoint_url}.")
            return stack
        say("The local cloud is up: today's stack is deployed over the one that it has, whose data stays.")
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
            f"{failure}\nWhat was up before still is; `make down` ends it, with its data, for a new start."
        ) from None
    wanted.save()
    stack.save(STACK_FILE)
    return stack


def down(say: Say = say_to_stderr) -> None:
    """Ends the local cloud that `up` left running, if there is one."""
    running = Server.load(SERVER_FILE)
    if running:
        running.stop()
    for path in (SERVER_FILE, STACK_FILE, DEPLOYED_FILE):
        path.unlink(missing_ok=True)
    say("The local cloud is down." if running else "No local cloud was up.")


@contextmanager
def own_local_cloud(
    say: Say = say_to_stderr, parameters: Mapping[str, str] = deployment.NO_PARAMETERS
) -> Iterator[Stack]:
    """A local cloud on a free port with the stack deployed, ended when left."""
    say("Starting the local cloud ...")
    started = server.start()
    try:
        yield deployment.deploy(started, say, parameters)
    finally:
        started.stop()


@contextmanager
def running_or_own_local_cloud(say: Say = say_to_stderr) -> Iterator[Stack]:
    """The local cloud that `make up` left running, whoever uses it, or one of its own that ends when left."""
    running, stack = _running()
    if running and stack:
        say(f"Using the local cloud that is up, at {stack.endpoint_url}.")
        yield stack
    else:
        with own_local_cloud(say) as own:
            yield own


@contextmanager
def unused_or_own_local_cloud(say: Say = say_to_stderr) -> Iterator[Stack]:
    """The local cloud that `make up` left running, if nobody uses it: its stack is registered with no Hub.
    Else one of its own beside it, that ends when left.
    """
    running, stack = _running()
    if running and stack and not _is_used(stack):
        say(f"Using the local cloud that is up, at {stack.endpoint_url}: no Hub is registered there.")
        yield stack
        return
    if running and stack:
        say(
            f"The stack that is up, at {stack.endpoint_url}, is registered with a Hub: it is left alone, and "
            "this runs beside it, on a local cloud of its own."
        )
    with own_local_cloud(say) as own:
        yield own


def _is_used(stack: Stack) -> bool:
    """Whether a Hub's credentials are there, in part or whole, or nobody can tell."""
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
