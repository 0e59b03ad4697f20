"""The clients that `make clients` writes from the deployed API's document: they drive a charge."""

import json
import shutil
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.driver_api.clients import write
from tests.driver_api.clients.write import NotWritten
from tests.driver_api.issuer import Issuer
from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.places import REPOSITORY
from tests.local_cloud.stack import Stack

USES = REPOSITORY / "tests" / "driver_api" / "clients"


@dataclass(frozen=True)
class Served:
    """The API, its document and a place in its catalogue."""

    url: str
    document: dict[str, Any]
    place: dict[str, str]

    def arguments(self, token: str) -> list[str]:
        return [self.url, token, self.place["latitude"], self.place["longitude"]]


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=12) as simulator:
        for function in ("pull_tariffs", "pull_locations"):
            stack.invoke(function, {"mode": "full"})
        yield simulator


@pytest.fixture(scope="module")
def served(stack: Stack, hub: HubSimulator) -> Served:
    if "DriverApiUrl" not in stack.outputs:
        pytest.skip("the stack that is up has no DriverApiIssuer")
    url = stack.outputs["DriverApiUrl"]
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=60) as answer:
        document = json.load(answer)
    return Served(url, document, hub.admin.objects("locations")[0]["coordinates"])


@pytest.fixture(scope="module")
def typescript(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app's folder, where the client is installed."""
    if shutil.which("node") is None:
        pytest.skip("no node: `apt-get install nodejs npm`, then `make clients`")
    if not write.NODE_MODULES.exists():
        pytest.skip("no generator of the TypeScript client: `make clients` installs it")
    app = tmp_path_factory.mktemp("typescript-app")
    client = write.write_typescript(served.document, tmp_path_factory.mktemp("typescript-client"))
    (app / "node_modules").mkdir()
    (app / "node_modules" / write.NAME).symlink_to(client)
    (app / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return app


def test_the_typescript_client_drives_a_charge(typescript: Path, served: Served, signing: Issuer) -> None:
    shutil.copy(USES / "use.ts", typescript)
    write.compile_typescript(typescript)
    token = signing.token("APP-TYPESCRIPT")
    drove(write.run(["node", str(typescript / "use.js"), *served.arguments(token)]), served)


MISTAKES: Final = {
    "path": ('"/estimates"', '"/estimate"'),
    "body": ("evse_uid: evse.uid", "evse: evse.uid"),
    "state": ('"FINISHED"', '"DONE"'),
    "answer": ("finished.limit", "finished.limits"),
    "header": ("params: { header },", ""),
}


def test_the_typescript_compiler_finds_each_mistake(typescript: Path, tmp_path: Path) -> None:
    code = (USES / "use.ts").read_text(encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(typescript / "node_modules")
    shutil.copy(typescript / "package.json", tmp_path)
    for name, (right, wrong) in MISTAKES.items():
        assert right in code
        (tmp_path / f"{name}.ts").write_text(code.replace(right, wrong), encoding="utf-8")
    with pytest.raises(NotWritten) as told:
        write.compile_typescript(tmp_path)
    assert {name for name in MISTAKES if f"{name}.ts(" in str(told.value)} == MISTAKES.keys()


def test_the_python_client_drives_a_charge(served: Served, signing: Issuer, tmp_path: Path) -> None:
    if not write.PYTHON.exists():
        pytest.skip("no generator of the Python client: `make clients` installs it")
    client = write.write_python(served.document, tmp_path)
    command = [str(write.PYTHON), str(USES / "use.py"), *served.arguments(signing.token("APP-PYTHON"))]
    drove(write.run(command, PYTHONPATH=str(client)), served)


def drove(printed: str, served: Served) -> None:
    told = json.loads(printed)
    assert float(told["priced"]) > 0
    assert told == {
        "priced": told["priced"],
        "estimated": told["priced"],
        "location": f"{served.url}/charges/{told['id']}",
        "id": told["id"],
        "limit": {"energy_kwh": 500},
        "state": "FINISHED",
        "refused": "urn:problem-type:not-found",
        "said": "हमें वह नहीं मिला।",
    }
