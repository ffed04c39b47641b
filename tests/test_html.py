"""Every page is HTML as the standard has it: parsed strictly, ids once, references kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import html5lib
import pytest

from tests.routes import address_of, named, page_rules
from tests.world import World, open_world

REFERENCES = (
    "for",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "popovertarget",
    "list",
)


@pytest.fixture(scope="module")
def world(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(blank_instance, tmp_path_factory.mktemp("html") / "instance") as made:
        yield made


@pytest.mark.parametrize("rule", page_rules("GET"), ids=named)
def test_a_page_is_html(world: World, rule: tuple[str, str, str]) -> None:
    address = address_of(world.app, rule, world.shared, world.mine)
    answer = world.client("admin").get(address, buffered=True)
    if answer.mimetype != "text/html" or not answer.data.lstrip().startswith(b"<!doctype"):
        return
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(answer.data, transport_encoding="utf-8")
    lines = answer.text.splitlines()
    assert [
        (code, told, lines[place[0] - 1].strip()[:160]) for place, code, told in parser.errors
    ] == []
    elements = list(tree.iter())
    ids = Counter(element.get("id") for element in elements if element.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    for element in elements:
        for attribute in REFERENCES:
            for name in element.get(attribute, "").split():
                assert name in ids, f"{attribute}={name} of <{element.tag}>"
