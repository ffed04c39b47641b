"""The world, as it was before every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World, open_world


@pytest.fixture(scope="module")
def world(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(blank_instance, tmp_path_factory.mktemp("limits") / "instance") as made:
        yield made


@pytest.fixture(autouse=True)
def _as_made(world: World) -> None:
    world.full.restore()
