"""The receiver knows the same routes as the template."""

from emsp.connection.our_versions import ENDPOINTS
from emsp.receiver.routes import ROUTES, route_of
from tests.template.template import routes


def test_every_route_that_is_served_is_in_the_template() -> None:
    routed = {(path, method) for method, path, _ in routes()}
    assert routed == {(path, "ANY") for path in (*ROUTES, "/", "/{proxy+}")}


def test_each_endpoint_that_we_list_is_served() -> None:
    for identifier, _ in ENDPOINTS:
        assert any(route.startswith(f"/ocpi/2.2.1/{identifier}") for route in ROUTES)


def test_paths_behind_a_catch_all_are_recognized() -> None:
    assert route_of("/{proxy+}", "/ocpi/versions/") == "/ocpi/versions"
    session = route_of("/{proxy+}", "/ocpi/2.2.1/sessions/IN/CPO/a%2Fb")
    assert ROUTES[session or ""] == ("GET", "PATCH", "PUT")
    assert route_of("/{proxy+}", "/ocpi/2.2.1/sessions/IN/CPO") is None
    assert route_of("/{proxy+}", "/ocpi/2x2.1") is None
