"""Every page is HTML as the standard has it: checked by v.Nu, which the W3C's service runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.end_to_end.running import program
from tests.places import ALSO_VIEWER, ELSEWHERE, EXCEPT, FILES, Places, open_places
from tests.routes import address_of, ask, page_rules
from tests.world import open_world

VNU = Path(__file__).parent.parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
# What v.Nu says of attributes that the standard leaves to nobody, and that HTMX reads.
HTMX = (
    r"Attribute “hx-[a-z-]+(:inherited)?” not allowed on element “[a-z]+” at this point\.",
    # The part behind the colon says that elements below have it too.
    r"Attribute “hx-headers:inherited” is not serializable as XML 1\.0\.",
)

REFERENCES = (
    "aria-activedescendant",
    "aria-controls",
    "aria-describedby",
    "aria-details",
    "aria-errormessage",
    "aria-labelledby",
    "aria-owns",
    "commandfor",
    "data-dialog",
    "popovertarget",
)


@pytest.fixture(scope="module")
def places(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("html")
    shutil.copytree(blank_instance, folder / "blank")
    with (
        open_world(blank_instance, folder / "instance") as world,
        open_places(world, folder / "blank") as made,
    ):
        yield made


@pytest.fixture(scope="module")
def pages(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every page in a file, those of viewers and those of empty forms among them."""
    folder = tmp_path_factory.mktemp("pages")
    clients = {place.who: places.client(place.who) for place in places.all}
    for place in places.all:
        answer = clients[place.who].get(place.address, buffered=True)
        assert answer.status_code == place.status, place
        assert answer.mimetype == "text/html", f"{place}: to be in FILES of tests/places.py"
        (folder / f"{place.name}.html").write_bytes(answer.data)
    world = places.world
    for rule in page_rules("GET", "POST"):
        who = "viewer" if rule[1] == "GET" else "admin"
        address = address_of(world.app, rule, world.shared, world.mine)
        world.full.restore()
        answer = ask(world.client(who), rule, address)
        if answer.data.lstrip().startswith(b'<!doctype html>\n<html lang="en">'):
            (folder / f"{who} {rule[1]} {rule[2]}.html").write_bytes(answer.data)
    return folder


def test_every_page_is_html(pages: Path) -> None:
    assert VNU.exists(), "v.Nu is missing: `make packages` fetches it"
    command = [program("java"), "-jar", str(VNU), "--format", "json", "--stdout", str(pages)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    told = [
        (unquote(Path(one["url"]).stem), one["message"], one.get("extract", ""))
        for one in json.loads(done.stdout)["messages"]
        if not any(re.fullmatch(known, one["message"]) for known in HTMX)
    ]
    assert len(list(pages.iterdir())) > 250
    assert told == []


class _References(HTMLParser):
    """Collects ids and what refers to one in a way that v.Nu does not follow."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids, self.references = {""}, set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, text in attrs:
            if name == "id":
                self.ids.add(text or "")
            elif name in REFERENCES:
                self.references.update((text or "").split())
            elif name == "href" and tag in {"a", "use"} and (text or "").startswith("#"):
                self.references.add((text or "")[1:])


def test_what_is_referred_to_is_on_the_page(pages: Path) -> None:
    for path in pages.iterdir():
        found = _References(path.read_text())
        assert found.references - found.ids == set(), path.stem


def test_every_route_has_a_place(places: Places) -> None:
    """What is said to have none still exists."""
    endpoints = {rule[2] for rule in page_rules("GET")}
    assert FILES | ELSEWHERE | EXCEPT.keys() | ALSO_VIEWER <= endpoints
