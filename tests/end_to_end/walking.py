"""A walk in a browser through every place: the world in a running portal, and one without anything.

`tests/end_to_end/test_all_pages.py` checks what stands there, `docs/tour.py` takes pictures of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.end_to_end.acts import Act, acts
from tests.end_to_end.conftest import PATIENCE_MS, whole
from tests.end_to_end.running import Portal
from tests.places import Place, Places, open_places
from tests.world import WORD, open_world

WIDE, NARROW = (1280, 900), (390, 800)


@dataclass
class Walk:
    """`errors`: what the consoles of the pages said, by who looks."""

    portal: Portal
    blank: Portal
    places: Places
    all: list[Place]
    _browser: Browser
    _pages: dict[str, Page] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def url(self, place: Place) -> str:
        portal = self.blank if place.who == "blank" else self.portal
        return portal.url + place.address

    def go_to(self, place: Place) -> Page:
        """Open the place in the browser of who looks, and do there what it says."""
        page = self._page(place.who)
        self.errors.clear()
        answer = page.goto(self.url(place))
        if isinstance(place, Act):
            place.do(page)
            whole(page)
        else:
            assert answer is not None
            assert answer.status == place.status, place
        told = getattr(place, "tells", "") or (str(place.status) if place.status != 200 else "")
        # The browser reports what was refused as a failed load; that is no fault of the page.
        self.errors[:] = [error for error in self.errors if not (told and told in error)]
        return page

    def _page(self, who: str) -> Page:
        if who not in self._pages:
            context = self._browser.new_context(
                ignore_https_errors=True,
                color_scheme="light",
                reduced_motion="reduce",
                viewport={"width": WIDE[0], "height": WIDE[1]},
            )
            cookie = self.places.client(who).get_cookie("__Host-portal")
            url = self.blank.url if who == "blank" else self.portal.url
            if cookie:
                told = {"name": cookie.key, "value": cookie.value, "url": url, "secure": True}
                context.add_cookies([told])  # type: ignore[list-item]
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("console", self._note)
            page.on("pageerror", lambda error: self.errors.append(str(error)))
            self._pages[who] = page
        return self._pages[who]

    def _note(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.errors.append(said.text)


@contextmanager
def open_walk(
    browser: Browser,
    blank: Path,
    folder: Path,
    base: Path | None = None,
    words: tuple[str, str] = ("mine", WORD),
) -> Iterator[Walk]:
    """Serve the world, made in a copy of `base` or `blank`, and a copy of `blank` beside it."""
    shutil.copytree(blank, folder / "blank")
    with (
        open_world(base or blank, folder / "instance", words) as world,
        open_places(world, folder / "blank") as places,
    ):
        portals = (
            Portal(folder / "instance", PORTAL_UPLOAD_MAX_BYTES="1000000"),
            Portal(folder / "blank"),
        )
        try:
            for portal in portals:
                portal.start()
            yield Walk(*portals, places, [*places.all, *acts(world)], browser)
        finally:
            for portal in portals:
                portal.stop()


def open_all(page: Page) -> None:
    """Unfold all that is folded, of a long row of the same the first ones."""
    page.evaluate(
        "[...document.querySelectorAll('main details')].slice(0, 20)"
        ".forEach(one => { one.open = true })"
    )


def opened(page: Page, seen: set[str]) -> Iterator[str]:
    """Open, by its button, each dialog and menu whose kind is not in `seen`; yield its id."""
    for attribute in ("data-dialog", "popovertarget"):
        openers = page.locator(f"[{attribute}]")
        for name in openers.evaluate_all(f"all => all.map(one => one.getAttribute('{attribute}'))"):
            kind = name.rstrip("0123456789-")
            opener = page.locator(f'[{attribute}="{name}"]').first
            if kind in seen or not opener.is_visible():
                continue
            seen.add(kind)
            opener.click()
            page.locator(f"#{name}").wait_for()
            yield name
            page.keyboard.press("Escape")
            page.locator(f"#{name}").wait_for(state="hidden")
