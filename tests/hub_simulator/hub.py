"""The simulated Hub, built from its parts."""

from tests.hub_simulator.auth import Registration, Registrations
from tests.hub_simulator.authorize import Authorize
from tests.hub_simulator.catalogue import Catalogue
from tests.hub_simulator.charging import Charging
from tests.hub_simulator.commands import Commands
from tests.hub_simulator.credentials import Credentials
from tests.hub_simulator.faults import Faults
from tests.hub_simulator.limits import Limits
from tests.hub_simulator.outbound import Outbound
from tests.hub_simulator.parties import Parties
from tests.hub_simulator.pushes import Pushes
from tests.hub_simulator.routing import Routing
from tests.hub_simulator.seen import Seen
from tests.hub_simulator.settings import HubSettings


class Hub:
    """The state of the Hub. It belongs to one event loop; nothing else may access it."""

    def __init__(self, settings: HubSettings) -> None:
        self.settings = settings
        self.outbound = Outbound()
        self.catalogue = Catalogue(settings)
        self.registrations = Registrations(settings.credentials)
        self.parties = Parties(settings, self.catalogue.cpos, self.outbound)
        self.credentials = Credentials(settings, self.registrations, self.parties, self.outbound)
        self.pushes = Pushes(settings, self.registrations, self.outbound)
        self.charging = Charging(settings, self.catalogue, self.pushes)
        self.routing = Routing(settings, self.catalogue, self.parties)
        self.authorize = Authorize(self.routing)
        self.commands = Commands(settings, self.routing, self.charging, self.pushes)
        self.limits = Limits(settings.limits)
        self.faults = Faults(self.limits)
        self.seen = Seen(settings.seen_requests)
        self.base_url = ""  # http://127.0.0.1:PORT, known once it listens

    @property
    def ocpi_url(self) -> str:
        """The public base URL."""
        return f"{self.base_url}/ocpi"

    def module_url(self, module: str) -> str:
        """A module's URL in the version details."""
        return f"{self.base_url}{self.settings.module_prefix}/{module}"

    def registered(self) -> list[Registration]:
        """Every eMSP that has exchanged credentials."""
        return [r for r in self.registrations.all if r.registered]

    async def close(self) -> None:
        """Cancel everything that is running."""
        await self.commands.close()
        await self.charging.close()
        await self.pushes.close()
        self.outbound.close()
