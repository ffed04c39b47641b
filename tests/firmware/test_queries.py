"""Which devices a firmware file is for, and how many are pinned to it."""

from __future__ import annotations

from datetime import UTC, datetime

from portal import customer_limits
from portal.firmware import queries, service
from portal.firmware.images import Image
from portal.models import Site
from portal.users import limit_service
from portal.users import service as users
from tests.factories import ACTOR, make_customer, make_device, make_profile


def add(session, version, *models, name="fw.rom", after="", family="yealink"):
    facts = service.FirmwareFacts(family, name, version, models, after)
    return service.add_file(session, ACTOR, facts, Image("a" * 64, 5))


def rows(session):
    return [row for group in queries.by_family(session, datetime.now(UTC)) for row in group.rows]


def test_devices_are_counted_by_the_layer_that_wins(session):
    add(session, "2.0", "T31G")
    office = make_profile(session, firmware__version="2.0")
    below = make_profile(session, parent=office)
    other = make_profile(session, parent=office, firmware__version="1.0")
    make_device(session, profile=office)
    make_device(session, profile=below)
    make_device(session, profile=other)
    make_device(session, profile=other).settings = {"firmware.version": "2.0 "}
    make_device(session, profile=office).settings = {"firmware.version": None}
    make_device(session, model="T46U", profile=office)
    customer = make_customer(session)
    customer.default_profile = below
    make_device(session, customer=customer)
    session.flush()
    (row,) = rows(session)
    assert (row.pinned, row.devices) == (4, 6)


def test_the_portals_own_layer_pins_those_that_say_nothing(session):
    file = add(session, "2.0", "T31G")
    session.get_one(Site, 1).settings = {"firmware.version": "2.0"}
    make_device(session)
    session.flush()
    assert queries.count_pinned(session, file, datetime.now(UTC)) == 1


def test_who_is_limited_counts_own_devices_only(session):
    add(session, "2.0", "T31G")
    mine, theirs = make_customer(session), make_customer(session)
    for owner in (mine, theirs):
        make_device(session, customer=owner).settings = {"firmware.version": "2.0"}
        make_device(session, customer=owner)
    eva = users.create_user(session, ACTOR, "eva", "four unrelated words", role="operator")
    limit_service.limit_to_customers(session, ACTOR, eva, [mine])
    session.commit()
    customer_limits.limit(session, eva)
    (row,) = rows(session)
    assert (row.pinned, row.devices) == (1, 2)


def test_a_missing_stepping_stone_is_told_per_model(session):
    add(session, "2.0", "T31G", "T46U", after="1.0")
    assert rows(session)[0].lacks_stone
    add(session, "1.0", "T31G", name="old.rom")
    assert [row.lacks_stone for row in rows(session)] == [False, False]


def test_of_several_files_of_a_version_the_first_is_told_to_phones(session):
    add(session, "2.0", "T31G")
    add(session, "2.0", "T31G", name="kernel.rom")
    assert [(row.file.filename, row.is_first) for row in rows(session)] == [
        ("kernel.rom", False),
        ("fw.rom", True),
    ]


def test_a_family_that_cannot_be_told_is_not_offered():
    keys = {family.key for family in queries.families_with_firmware()}
    assert "yealink" in keys
    assert "linphone" not in keys
