"""Rules of firmware files."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.errors import RuleBroken
from portal.firmware import service
from portal.firmware.images import Image
from portal.models import AuditEntry, FirmwareFile

IMAGE = Image("a" * 64, 5)


def add(session, actor, **changes):
    facts = {
        "family": "yealink",
        "filename": "T46U-108.87.0.15.rom",
        "version": "108.87.0.15",
        "models": ("T46U",),
        **changes,
    }
    return service.add_file(session, actor, service.FirmwareFacts(**facts), IMAGE)


def test_models_are_stored_by_the_familys_own_names(session, actor):
    file = add(session, actor, models=("SIP-T48U", "yealink t46u", "T46U"))
    assert file.models == ["T46U", "T48U"]


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"family": "nokia"}, "family", "There is no family “nokia”"),
        ({"family": "linphone"}, "family", "cannot be told where firmware is"),
        ({"filename": "  "}, "filename", "Say the file name"),
        ({"filename": "fw/T46U.rom"}, "filename", "no slash"),
        ({"filename": "fw\\T46U.rom"}, "filename", "no slash"),
        ({"filename": ".."}, "filename", "Say the file name"),
        ({"filename": "T46U\n.rom"}, "filename", "control characters"),
        ({"filename": "x" * 201}, "filename", "at most 200"),
        ({"filename": "y000000000108.cfg"}, "filename", "configuration file"),
        ({"version": "latest"}, "version", "has numbers"),
        ({"version": "1" * 61}, "version", "at most 60"),
        ({"after": "108.87.0.15"}, "after", "no older than"),
        ({"after": "109.1"}, "after", "no older than"),
        ({"models": ()}, "models", "Choose the models"),
        ({"models": ("T4U6",)}, "models", "no model “T4U6” here; did you mean"),
        ({"models": ("GRP2614",)}, "models", "no model “GRP2614” here"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(session, actor, changes, field, why):
    with pytest.raises(RuleBroken, match=why) as caught:
        add(session, actor, **changes)
    assert caught.value.field == field
    assert session.scalars(select(FirmwareFile)).all() == []


def test_a_name_can_hold_several_versions_but_each_once(session, actor):
    add(session, actor)
    add(session, actor, version="108.86.0.1")
    with pytest.raises(RuleBroken, match="already; remove that first"):
        add(session, actor, filename="t46u-108.87.0.15.ROM")


def test_adding_and_removing_are_audited(session, actor):
    service.remove_file(session, actor, add(session, actor))
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    added, removed = [entry for entry in entries if entry.object_type == "firmware_file"]
    assert (added.action, added.object_name) == ("firmware.add", "T46U-108.87.0.15.rom")
    assert added.changes["models"] == [None, ["T46U"]]
    assert (removed.action, removed.actor) == ("firmware.remove", "tester")
    assert session.scalars(select(FirmwareFile)).all() == []
