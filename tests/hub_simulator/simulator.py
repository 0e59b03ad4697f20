"""Runs the simulated Hub, for a test in a thread of its own."""

import asyncio
import threading
from types import TracebackType
from typing import Any, Self

from tests.hub_simulator.admin import AdminRoutes
from tests.hub_simulator.admin_client import AdminClient
from tests.hub_simulator.http_server import Request, Response, serve
from tests.hub_simulator.hub import Hub
from tests.hub_simulator.server import OcpiRoutes
from tests.hub_simulator.settings import HubSettings, change_settings


async def run_hub(hub: Hub) -> asyncio.Server:
    """Start listening, and set the Hub's base_url."""
    ocpi, admin = OcpiRoutes(hub), AdminRoutes(hub)

    async def handle(request: Request) -> Response:
        if request.segments[:1] == ("admin",):
            return await admin.handle(request)
        return await ocpi.handle(request)

    server = await serve(handle, hub.settings.host, hub.settings.port)
    host, port = server.sockets[0].getsockname()[:2]
    hub.base_url = f"http://{host}:{port}"
    return server


async def probe_forever(hub: Hub) -> None:
    """Run the health probe as often as the settings say."""
    while True:
        await asyncio.sleep(hub.settings.probe_every_s or 0.5)
        if hub.settings.probe_every_s:
            for registration in hub.registered():
                await hub.parties.probe(registration)


class HubSimulator:
    """A Hub in a thread, for tests: `with HubSimulator(locations=40) as hub: hub.versions_url, hub.admin`.

    Keyword arguments are HubSettings' fields; nested ones are given as dicts, e.g. limits={"window_s": 6}.
    """

    def __init__(self, settings: HubSettings | None = None, **changes: Any) -> None:
        self.settings = settings or HubSettings()
        change_settings(self.settings, changes)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="hub-simulator", daemon=True)
        self.url = ""

    @property
    def versions_url(self) -> str:
        """The versions URL for an eMSP."""
        return f"{self.url}/ocpi/versions"

    @property
    def admin_url(self) -> str:
        """The base URL of the admin API."""
        return f"{self.url}/admin"

    @property
    def admin(self) -> AdminClient:
        """A client of the admin API."""
        return AdminClient(self.url)

    def start(self) -> Self:
        """Start listening. Raises the error that prevents it."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed
        return self

    def stop(self) -> None:
        """Stop at once."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        asyncio.run(self._live())

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            hub = Hub(self.settings)
            server = await run_hub(hub)
        except BaseException as e:  # noqa: BLE001 - raised again by start(), in the thread of the test
            self._failed = e
            self._ready.set()
            return
        self.url = hub.base_url
        prober = self._loop.create_task(probe_forever(hub))
        self._ready.set()
        await self._stop.wait()
        prober.cancel()
        server.close()
        server.close_clients()
        await hub.close()
