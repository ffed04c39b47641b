"""Every page in a real browser: what axe finds, the CSP reports, is too wide or not seen."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from tests.end_to_end.acts import Act
from tests.end_to_end.walking import NARROW, WIDE, Walk, open_all, open_walk, opened

# All rules, those too that are off by themselves; level AAA is not what we promise.
# The style sheets have no rules for one orientation; looking for them would load them each time.
RULES = """() => Object.fromEntries(axe.getRules()
    .filter(rule => !rule.tags.includes("wcag2aaa") && rule.ruleId !== "css-orientation-lock")
    .map(rule => [rule.ruleId, {enabled: true}]))"""
COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """([scope, options]) => axe.run(scope || document, options).then(found =>
    found.violations.flatMap(one => one.nodes.map(node =>
        [one.id, node.target.join(" "), node.html.slice(0, 200), node.failureSummary])))"""
# Tables that stick out of what holds them, and the page where it scrolls sideways.
TOO_WIDE = """() => {
    const found = [...document.querySelectorAll("main table")].filter(table => {
        const [own, box] = [table, table.parentElement].map(one => one.getBoundingClientRect());
        return table.checkVisibility() && own.right > box.right + 1;
    }).map(table => table.outerHTML.slice(0, 120));
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page");
    return found;
}"""
# What looks the same with the focus as without. Behind a key press, focus() shows the ring.
FOCUSED = "a[href], button, input, select, textarea, summary, [tabindex]"
UNSEEN = """([selector, seen]) => {
    const kind = one => `${one.localName}.${one.className} ${one.type || ""}`;
    const look = one => {
        const style = getComputedStyle(one);
        const {outlineStyle, outlineWidth, boxShadow, borderColor, transform} = style;
        return [outlineStyle, outlineWidth, boxShadow, borderColor, transform].join();
    };
    const found = [], told = new Set(seen);
    for (const one of document.querySelectorAll(selector)) {
        if (told.has(kind(one)) || !one.checkVisibility() || one.disabled) continue;
        if (one.tabIndex < 0) continue;
        told.add(kind(one));
        if (one === document.activeElement) one.blur();
        const before = look(one);
        one.focus();
        if (document.activeElement !== one || look(one) !== before) continue;
        found.push(one.outerHTML.slice(0, 160));
    }
    return [found, [...told]];
}"""


@pytest.fixture(scope="module")
def walk(
    chromium: Browser, blank_instance: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    with open_walk(chromium, blank_instance, tmp_path_factory.mktemp("walk")) as made:
        yield made


class Looker:
    """Looks at pages, and keeps what is wrong with them."""

    def __init__(self) -> None:
        self.wrong: list[tuple[str, Any]] = []
        self._kinds: list[str] = []
        self._opened: set[str] = set()
        self._dark_part = ""
        self.is_dark_too = True
        self._rules: dict[str, Any] = {}

    def look(self, name: str, page: Page, part: str = "") -> None:
        """Look at a page that was just opened, with axe at `part` of it alone where the rest was
        looked at before; leave it as wide and light as it was."""
        if page.locator("h1").count() != 1:
            self._say(name, f"{page.locator('h1').count()} h1")
        open_all(page)
        self._measure(name, page)
        page.keyboard.press("Tab")
        unseen, self._kinds = page.evaluate(UNSEEN, [FOCUSED, self._kinds])
        self._say(f"{name}: no ring", *unseen)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        page.evaluate(AXE_SCRIPT)
        self._rules = self._rules or page.evaluate(RULES)
        self._axe(name, page, part)
        for what in opened(page, self._opened):
            self._axe(f"{name}, {what}", page, f"#{what}")

    def _axe(self, name: str, page: Page, part: str = "") -> None:
        """Run all rules, then in dark those of colours, as nothing else differs.

        The header is the same everywhere: in dark the first page's does.
        """
        same = {"resultTypes": ["violations"], "preload": False}
        self._say(f"{name}, light", *page.evaluate(RUN, [part, {**same, "rules": self._rules}]))
        if not self.is_dark_too:
            return
        page.emulate_media(color_scheme="dark")
        told = page.evaluate(RUN, [part or self._dark_part, {**same, "runOnly": COLOURS}])
        self._say(f"{name}, dark", *told)
        self._dark_part = "main"
        page.emulate_media(color_scheme="light")

    def _measure(self, name: str, page: Page) -> None:
        for width, height in (NARROW, WIDE):
            page.set_viewport_size({"width": width, "height": height})
            self._say(f"{name}, {width} px", *page.evaluate(TOO_WIDE))

    def _say(self, name: str, *wrong: Any) -> None:
        self.wrong += [(name, one) for one in wrong]


def test_nothing_is_wrong_with_any_page(walk: Walk) -> None:
    looker, titles = Looker(), defaultdict[str, set[str]](set)
    for place in walk.all:
        try:
            page = walk.go_to(place)
        except PlaywrightError as error:
            looker.wrong.append((place.name, str(error)))
            continue
        looker.wrong += [(place.name, error) for error in walk.errors]
        if place.status == 200 and not isinstance(place, Act):
            titles[page.title()].add(re.sub(r"\d+", "N", urlsplit(page.url).path))
        looker.is_dark_too = place.who not in {"viewer", "limited"}  # they see less of the same
        looker.look(place.name, page, place.part)
    assert looker.wrong == []
    assert {title: paths for title, paths in titles.items() if len(paths) > 1} == {}
