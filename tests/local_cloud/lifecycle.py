"""Local clouds for three uses: one left running for a person, one for a test run, or whichever is there."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.local_cloud import deployment, server
from tests.local_cloud.deployment import Say, say_to_stderr
from tests.local_cloud.places import DEPLOYED_FILE, LOCAL, SERVER_FILE, STACK_FILE
from tests.local_cloud.server import Server
from tests.local_cloud.stack import Stack

DEFAULT_PORT = 4566


def up(port: int | None = None, say: Say = say_to_stderr) -> Stack:
    """Leaves a local cloud running with today's stack, described in `.local/stack.json`.

    What runs already is kept if it was deployed from the same files; else it is replaced, with its data.
    """
    LOCAL.mkdir(exist_ok=True)
    wanted = deployment.input_hash()
    running, stack = _running()
    if running and stack:
        if port in (None, running.port) and DEPLOYED_FILE.read_text(encoding="utf-8") == wanted:
            say(f"The local cloud is up already, at {stack.endpoint_url}.")
            return stack
        say("The local cloud is replaced: what it runs was built from other files.")
    down(say=lambda _: None)
    say("Starting the local cloud ...")
    started = server.start(port or DEFAULT_PORT)
    started.save(SERVER_FILE)
    try:
        stack = deployment.deploy(started, say)
    except BaseException:
        down(say=lambda _: None)
        raise
    DEPLOYED_FILE.write_text(wanted, encoding="utf-8")
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
def own_local_cloud(say: Say = say_to_stderr) -> Iterator[Stack]:
    """A local cloud on a free port with the stack deployed, ended when left."""
    say("Starting the local cloud ...")
    started = server.start()
    try:
        yield deployment.deploy(started, say)
    finally:
        started.stop()


@contextmanager
def running_or_own_local_cloud(say: Say = say_to_stderr) -> Iterator[Stack]:
    """The local cloud that `make up` left running, or one of its own that ends when left."""
    running, stack = _running()
    if running and stack:
        say(f"Using the local cloud that is up, at {stack.endpoint_url}.")
        yield stack
    else:
        with own_local_cloud(say) as own:
            yield own


def _running() -> tuple[Server | None, Stack | None]:
    running = Server.load(SERVER_FILE)
    if running and running.is_ours() and running.is_ready():
        return running, Stack.load(STACK_FILE)
    return None, None
