"""Places that are reached by doing something on a page: what opens, what is refused, what is made.

Each act may be done more than once; it leaves the portal fit for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from playwright.sync_api import Page

from tests.end_to_end.conftest import LISTS
from tests.places import PASSWORD, Place
from tests.world import World

# A name of nobody that the browser finds here; see ARGUMENTS in conftest.py.
OTHER_NAME = "portal.example"


@dataclass(frozen=True)
class Act(Place):
    """`do` goes on from the address; `tells`: the browser reports the refusal, as it should."""

    do: Callable[[Page], object] = lambda page: None
    tells: str = ""


def press(*names: str, then: str = "") -> Callable[[Page], object]:
    """Press buttons or links by name, then wait for a text."""

    def do(page: Page) -> None:
        for name in names:
            button, link = (page.get_by_role(role, name=name) for role in ("button", "link"))  # type: ignore[arg-type]
            button.or_(link).first.click()
        if then:
            page.get_by_text(then).first.wait_for()

    return do


def fill(then: str = "", button: str = "", **typed: str) -> Callable[[Page], object]:
    """Type into inputs by the name of their field, press a button, wait for a text."""

    def do(page: Page) -> None:
        for name, text in typed.items():
            page.locator(f'main [name="{name.replace("__", ".")}"]').first.fill(text)
        if button:
            page.get_by_role("button", name=button).first.click()
        if then:
            page.get_by_text(then).first.wait_for()

    return do


def refused(button: str, **typed: str) -> Callable[[Page], object]:
    """Type what cannot be, send it, wait until the field says so."""

    def do(page: Page) -> None:
        fill(button=button, **typed)(page)
        page.locator('main [aria-invalid="true"]').first.wait_for()

    return do


def spoil(name: str, value: str, button: str, then: str) -> Callable[[Page], object]:
    """Send a form whose hidden field says something else."""

    def do(page: Page) -> None:
        page.locator(f'main input[name="{name}"]').first.evaluate(
            "(input, value) => { input.value = value; input.form.noValidate = true }", value
        )
        page.get_by_role("button", name=button, exact=True).first.click()
        page.get_by_text(then).first.wait_for()

    return do


def search(page: Page) -> None:
    page.locator("#search").press_sequentially("used")
    page.locator("#search-found [role=option]").first.wait_for()
    page.locator("#search").press("ArrowDown")


def upload(path: str, into: str, button: str, then: str) -> Callable[[Page], object]:
    def do(page: Page) -> None:
        page.locator(f'main input[name="{into}"]').set_input_files(LISTS / path)
        page.get_by_role("button", name=button).click()
        page.get_by_text(then).first.wait_for()

    return do


def upload_too_much(page: Page) -> None:
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"x" * 2_000_000}
    page.locator('main input[name="file"]').set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("heading", name="The file is too large").wait_for()


def make_user(page: Page) -> None:
    fill(name=f"somebody-{uuid4().hex[:6]}", button="Make user", then="One-time password")(page)


def under_another_name(page: Page) -> None:
    page.goto(page.url.replace("localhost", OTHER_NAME))


def acts(world: World) -> Iterator[Act]:
    """Yield every act; addresses and names are those of the world."""
    mine = world.mine
    device, account = f"/devices/{mine.device.mac}", f"/accounts/{mine.free.id}"
    customer, profile = f"/customers/{mine.customer.id}", f"/profiles/{world.shared.profile.id}"
    used = mine.used.user_name
    yield Act("header-search-open", "/devices", do=search, part=".search")
    yield Act("header-signed-out", device, do=_sign_out_elsewhere, tells="401", part="#notice")
    yield Act(
        "devices-show-picker", device, do=press("Assign the account of port 2"), part="#ports"
    )
    yield Act(
        "devices-show-move", device, do=press(f"Move {used} to another device"), part="#ports"
    )
    yield Act(
        "devices-show-conflict",
        f"{device}/ports/2?q=used",
        do=lambda page: page.locator(".choices summary").first.click(),
    )
    yield Act("devices-show-set-up-allowed", f"{device}?tab=trust", do=_unlock, part="#toasts")
    yield Act(
        "devices-show-own-address",
        f"{device}?tab=trust",
        do=press("Show it, and note"),
        part="#tab",
    )
    yield Act("devices-show-label-changed", device, do=_label, part="#toasts")
    yield Act(
        "devices-new-refused",
        "/devices/new",
        do=refused("Add the device", mac="00:15", model="T46U"),
        tells="422",
    )
    yield Act(
        "devices-edit-stale",
        f"{device}/edit",
        do=spoil("version", "0", "Save", "Somebody else changed this"),
        tells="409",
    )
    yield Act("devices-index-chosen", "/devices", do=_choose)
    yield Act("devices-settings-key-grabbed", f"{device}/settings", do=_grab, part="#line-keys")
    yield Act("accounts-password-new", f"{account}/new-password", do=press("Make a new password"))
    yield Act("accounts-password-shown", f"{account}/password", do=press("Show it"))
    yield Act(
        "accounts-new-refused",
        "/accounts/new",
        do=refused("Make account", user_name="a b"),
        tells="422",
    )
    yield Act(
        "profiles-preview", profile, do=press("Preview", then="The whole file"), part="#preview"
    )
    yield Act(
        "profiles-tip",
        profile,
        do=lambda page: page.locator(".tip-button").first.focus(),
        part='section[aria-labelledby="group-1"]',
    )
    yield Act(
        "profiles-refused",
        profile,
        do=refused("Save draft", sip__registrar_host="not a host"),
        part='section[aria-labelledby="group-1"]',
        tells="422",
    )
    yield Act(
        "customers-edit-stale",
        f"{customer}/edit",
        do=spoil("version", "0", "Save", "Somebody else changed this"),
        tells="409",
    )
    yield Act(
        "imports-mistakes",
        "/imports",
        do=upload("07_mistakes.xlsx", "file", "Upload and preview", "07_mistakes.xlsx"),
    )
    yield Act(
        "imports-long-list",
        "/imports",
        do=upload("10_two_sheets_with_users.xlsx", "file", "Upload and preview", "10_two_sheets"),
    )
    yield Act("imports-refused", "/imports", do=refused("Upload and preview"), tells="422")
    yield Act("users-made", "/users/new", do=make_user)
    yield Act("users-recovery-codes", "/me/recovery-codes", do=press("Make new codes"))
    yield Act("tokens-made", "/tokens", do=_make_token)
    yield Act(
        "sign-in-refused",
        "/sign-in",
        "nobody",
        do=fill(name="nobody", password="not the password", button="Sign in"),
        tells="422",
    )
    yield Act("sign-in-second-step", "/sign-in", "nobody", do=_second_step)
    yield Act(
        "error-400",
        "/customers/new",
        do=spoil("csrf_token", "old", "Make customer", "This page is too old"),
        tells="400",
    )
    yield Act("error-413", "/imports", do=upload_too_much, tells="413")
    yield Act("error-other-name", "/sign-in", "nobody", do=under_another_name, tells="400")


def _unlock(page: Page) -> None:
    locked = page.get_by_role("button", name="Unlock: it is the same phone")
    if locked.count():
        locked.click()
    page.get_by_role("button", name="Allow set-up").click()
    page.get_by_text("The phone may set itself up").wait_for()


def _label(page: Page) -> None:
    box = page.locator('.label-form input[name="label"]').first
    box.fill("Reception" if box.input_value() != "Reception" else "Front desk")
    box.press("Enter")
    page.get_by_role("button", name="Undo", exact=True).wait_for()


def _choose(page: Page) -> None:
    page.locator("#tick-all").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", level=1).first.wait_for()


def _grab(page: Page) -> None:
    key = page.locator(".key.own").first
    key.focus()
    key.press("Space")


def _make_token(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill(f"scanner {uuid4().hex[:4]}")
    page.locator('main input[type="checkbox"]').first.check()
    page.get_by_role("button", name="Make token").click()
    page.get_by_text("It holds until").wait_for()


def _second_step(page: Page) -> None:
    fill(name="two-steps", password=PASSWORD, button="Sign in", then="One more step")(page)


def _without_cookies(page: Page, do: Callable[[], object]) -> None:
    """Do something as a browser whose sign-in ended meanwhile; it is signed in again after that."""
    cookies = page.context.cookies()
    page.context.clear_cookies()
    try:
        do()
    finally:
        page.context.add_cookies(cookies)  # type: ignore[arg-type]


def _sign_out_elsewhere(page: Page) -> None:
    def do() -> None:
        page.get_by_role("link", name="Assign the account of port 2").click()
        page.locator("#notice > *").first.wait_for()

    _without_cookies(page, do)
