"""For all tests: no reach to a real AWS account, and at the end the time that each kind of test took."""

import gc
import logging
import os
import sys
from collections import defaultdict
from collections.abc import Iterator

import pytest

import tests.profiles  # noqa: F401  hypothesis's profiles
from tests import quick_moto
from tests.browser.chromium import MISSING, Page, a_page, installed

# Set before any test module is imported, since the functions make their boto3 clients at import.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "ap-south-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
quick_moto.keep()


class StandardOutput:
    """sys.stdout as it is now: pytest puts another one there for each test, the logger keeps its first."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture(autouse=True, scope="session")
def log_lines_go_where_the_test_looks() -> None:
    from emsp.log import log

    handler = log.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(StandardOutput())


@pytest.fixture(autouse=True)
def no_invocation_is_about_to_end() -> None:
    """A handler notes when its invocation ends. A later test may call a store directly, long after that."""
    from emsp.stores.time_left import begin_invocation

    begin_invocation(None)


@pytest.fixture(scope="session")
def browser_page() -> Iterator[Page]:
    """A page of a real browser, or a skip where there is none."""
    browser = installed()
    if browser is None:
        pytest.skip(MISSING)
    with a_page(browser) as page:
        yield page


LONGEST_FIRST = (
    "attacks/test_bombs.py",
    "attacks/test_pricing.py",
    "template/test_layers.py",
    "receiver/test_any_number.py",
    "pushes/test_faults.py",
    "charges/test_enforce_limits.py",
    "settlement/test_settle.py",
    "drivers/test_forget_driver.py",
    "template/test_footprint.py",
    "alarms/test_page.py",
    "pricing/test_two_pricers_agree.py",
    "catalogue/test_kills.py",
    "catalogue/test_any_number.py",
    "charges/test_watch_charges.py",
    "template/test_deploying_again.py",
    "contract/test_fuzz.py",
    "receiver/test_authentication.py",
    "pushes/test_histories.py",
    "pushes/test_merge_session.py",
    "hub/test_any_number.py",
)
"""More than 6 s each: one that came last would leave the other processes without work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get("/".join(item.path.parts[-2:]), len(places)))


def pytest_collection_finish() -> None:
    """What is imported by now stays: to look through it for garbage time and again costs a fifth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


_seconds: defaultdict[str, float] = defaultdict(float)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--use-running",
        action="store_true",
        help="end-to-end tests use the local cloud that `make up` left running, not one of their own",
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    kind = report.nodeid.removeprefix("tests/").split("/")[0].split("::")[0]
    _seconds[kind] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _seconds:
        terminalreporter.section("time by kind of test")
        for kind, seconds in sorted(_seconds.items(), key=lambda each: -each[1]):
            terminalreporter.write_line(f"{seconds:8.1f} s  {kind}")
