from __future__ import annotations

from portal.devices import parameters
from portal.vendors import FAMILIES
from portal.vendors.context import MASK

FAMILY = FAMILIES["grandstream"]
STORED = {"P34": "hunter2", "P270": "Lobby"}


def test_secret_parameters_are_masked():
    assert parameters.shown(STORED, FAMILY) == {"P34": MASK, "P270": "Lobby"}


def test_mask_left_standing_keeps_the_secret():
    typed = {"P34": MASK, "P270": "Hall"}
    assert parameters.restored(typed, STORED, FAMILY) == {"P34": "hunter2", "P270": "Hall"}


def test_typed_secret_replaces_the_stored_one():
    assert parameters.restored({"P34": "new"}, STORED, FAMILY) == {"P34": "new"}
