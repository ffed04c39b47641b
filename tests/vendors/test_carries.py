"""What a family's file cannot hold is refused when it is saved, by field and family."""

from __future__ import annotations

import pytest

from portal.errors import RuleBroken
from portal.extensions import db
from portal.profiles import service as profiles
from portal.sip_accounts import service as accounts
from portal.vendors import FAMILIES, carries
from portal.vendors.context import AccountView
from tests.factories import (
    ACTOR,
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

KX = ("0080f0abcdef", "KX-HDV130")


def test_an_account_that_the_phones_file_cannot_hold_is_not_assigned(session):
    device = make_device(session, *KX)
    account = make_sip_account(session, "101", display_name='Anna "the" Fox')
    with pytest.raises(RuleBroken, match="Account 101: Display name: Panasonic") as caught:
        assign(session, device, 1, account)
    assert caught.value.field == "account"
    assert not any(port.account for port in device.ports)


def test_its_password_counts_too(session, sealer, config):
    device = make_device(session, *KX)
    account = make_sip_account(session, "101", password='a"b')
    with pytest.raises(RuleBroken, match="Account 101: Password: Panasonic"):
        assign(session, device, 1, account)


def test_an_account_on_a_phone_keeps_to_what_its_file_can_hold(session, sealer):
    device = make_device(session, *KX)
    account = make_sip_account(session, "101")
    assign(session, device, 1, account)
    with pytest.raises(RuleBroken, match="Display name: Panasonic") as caught:
        accounts.update_account(
            session,
            ACTOR,
            sealer,
            account,
            auth_name="",
            display_name='"',
            external_id="",
            is_enabled=True,
        )
    assert caught.value.field == "display_name"
    assert account.display_name == ""


def test_a_setting_that_a_family_cannot_hold_is_not_saved(session, sealer):
    profile = make_profile(session, family="panasonic")
    with pytest.raises(RuleBroken, match="Panasonic") as caught:
        profiles.save_draft(session, ACTOR, sealer, profile, {"calls.voicemail_number": '"'})
    assert caught.value.field == "calls.voicemail_number"


def test_a_profile_for_any_family_minds_the_phones_that_have_it(session, sealer):
    profile = make_profile(session)
    profiles.save_draft(session, ACTOR, sealer, profile, {"calls.voicemail_number": '"'})
    make_device(session, *KX, profile=profile, customer=make_customer(session))
    with pytest.raises(RuleBroken, match="Voice mail number: Panasonic"):
        profiles.save_draft(session, ACTOR, sealer, profile, {"calls.voicemail_number": '"'})
    db.session.rollback()


def test_everything_usual_is_accepted_everywhere(session, sealer):
    account = make_sip_account(
        session, "102", password="A&b<c>d#e;f=g%h", display_name="Zoë & Co. 🙂"
    )
    for mac, model in (KX, ("805ec0000001", "T46U"), ("c074ad000001", "GRP2614")):
        assign(session, make_device(session, mac, model), 1, account)


PLAIN = ["Zoë Ångström-Müßig 2. OG", "+49.30-1_2@x", "0", "-", "@", "A" * 200, "a  b", "ÿ" * 100]


@pytest.mark.parametrize("key", sorted(FAMILIES))
def test_what_is_called_plain_can_be_held_by_every_family(key):
    family = FAMILIES[key]
    model = next(iter(family.models.values()))
    for text in PLAIN:
        assert carries.is_plain(text)
        carries.check_account(family, model, AccountView(text, text, text, text))


@pytest.mark.parametrize("text", ['"', "a;b", "#1", "a&b", "<b>", "a\nb", "张伟", "'"])
def test_what_a_syntax_may_mean_something_by_is_not_plain(text):
    assert not carries.is_plain(text)
