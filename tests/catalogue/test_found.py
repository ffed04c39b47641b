from __future__ import annotations

import pytest

from portal.catalogue.found import find, sureness
from portal.vendors import FAMILIES


def found(q):
    """Return the families found, with the models that are meant."""
    groups = find(FAMILIES, q, {})
    return {row.family.key: [m.name for m in row.models] for g in groups.values() for row in g}


def test_without_a_search_every_family_is_there_by_vendor():
    groups = find(FAMILIES, " ", {})
    assert list(groups) == sorted(groups, key=str.lower)
    assert sum(map(len, groups.values())) == len(FAMILIES)


@pytest.mark.parametrize("q", ["T46U", "sip-t46u", "Yealink T46U", "t 46 u"])
def test_a_model_is_found_in_any_spelling(q):
    assert found(q)["yealink"][0] == "T46U"


def test_a_part_of_a_name_finds_all_that_hold_it():
    assert {"T46G", "T46S", "T46U"} <= set(found("T46")["yealink"])


def test_a_vendor_finds_its_families():
    assert set(found("gigaset")) >= {"gigaset", "gigaset_n510", "gigaset_n720"}


@pytest.mark.parametrize("q", ["00:15:65", "001565aabbcc", "00-15-65-AA-BB-CC"])
def test_digits_of_a_mac_find_their_owner(q):
    assert "yealink" in found(q)


def test_a_file_name_finds_who_asks_for_it():
    assert "yealink" in found("y000000000028.cfg")
    assert "grandstream" in found("cfg000b82aabbcc.xml")


def test_nothing_is_found_for_what_nobody_makes():
    assert found("zzz9") == {}


def test_devices_are_counted():
    counts = {("yealink", "T46U"): 3, ("yealink", "T31G"): 2, ("snom", "D785"): 1}
    rows = {row.family.key: row for group in find(FAMILIES, "", counts).values() for row in group}
    assert (rows["yealink"].devices, rows["snom"].devices, rows["polycom"].devices) == (5, 1, 0)


def test_every_family_says_how_sure_it_is():
    assert all(sureness(family) for family in FAMILIES.values())
