"""End to end: the real template on a local cloud with IAM enforced, in the real order of things."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from emsp.connection.connect_to_hub import AUTHORIZE, COMMANDS, LISTS
from tests.driver_api.issuer import Issuer, issuer
from tests.driver_app.served import ServedApp, served_app
from tests.e2e.misuse_rules import misuse_rules
from tests.local_cloud.lifecycle import own_local_cloud, running_or_own_local_cloud
from tests.local_cloud.stack import Stack
from tests.schemas.validate import validate_answer

APP_ORIGIN = "http://127.0.0.1:8000"


class ValidatedStack(Stack):
    """Whose functions' answers are held to their schemas."""

    def invoke(self, function: str, payload: Any) -> Any:
        answer = super().invoke(function, payload)
        validate_answer(function, answer)
        return answer


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The deployed stack, on a local cloud that starts with the first test and ends with the last."""
    if request.config.getoption("--use-running"):
        with running_or_own_local_cloud() as deployed:
            held = ValidatedStack(**vars(deployed))
            with misuse_rules(held, on=False):
                yield held
        return
    signing: Issuer = request.getfixturevalue("signing")
    example_app: ServedApp = request.getfixturevalue("example_app")
    origins = f"{APP_ORIGIN},{example_app.url}"
    parameters = {"DriverApiIssuer": signing.url, "DriverApiOrigins": origins}
    with own_local_cloud(parameters=parameters) as deployed:
        held = ValidatedStack(**vars(deployed))
        with misuse_rules(held, on=False):
            yield held


@pytest.fixture(scope="session")
def signing() -> Iterator[Issuer]:
    """Who signs drivers in."""
    with issuer() as served:
        yield served


@pytest.fixture(scope="session")
def example_app() -> Iterator[ServedApp]:
    """The page in docs/driver-app, before the stack: the API's CORS has to name its origin."""
    with served_app() as served:
        yield served


@pytest.fixture(autouse=True, scope="module")
def no_catalogue_of_another_hub(request: pytest.FixtureRequest) -> None:
    """Each file has a Hub of its own: what an earlier one listed is no part of our catalogue any more."""
    of_this_file = [item for item in request.session.items if item.getparent(pytest.Module) is request.node]
    if not any("stack" in item.fixturenames for item in of_this_file if isinstance(item, pytest.Function)):
        return
    stack: Stack = request.getfixturevalue("stack")
    dynamodb = boto3.resource("dynamodb", **stack.client_settings)
    for name in ("locations", "tariffs"):
        table = dynamodb.Table(stack.tables[name])
        while found := table.scan(ProjectionExpression="object_key")["Items"]:
            with table.batch_writer() as batch:
                for item in found:
                    batch.delete_item(Key=item)
    # Else the next pull would take what the last snapshot lists as still stored.
    control = dynamodb.Table(stack.tables["control"])
    for item in control.scan(ProjectionExpression="control_key", ConsistentRead=True)["Items"]:
        if str(item["control_key"]).startswith("pull"):
            control.delete_item(Key=item)


@pytest.fixture(autouse=True)
def unused_quota(request: pytest.FixtureRequest) -> None:
    """Each test has a Hub of its own, which has counted nothing yet; so neither have we."""
    if "stack" not in request.fixturenames:
        return
    stack: Stack = request.getfixturevalue("stack")
    dynamodb = boto3.client("dynamodb", **stack.client_settings)
    for module in (AUTHORIZE, COMMANDS, LISTS):
        key = {"control_key": {"S": f"quota#{module}"}}
        dynamodb.delete_item(TableName=stack.tables["control"], Key=key)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.e2e)
