from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from portal.custom_families import queries, service
from portal.errors import RuleBroken
from portal.models import AuditEntry, Device
from portal.profiles import checks
from portal.vendors import FAMILIES
from tests.custom_families.making import SHARED, TEMPLATE, family_text, file_text
from tests.factories import ACTOR, assign, make_device, make_profile, make_sip_account

NOW = datetime(2026, 2, 14, 13, 5, tzinfo=UTC)


@pytest.fixture
def acme(app, session):
    """A stored family, in force."""
    declaration = service.tried("custom_acme", family_text())
    family = service.create_family(session, ACTOR, NOW, "custom_acme", declaration)
    session.commit()
    app.extensions["custom_families"].refresh()
    return family


def changed(session, family, **changes):
    declaration = service.tried(family.key, family_text(**changes))
    service.update_family(session, ACTOR, NOW, family, declaration)


def test_every_file_is_tried_before_it_is_stored():
    broken = file_text(template=TEMPLATE + "{% if ports | length > 2 %}{{ nothing }}{% endif %}")
    with pytest.raises(RuleBroken) as rule:
        service.tried("custom_acme", family_text(files=(broken,)))
    assert rule.value.field == "files.0.template"
    assert rule.value.message == (
        "Line 8: 'nothing' is undefined (acme-{mac}.cfg for Desk-5, one account)"
    )


def test_a_template_that_forgets_free_ports_is_refused():
    careless = file_text(template="a = {{ ports[0].account.display_name }}\n")
    with pytest.raises(
        RuleBroken, match=r"'None' has no attribute .* \(acme-{mac}.cfg for Desk-3, no account\)"
    ):
        service.tried("custom_acme", family_text(files=(careless,)))


def test_a_preview_shows_every_file_of_the_chosen_model():
    files = (file_text(), file_text("acme.cfg", kind="common", template=SHARED))
    made = service.previews("custom_acme", family_text(files=files), "Desk-3", "full")
    assert [name for name, _ in made] == ["acme-02005e10f0a1.cfg", "acme.cfg"]
    assert "user.2 = 102\n" in made[0][1]
    assert "user.3" not in made[0][1]
    assert made[1][1] == "update = https://fw.example.net/image.bin\n"
    with pytest.raises(RuleBroken, match="no model “T46U”"):
        service.previews("custom_acme", family_text(), "T46U")


def test_a_family_is_stored_once(session, acme):
    with pytest.raises(RuleBroken, match="There is a family custom_acme already"):
        service.create_family(session, ACTOR, NOW, "custom_acme", (acme.declaration, {}))


def test_its_models_are_known_everywhere(session, acme):
    device = make_device(session, "02aacc000001", "Acme Desk 3")
    assert (device.family, device.model, device.vendor) == ("custom_acme", "Desk-3", "Acme")
    assert [family.key for family in FAMILIES.by_oui("02aacc000001")] == ["custom_acme"]
    assert FAMILIES.seen("Acme Desk-3 1.2 02aacc000001").model == "Desk-3"


def test_a_new_vendor_name_reaches_the_devices(session, acme):
    device = make_device(session, "02aacc000001", "Desk-3")
    session.flush()
    changed(session, acme, vendor="Acme Ltd")
    session.flush()
    assert session.scalar(select(Device.vendor).where(Device.id == device.id)) == "Acme Ltd"


def test_a_model_in_use_cannot_go(session, acme):
    make_device(session, "02aacc000001", "Desk-3")
    session.flush()
    with pytest.raises(RuleBroken, match="1 device is of model Desk-3; it cannot go"):
        changed(session, acme, models="Desk-5; 4")


def test_ports_with_accounts_cannot_go(session, acme):
    device = make_device(session, "02aacc000001", "Desk-3")
    assign(session, device, 2, make_sip_account(session))
    session.flush()
    with pytest.raises(RuleBroken, match="A Desk-3 has an account on port 2; release it first"):
        changed(session, acme, models="Desk-3; 1\nDesk-5; 4")


def test_a_family_without_parameters_takes_no_raw_ones(app, session):
    text = family_text(files=(file_text(syntax="text", template="{{ mac }}"),))
    declaration = service.tried("custom_acme", text)
    service.create_family(session, ACTOR, NOW, "custom_acme", declaration)
    session.commit()
    app.extensions["custom_families"].refresh()
    with pytest.raises(RuleBroken, match="its file is written whole, it has no parameters"):
        checks.check_parameters("custom_acme", {"a": "1"})


def test_a_family_in_use_cannot_be_deleted(session, acme):
    device = make_device(session, "02aacc000001", "Desk-3")
    session.flush()
    with pytest.raises(RuleBroken, match="1 device is of this family"):
        service.delete_family(session, ACTOR, acme)
    session.delete(device)
    make_profile(session, "Acme phones", family="custom_acme")
    session.flush()
    with pytest.raises(RuleBroken, match="Profiles are for this family: Acme phones"):
        service.delete_family(session, ACTOR, acme)


def test_an_unused_family_can_be_deleted(app, session, acme):
    service.delete_family(session, ACTOR, acme)
    session.commit()
    app.extensions["custom_families"].refresh()
    assert queries.find_family(session, "custom_acme") is None
    assert "custom_acme" not in FAMILIES


def test_each_verb_leaves_an_audit_entry(session, acme):
    changed(session, acme, files=(file_text(template=TEMPLATE + "x = 1\n"),))
    service.delete_family(session, ACTOR, acme)
    session.flush()
    entries = list(session.scalars(select(AuditEntry).where(AuditEntry.action.like("family.%"))))
    assert [entry.action for entry in entries] == [
        "family.create",
        "family.update",
        "family.delete",
    ]
    assert list(entries[1].changes) == ["file acme-{mac}.cfg"]
    assert entries[1].object_name == "Acme Desk series"
