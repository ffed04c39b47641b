from __future__ import annotations

import pytest

from portal.errors import RuleBroken
from portal.sip_accounts import queries, service
from tests.factories import assign, make_customer, make_device, make_sip_account


def test_account_without_password_gets_a_random_one(session, actor, sealer):
    account = service.create_account(session, actor, sealer, "101")
    assert len(sealer.open(account.password_sealed)) == 20


def test_two_customers_may_have_the_same_number(session, actor, sealer):
    alder, birch = make_customer(session, "Alder"), make_customer(session, "Birch")
    make_sip_account(session, "101", customer=alder)
    make_sip_account(session, "101", customer=birch)
    with pytest.raises(RuleBroken, match="There is an account 101 of Alder already") as broken:
        make_sip_account(session, "101", customer=alder)
    assert broken.value.field == "user_name"


@pytest.mark.parametrize(
    ("field", "typed"),
    [("user_name", "101@example.net"), ("display_name", "Anna\nAlder"), ("password", " x")],
)
def test_what_a_file_cannot_hold_is_refused_at_its_field(session, actor, sealer, field, typed):
    told = {"user_name": "101", field: typed}
    with pytest.raises(RuleBroken) as broken:
        service.create_account(session, actor, sealer, **told)
    assert broken.value.field == field


def test_markup_in_a_display_name_is_fine(session):
    account = make_sip_account(session, display_name='"<&;#')
    assert account.display_name == '"<&;#'


def test_blank_password_leaves_the_old_one(session, actor, sealer):
    account = make_sip_account(session, password="Mond-und-Sterne")
    service.update_account(
        session,
        actor,
        sealer,
        account,
        auth_name="",
        display_name="Lobby",
        external_id="",
        is_enabled=False,
        password="",
    )
    assert sealer.open(account.password_sealed) == "Mond-und-Sterne"
    assert (account.display_name, account.is_enabled) == ("Lobby", False)


def test_account_on_a_port_is_not_deleted(session, actor):
    account = make_sip_account(session, "101")
    assign(session, make_device(session, "805ec0000001"), 2, account)
    with pytest.raises(RuleBroken, match="101 is on 80:5E:C0:00:00:01 port 2"):
        service.delete_account(session, actor, account)


def test_free_and_used_are_told_apart(session):
    used, free = make_sip_account(session, "101"), make_sip_account(session, "102")
    assign(session, make_device(session), 1, used)
    assert queries.page_of_accounts(session, queries.Filters(use="free"), 1, 10) == ([free], 1)
    assert queries.page_of_accounts(session, queries.Filters(use="used"), 1, 10) == ([used], 1)
