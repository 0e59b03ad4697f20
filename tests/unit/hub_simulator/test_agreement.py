"""The simulator and the application read OCPI apart from each other; here their readings must be the same."""

from emsp.ocpi.cdrs import CDR
from emsp.ocpi.deviations import Deviation, deviations
from emsp.ocpi.json_text import parse_json
from emsp.ocpi.locations import Location
from emsp.ocpi.model import OcpiModel
from emsp.ocpi.sessions import Session
from emsp.ocpi.tariffs import Tariff
from tests.contract.hub_answers import AuthorizationInfo, ClientInfo
from tests.hub_simulator.catalogue import Catalogue
from tests.hub_simulator.envelope import dump
from tests.hub_simulator.settings import HubSettings
from tests.unit.hub_simulator.conftest import Connected


def strays(model: type[OcpiModel], raw: bytes) -> list[Deviation]:
    return deviations(model, parse_json(raw))


def test_plain_data_has_no_deviation() -> None:
    catalogue = Catalogue(HubSettings(locations=200, dialects=False))
    for entry in catalogue.locations.select():
        assert strays(Location, entry.encoded()) == []
    for entry in catalogue.tariffs.select():
        assert strays(Tariff, entry.encoded()) == []


def test_only_the_dialects_deviate() -> None:
    catalogue = Catalogue(HubSettings(locations=40))
    straying = {
        entry.key[1]
        for model, objects in ((Location, catalogue.locations), (Tariff, catalogue.tariffs))
        for entry in objects.select()
        if strays(model, entry.encoded())
    }
    assert straying == {"VDP", "DKS", "GPM"}


def test_real_time_objects_have_no_deviation(connected: Connected) -> None:
    authorized = connected.call("PUT", "tokens/IN/EMS/U1/authorize").data
    assert strays(AuthorizationInfo, dump(authorized)) == []
    for party in connected.hub.admin.parties():
        assert strays(ClientInfo, dump(party)) == []
    connected.start(connected.hub.admin.objects("locations", limit=1)[0])
    connected.come("/sessions", 3)
    connected.stop(connected.hub.admin.sessions()[0]["session"]["id"])
    connected.hub.admin.wait_idle(5)
    pushes = connected.hub.admin.pushes(module="sessions")
    assert len(pushes) >= 4
    for push in pushes:
        assert strays(Session, push["body"].encode()) == []
    (cdr,) = connected.hub.admin.pushes(module="cdrs")
    assert strays(CDR, cdr["body"].encode()) == []
