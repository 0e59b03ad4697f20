"""The example app in a real browser, from the sign-in to the receipt, on a phone and on a desk."""

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.browser.chromium import Page
from tests.browser.legible import SCREENS
from tests.driver_api.issuer import Issuer
from tests.driver_app.city import CENTER, SITES, Site, put_city
from tests.driver_app.served import ServedApp
from tests.driver_app.visitor import AXE, Visitor
from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack

# Right beside the middle, so that they stand first. A CPO can send any of it.
HOSTILE: Final = (
    Site('<img src=x onerror="window.hacked=1">', '"><script>window.hacked=1</script>', 12.9717, 77.5947),
    Site(
        "\u202egnp.drac\u2066 & &lt;b&gt; ' onfocus='window.hacked=1",
        "javascript:window.hacked=1",
        12.9718,
        77.5948,
    ),
    Site("A" * 250, "Ω" * 250, 12.9719, 77.5949),
)

PRICED: Final = """document.querySelector('.cost')
  && [...document.querySelectorAll('.cost')].every(each => each.textContent.startsWith('₹'))"""


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    pace = {"update_every_s": 0.3, "energy_factor": 60.0}
    with registered_hub(stack, locations=0, charging=pace) as simulator:
        put_city(simulator.admin, (*SITES, *HOSTILE))
        for function in ("pull_tariffs", "pull_locations"):
            stack.invoke(function, {"mode": "full"})
        yield simulator


@pytest.fixture(scope="module")
def app(stack: Stack, signing: Issuer, example_app: ServedApp, hub: HubSimulator) -> ServedApp:
    if "DriverApiUrl" not in stack.outputs:
        pytest.skip("the stack that is up has no DriverApiIssuer")
    example_app.configure(stack.outputs["DriverApiUrl"], signing.url, CENTER)
    return example_app


@pytest.fixture(params=SCREENS)
def visitor(request: pytest.FixtureRequest, browser_page: Page, app: ServedApp) -> Visitor:
    browser_page.errors.clear()
    axe = AXE.read_text(encoding="utf-8") if AXE.exists() else None
    return Visitor(browser_page, request.param, *SCREENS[request.param], axe)


def test_a_driver_charges_with_a_keyboard(
    visitor: Visitor, app: ServedApp, signing: Issuer, hub: HubSimulator
) -> None:
    page, driver = visitor.page, f"APP-{visitor.screen.upper()}"
    sign_in(visitor, app, driver)

    page.until(f"document.querySelectorAll('.station').length === {len(SITES) + len(HOSTILE)}")
    assert page.evaluate("document.querySelectorAll('.pin').length") == len(SITES) + len(HOSTILE)
    visitor.see("2-stations")
    hostile_names_are_text(page)

    hub.admin.prescribe_authorization(driver, "BLOCKED")
    visitor.take('a.station[href$="BLR-01"]')
    page.until(PRICED)
    visitor.take(".plug button")
    page.until("!document.querySelector('[role=alert]').hidden")
    assert visitor.text("[role=alert]") == "Your charging token is blocked. Please contact us."
    visitor.see("3-station")
    hub.admin.prescribe_authorization(driver, None)
    # Chromium says of each refusal that it is one, which this one is meant to be.
    assert len(page.errors) == 1
    assert "status of 403" in page.errors[0]
    page.errors.clear()

    visitor.take(".plug button")
    page.until("document.querySelector('#title')?.textContent === 'Charging'")
    assert visitor.text("#said").startswith("Charging.")
    visitor.take("#refresh")
    page.until("parseFloat(document.querySelector('#energy strong')?.textContent) > 0")
    page.until("document.querySelector('#cost').textContent.startsWith('₹')")
    visitor.see("4-charging")

    visitor.take("#stop")
    page.until("document.querySelector('#title')?.textContent === 'Finished'")
    visitor.see("5-finished")
    charge = page.evaluate("location.hash").removeprefix("#/charges/")
    visitor.take("#receipt")
    page.until("document.querySelector('.receipt')")
    to_pay = receipt(app, signing.token(driver), charge)["to_pay"]["incl_vat"]
    assert number(visitor.text(".to-pay")) == round(float(to_pay), 2)
    visitor.see("6-receipt")

    visitor.take('nav a[href="#/charges"]')
    page.until("document.querySelectorAll('.history li').length === 1")
    assert number(visitor.text(".history strong")) == round(float(to_pay), 2)
    visitor.see("7-charges")

    visitor.take("#sign-out")
    page.until("document.querySelector('.hero')")
    assert page.evaluate("sessionStorage.getItem('token')") is None
    assert page.errors == []
    if visitor.axe is None:
        pytest.skip("all passed but axe-core, which is not here: install npm, then `make clients`")


def sign_in(visitor: Visitor, app: ServedApp, driver: str) -> None:
    visitor.open(f"{app.url}/")
    visitor.page.evaluate("sessionStorage.clear()")  # of a test that failed
    visitor.open(f"{app.url}/")
    visitor.page.until("document.querySelector('.hero')")
    visitor.see("1-welcome")
    visitor.take(".hero .main")
    visitor.page.until("document.querySelector('input[name=uid]')")
    visitor.see("1-issuer")
    visitor.write("input[name=uid]", driver)
    visitor.page.press("Enter")
    visitor.page.until("document.querySelector('.station')")
    assert visitor.page.evaluate("location.href") == f"{app.url}/", "neither the code nor the state is left"


def hostile_names_are_text(page: Page) -> None:
    names = page.evaluate("[...document.querySelectorAll('.station .name')].map(each => each.textContent)")
    for site in HOSTILE:
        assert any(name.endswith(site.name) for name in names), site.name
    labels = page.evaluate(
        "[...document.querySelectorAll('.pin')].map(each => each.getAttribute('aria-label'))"
    )
    assert any(HOSTILE[0].name in label for label in labels)
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    assert page.evaluate("window.hacked") is None
    # And were it ever written as HTML, the browser would refuse.
    assert (
        page.evaluate("(() => { try { document.body.innerHTML = 'x' } catch (e) { return e.name } })()")
        == "TypeError"
    )
    page.errors.clear()


def receipt(app: ServedApp, token: str, charge: str) -> Any:
    url = f"{app.config['api']}/charges/{charge}/receipt"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def number(shown: str) -> float:
    """Of an amount of rupees."""
    assert shown.startswith("₹")
    return float(re.sub(r"[^\d.]", "", shown))
