"""Lists of SIP accounts as they are stored: few statements, and as the verbs would do it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import event, func, select

from portal.extensions import db
from portal.imports import service as imports
from portal.list_imports import previews, service
from portal.list_imports.kinds import Act
from portal.list_imports.reading import Choices
from portal.models import AuditEntry, SipAccount
from portal.sip_accounts import service as accounts
from portal.sip_accounts.list_kind import ACCOUNTS
from tests.factories import assign, make_customer, make_device, make_sip_account

HEADER = "User name;Customer;Name;External ID\n"


def imported(session, sealer, actor, text):
    """Import a list; returns how many statements storing it took."""
    now, choices = datetime.now(UTC), Choices(may_add_customers=True)
    upload = service.new_upload(actor, ACCOUNTS, "list.csv", text.encode(), choices, now)
    imports.keep(session, upload)
    ready = previews.preview_of(session, ACCOUNTS, sealer, upload)
    sealed = ACCOUNTS.seal(sealer, ready.plan.stores())
    seen: list[str] = []
    listen = lambda *given: seen.append(given[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    act = Act(session, actor, sealer, now, upload.id)
    service.apply_upload(act, ACCOUNTS, upload, ready.digest, ready, sealed)
    session.commit()
    event.remove(db.engine, "before_cursor_execute", listen)
    return len(seen)


def rows(numbers, name):
    return "".join(f"{number};Acme;{name} {number};B-{number}\n" for number in numbers)


def test_a_long_list_takes_as_many_statements_as_a_short_one(session, sealer, actor):
    make_customer(session, "Acme")
    few, many = range(1000, 1002), range(2000, 2200)
    for name in ("Desk", "Room"):  # the first two are made, the others changed
        short = imported(session, sealer, actor, HEADER + rows(few, name))
        assert imported(session, sealer, actor, HEADER + rows(many, name)) == short


def test_an_account_of_a_list_is_one_as_the_form_makes_it(session, sealer, actor):
    acme = make_customer(session, "Acme")
    imported(session, sealer, actor, HEADER + "101;Acme;Anna;B-1\n")
    accounts.create_account(session, actor, sealer, "102", None, "", "Anna", acme, "B-1")
    session.commit()
    listed, typed = session.scalars(select(SipAccount).order_by(SipAccount.user_name))
    for column in {*SipAccount.__table__.columns.keys()} - {
        "id", "user_name", "password_sealed", "created_at",
    }:  # fmt: skip
        assert getattr(listed, column) == getattr(typed, column), column
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "account.create"))
    told = [{k: v for k, v in e.changes.items() if v[1] != ""} for e in entries]
    assert told[0] | {"user name": 0} == told[1] | {"user name": 0}


def test_what_a_phones_file_cannot_hold_is_said_before(session, sealer, actor):
    account = make_sip_account(session, "101")
    assign(session, make_device(session, "0080f0abcdef", "KX-HDV130"), 1, account)
    session.commit()
    now = datetime.now(UTC)
    text = 'User name;Name\n101;"Anna ""the"" Fox"\n'
    upload = service.new_upload(actor, ACCOUNTS, "list.csv", text.encode(), Choices(), now)
    (row,) = previews.preview_of(session, ACCOUNTS, sealer, upload).plan.rows
    assert row.outcome == "error"
    assert row.problems["display_name"].startswith("Display name: Panasonic")


def test_all_entries_belong_to_the_import(session, sealer, actor):
    imported(session, sealer, actor, HEADER + "101;Neu GmbH;Anna;\n102;Neu GmbH;Bert;\n")
    import_id = session.scalar(
        select(AuditEntry.object_id).where(AuditEntry.action == "import.apply")
    )
    of_import = select(func.count()).where(AuditEntry.import_id == import_id)
    assert session.scalar(of_import) == 4  # a customer, two accounts, the import itself
