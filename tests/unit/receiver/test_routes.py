"""The receiver knows the same routes as the template."""

from emsp.our_versions import ENDPOINTS
from emsp.receiver.routes import ROUTES, methods_of
from tests.template.template import functions


def test_every_route_of_the_template_is_known_with_its_methods() -> None:
    routed: dict[str, set[str]] = {}
    for name, function in functions().items():
        for event in function.get("Events", {}).values():
            path, method = event["Properties"].get("Path"), event["Properties"].get("Method")
            if event["Type"] == "Api" and path in ROUTES and (name != "versions" or method == "GET"):
                routed.setdefault(path, set()).add(method)
    assert {path: tuple(sorted(methods)) for path, methods in routed.items()} == ROUTES


def test_each_endpoint_that_we_list_is_served() -> None:
    for identifier, _ in ENDPOINTS:
        assert any(route.startswith(f"/ocpi/2.2.1/{identifier}") for route in ROUTES)


def test_paths_behind_a_catch_all_are_recognized() -> None:
    assert methods_of("/{proxy+}", "/ocpi/versions/") == ("GET",)
    assert methods_of("/{proxy+}", "/ocpi/2.2.1/sessions/IN/CPO/a%2Fb") == ("GET", "PATCH", "PUT")
    assert methods_of("/{proxy+}", "/ocpi/2.2.1/sessions/IN/CPO") == ()
    assert methods_of("/{proxy+}", "/ocpi/2x2.1") == ()
