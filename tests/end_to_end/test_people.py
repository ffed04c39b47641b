"""Second factors in a browser: an app, a passkey of a virtual authenticator, recovery codes."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.conftest import accessible, new_page
from tests.end_to_end.running import Portal

OWN = "four unrelated words here"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    portal = Portal(tmp_path_factory.mktemp("portal") / "instance", PORTAL_SECOND_FACTOR="admins")
    portal.run("account", "add", "201", "--password-stdin", stdin="Secret-of-201\n")
    portal.start()
    yield portal
    portal.stop()


def looked_at(page: Page) -> None:
    """Fail on what axe finds, in light and dark, and on a page wider than a phone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        accessible(page)
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 800})
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), page.url
    page.set_viewport_size(size or {"width": 1280, "height": 720})


def give_password(page: Page, portal: Portal, password: str, path: str = "/sign-in") -> None:
    page.goto(portal.url + path)
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Menu of admin").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()


def age_the_sign_ins(portal: Portal) -> None:
    """Let the ten minutes pass in which nothing is asked again."""
    with sqlite3.connect(portal.folder / "portal.sqlite3") as database:
        database.execute("update sign_ins set proved_at = datetime(proved_at, '-11 minutes')")
    database.close()


def test_an_administrator_from_the_first_password_to_the_last_recovery_code(
    chromium: Browser, portal: Portal
) -> None:
    context, page, errors = new_page(chromium, {})
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )

    # The one-time password, an own one, and then nothing without a second factor.
    give_password(page, portal, portal.first["password"], "/accounts")
    page.get_by_label("Present password").fill(portal.first["password"])
    page.get_by_label("New password", exact=True).fill(OWN)
    page.get_by_label("New password again").fill(OWN)
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("Set up a second factor to go on").wait_for()
    looked_at(page)
    page.goto(portal.url + "/accounts")
    assert page.url.endswith("/me")

    # An authenticator app, and recovery codes with it; then on to where the person wanted to go.
    page.get_by_role("link", name="Set up an authenticator app").click()
    page.locator(".qr svg path").first.wait_for()
    looked_at(page)
    key = pyotp.TOTP(re.sub(r"\s", "", page.locator("code").first.inner_text()))
    page.get_by_label("Code").fill(key.now())
    page.get_by_role("button", name="Use this app").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    expect(page.locator(".recovery-codes code")).to_have_count(10)
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(set(codes)) == 10
    looked_at(page)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("heading", name="SIP accounts").wait_for()

    # A passkey, with a name.
    page.goto(portal.url + "/me")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    looked_at(page)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("The passkey is added").wait_for()
    looked_at(page)

    # It signs in alone, and after the password.
    sign_out(page)
    looked_at(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="Dashboard").wait_for()
    sign_out(page)
    give_password(page, portal, OWN)
    looked_at(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="Dashboard").wait_for()

    # A SIP password is shown after a fresh proof, once, and the audit knows.
    age_the_sign_ins(portal)
    page.goto(portal.url + "/accounts")
    page.get_by_role("link", name="201").click()
    looked_at(page)
    page.get_by_role("link", name="Show password").click()
    page.get_by_role("heading", name="Is it you, admin?").wait_for()
    looked_at(page)
    page.get_by_label("Password, or code").fill(OWN)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Show it").click()
    page.get_by_text("Secret-of-201").wait_for()
    looked_at(page)

    # Users: a new one with a one-time password.
    page.goto(portal.url + "/users")
    looked_at(page)
    page.get_by_role("link", name="New user").click()
    page.get_by_label("Name").fill("Sam")
    looked_at(page)
    page.get_by_role("button", name="Make user").click()
    page.get_by_role("heading", name="sam can sign in").wait_for()
    looked_at(page)
    page.get_by_role("link", name="Done").click()
    page.get_by_role("heading", name="User sam").wait_for()
    looked_at(page)
    assert [error for error in errors if "inline style" not in error] == []
    context.close()

    # Another browser, without script: a code of the app, good once; a recovery code, good once.
    context, page, errors = new_page(chromium, {}, java_script_enabled=False)
    give_password(page, portal, OWN, "/profiles")
    time.sleep(30 - time.time() % 30)  # a code later than the one that set the app up
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign in with the code").click()
    page.get_by_role("heading", name="Profiles").wait_for()
    page.get_by_text("9 recovery codes are left").wait_for()
    context.clear_cookies()
    for code in (codes[0], key.now()):
        give_password(page, portal, OWN)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Sign in with the code").click()
    page.get_by_role("heading", name="Dashboard").wait_for()
    page.goto(portal.url + "/me")
    page.get_by_role("button", name="End all others").click()
    page.get_by_text("All other sign-ins have ended").wait_for()
    expect(page.get_by_text("This one")).to_have_count(1)
    expect(page.locator("tbody tr")).to_have_count(1)
    assert errors == []
    context.close()
