"""Take a tour: every place of the walk, light and dark, wide and narrow, as a screenshot.

`make tour` writes them into screenshots/, which git ignores, with an index.html to leaf through.
`--sheet` adds contact sheets of twelve each; `--only WORD` takes the places whose name holds it.
The data are the demo's, and with them those of the tests' world, for what the demo lacks.
"""

from __future__ import annotations

import argparse
import html
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.end_to_end.conftest import ARGUMENTS
from tests.end_to_end.running import Portal, program
from tests.end_to_end.walking import NARROW, WIDE, Walk, open_walk, opened
from tests.places import Place
from tests.world import make_blank

INTO = Path(__file__).resolve().parent.parent / "screenshots"
# The demo's own things, which are nicer to look at than those of the world.
DEMO = {
    "demo-device": "/search?q=CPE-101",
    "demo-customer": "/customers/1",
    "demo-profile": "/profiles/2",
    "demo-publish": "/profiles/2/publish",
    "demo-search": "/search?q=31",
}
PER_SHEET = 12


@dataclass(frozen=True)
class Picture:
    name: str
    scheme: str
    width: int

    @property
    def file(self) -> str:
        return f"{self.name}-{self.scheme}-{self.width}.png"

    @property
    def caption(self) -> str:
        return html.escape(f"{self.name}, {self.scheme}, {self.width} px")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheet", action="store_true", help="contact sheets as well")
    parser.add_argument("--only", default="", metavar="WORD", help="places with this in the name")
    asked = parser.parse_args()
    INTO.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program("chromium"), args=ARGUMENTS, headless=True
        )
        blank, demo = Path(folder, "nothing"), Path(folder, "demo")
        make_blank(blank)
        make_blank(demo)
        Portal(demo).run("demo")
        with open_walk(browser, blank, Path(folder), demo, ("Maple", "Willow")) as walk:
            taken = list(_pictures(walk, asked.only))
        (INTO / "index.html").write_text(_page(taken, 2))
        if asked.sheet:
            _write_sheets(browser, taken)
        browser.close()
    print(f"{len(taken)} screenshots in {INTO}, from {INTO / 'index.html'} on")


def _pictures(walk: Walk, word: str) -> Iterator[Picture]:
    seen: set[str] = set()
    demo = [Place(name, address) for name, address in DEMO.items()]
    for place in [*demo, *walk.all]:
        if word not in place.name:
            continue
        page = walk.go_to(place)
        yield from _of_page(page, place.name)
        for what in opened(page, seen):
            yield from _of_page(page, f"{place.name}-{what}", is_whole=False)


def _of_page(page: Page, name: str, *, is_whole: bool = True) -> Iterator[Picture]:
    """Take the page as it stands four times, and leave it light and wide."""
    for scheme in ("dark", "light"):
        for width, height in (NARROW, WIDE):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": height})
            picture = Picture(name, scheme, width)
            page.screenshot(path=INTO / picture.file, full_page=is_whole)
            yield picture


def _page(pictures: list[Picture], part: int) -> str:
    """Return a page of figures, each a `part` of its picture's width."""
    figures = "\n".join(
        f'<figure><figcaption>{one.caption}</figcaption><a href="{one.file}">'
        f'<img src="{one.file}" alt="" width="{one.width // part}"></a></figure>'
        for one in pictures
    )
    style = (
        "body { display: flex; flex-wrap: wrap; align-items: start; gap: 8px; margin: 8px;"
        " font: 12px sans-serif; background: #777; color: #fff }"
        " figure { margin: 0 } img { display: block; max-height: 520px; object-fit: cover;"
        " object-position: top }"
    )
    head = f'<meta charset="utf-8"><title>Tour</title><style>{style}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>\n{figures}\n</body></html>\n'


def _write_sheets(browser: Browser, taken: list[Picture]) -> None:
    """Write sheets of a scheme and width each, from screenshots/sheet-….html and as a PNG."""
    for scheme in ("light", "dark"):
        for width, _ in (WIDE, NARROW):
            ours = iter([one for one in taken if (one.scheme, one.width) == (scheme, width)])
            part, number = (3, 1) if width == WIDE[0] else (1, 1)
            while some := list(islice(ours, PER_SHEET)):
                stem = INTO / f"sheet-{scheme}-{width}-{number:02}"
                source = stem.with_suffix(".html")
                source.write_text(_page(some, part))
                page = browser.new_page(viewport={"width": 1740, "height": 1100})
                page.goto(source.as_uri())
                page.screenshot(path=stem.with_suffix(".png"), full_page=True)
                page.close()
                source.unlink()
                number += 1


if __name__ == "__main__":
    main()
