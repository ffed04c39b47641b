"""A portal in service, and a browser that has signed in to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.end_to_end.running import Portal, program

LISTS = Path(__file__).parent.parent / "imports" / "lists"
PASSWORD = "four unrelated words here"
# Longer than any answer takes where a test process a core is at work, and others beside it.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
# Without these, Chromium looks for Google's hosts at every start; root may not use its sandbox.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--host-resolver-rules=MAP portal.example 127.0.0.1",  # a name that is not the portal's
]


@pytest.fixture(scope="session")
def playwright_here() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def chromium(playwright_here: Playwright) -> Iterator[Browser]:
    browser = playwright_here.chromium.launch(
        executable_path=program("chromium"), args=ARGUMENTS, headless=True
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """A portal with an account and a device of Example Ltd; copied, never served."""
    portal = Portal(tmp_path_factory.mktemp("example") / "instance")
    portal.run("customer", "add", "Example Ltd")
    portal.run("profile", "add", "Office", "--set", "sip.registrar_host=sip.example.net")
    portal.run("account", "add", "201", "--display-name", "Anna", "--customer", "Example Ltd")
    portal.run("device", "add", "80:5e:c0:d5:7d:72", "--model", "T31G", "--customer", "Example Ltd")
    return portal


@pytest.fixture(scope="module")
def portal(example: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal as the example; one for all tests of a module."""
    portal = Portal(tmp_path_factory.mktemp("portal") / "instance", like=example)
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, portal: Portal) -> dict[str, object]:
    return signed_in_to(chromium, portal)


def signed_in_to(chromium: Browser, portal: Portal) -> dict[str, object]:
    """Sign in with the one-time password, choose an own one; returns the browser's storage."""
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(portal.url + "/devices")
    page.get_by_label("Name").fill(portal.first["administrator"])
    page.get_by_label("Password").fill(portal.first["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Present password").fill(portal.first["password"])
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("heading", name="Inventory").wait_for()
    state = context.storage_state()
    context.close()
    return dict(state)


def new_page(
    chromium: Browser, signed_in: dict[str, object], **options: object
) -> tuple[BrowserContext, Page, list[str]]:
    """Return a page and the list that fills with what its console reports as errors."""
    context = chromium.new_context(
        ignore_https_errors=True,
        storage_state=signed_in,  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []

    def note(said: ConsoleMessage) -> None:
        # A refused form (422, 409) is reported as a failed load; that is no fault of the page.
        if said.type == "error" and not re.search("status of 4(22|09)", said.text):
            errors.append(said.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return context, page, errors


def whole(page: Page) -> None:
    """Wait until a page is there to its end, with what it fetches: for who looks at it at once."""
    page.wait_for_load_state()
    expect(page.locator(".htmx-request")).to_have_count(0)


def accessible(page: Page) -> None:
    """Fail on what axe finds on a page."""
    whole(page)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
