from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.errors import RuleBroken
from portal.profiles import queries, service
from portal.profiles.differences import Content, between
from tests.factories import make_customer, make_device, make_profile

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def draft(session, actor, sealer, profile, **more):
    settings = more.pop("settings", {"sip.transport": "tls"})
    return service.save_draft(session, actor, sealer, profile, settings, **more)


def test_draft_reaches_nobody_until_it_is_published(session, actor, sealer):
    profile = make_profile(session, sip__transport="udp")
    draft(session, actor, sealer, profile)
    assert queries.current_version(profile, NOW).settings == {"sip.transport": "udp"}
    service.publish(session, actor, profile, NOW, "TLS for all")
    assert queries.current_version(profile, NOW).settings == {"sip.transport": "tls"}
    assert profile.versions[-1].note == "TLS for all"


def test_discarded_draft_leaves_what_is_in_force(session, actor, sealer):
    profile = make_profile(session, sip__transport="udp")
    draft(session, actor, sealer, profile)
    service.discard_draft(session, actor, profile)
    assert [v.settings for v in profile.versions] == [{"sip.transport": "udp"}]


def test_nothing_is_published_without_a_draft(session, actor):
    with pytest.raises(RuleBroken, match="has no draft to publish"):
        service.publish(session, actor, make_profile(session), NOW)


def test_setting_of_the_wrong_type_is_refused_at_its_key(session, actor, sealer):
    with pytest.raises(RuleBroken, match="“many” is not a whole number") as broken:
        draft(session, actor, sealer, make_profile(session), settings={"net.vlan_id": "many"})
    assert broken.value.field == "net.vlan_id"


def test_secret_is_stored_sealed(session, actor, sealer):
    profile = make_profile(session, admin__password="Mond-und-Sterne")
    sealed = profile.versions[-1].settings["admin.password"]["sealed"]
    assert "Mond" not in sealed
    assert sealer.open(sealed) == "Mond-und-Sterne"


def test_unknown_family_is_refused(session):
    with pytest.raises(RuleBroken, match="There is no family “nokia”") as broken:
        make_profile(session, family="nokia")
    assert broken.value.field == "family"


def test_profile_cannot_build_on_itself_in_a_circle(session, actor):
    base = make_profile(session, "Base")
    shop = make_profile(session, "Shop", parent=base)
    with pytest.raises(RuleBroken, match="Base → Shop → Base") as broken:
        service.update_profile(session, actor, base, "Base", shop, "")
    assert broken.value.field == "parent"


def test_parent_of_another_family_is_refused(session):
    snom = make_profile(session, "Snoms", family="snom")
    with pytest.raises(RuleBroken, match="Snoms is for Snom") as broken:
        make_profile(session, family="yealink", parent=snom)
    assert broken.value.field == "parent"


def test_name_is_taken_whatever_its_case(session):
    make_profile(session, "Retail")
    with pytest.raises(RuleBroken, match="There is a profile “retail” already"):
        make_profile(session, "retail")


def test_raw_parameters_need_a_family(session, actor, sealer):
    with pytest.raises(RuleBroken, match="need one family") as broken:
        draft(session, actor, sealer, make_profile(session), parameters={"a": "1"})
    assert broken.value.field == "parameters"


def test_line_key_is_named_once(session, actor, sealer):
    key = {"number": 1, "type": "blf", "value": "101"}
    with pytest.raises(RuleBroken, match="Line key 1 is named twice"):
        draft(session, actor, sealer, make_profile(session), line_keys=[key, key])


def test_used_profile_is_not_deleted(session, actor):
    profile = make_profile(session, "Retail")
    make_device(session, profile=profile)
    with pytest.raises(RuleBroken, match="Retail is used by 1 devices"):
        service.delete_profile(session, actor, profile)


def test_touched_are_devices_of_profiles_below_and_of_customers_by_default(session):
    base = make_profile(session, "Base")
    shop = make_profile(session, "Shop", parent=base)
    owner = make_customer(session)
    owner.default_profile = shop
    make_device(session, model="T31G", customer=owner)
    make_device(session, model="T46U", profile=shop)
    make_device(session, model="T46U", profile=make_profile(session, "Other"))
    session.flush()
    assert queries.models_touched(session, base) == [
        ("Yealink", "T31G", 1),
        ("Yealink", "T46U", 1),
    ]


def test_secrets_are_only_said_to_have_changed():
    before = Content({"admin.password": {"sealed": "a"}}, {"user_pass1": "one"}, [])
    after = Content({"admin.password": {"sealed": "b"}}, {"user_pass1": "two"}, [])
    changes = between(before, after, "snom")
    assert [(c.before, c.after) for c in changes] == [("••••••", "changed")] * 2


def test_line_keys_are_compared_place_by_place():
    before = Content({}, {}, [{"number": 1, "type": "blf", "value": "101"}])
    after = Content({}, {}, [{"number": "1", "module": "0", "type": "blf", "value": "102"}])
    [change] = between(before, after)
    assert (change.label, change.after) == ("Key 1", "busy lamp field (BLF) 102")


def test_secret_raw_parameters_do_not_reach_the_audit(session, actor, sealer):
    profile = make_profile(session, family="akuvox")
    name = "Config.Account1.GENERAL.Pwd"
    draft(session, actor, sealer, profile, parameters={name: "Mond-und-Sterne"})
    service.publish(session, actor, profile, NOW)
    from portal.models import AuditEntry

    told = [entry.changes for entry in session.query(AuditEntry)]
    assert "Mond" not in str(told)
