"""What a limited session adds and refuses; and that the world these tests use is complete."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import (
    JSON,
    String,
    Text,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased

from portal import customer_limits, models
from portal.customer_limits import LIMITED
from portal.errors import RuleBroken
from portal.extensions import Base, db
from tests.stored import rows_in
from tests.test_architecture import MODULES
from tests.world import LONG_AGO, WORD, World

# What belongs to the portal as a whole, and is a matter of permissions alone.
PORTALS = {
    models.ApiToken, models.CertificateAuthority, models.CheckInHour, models.ColumnMapping,
    models.CustomFamily, models.FirmwareFile, models.Guess, models.ListChoice, models.Passkey,
    models.Profile, models.ProfileVersion, models.RecoveryCode, models.SignIn, models.Site,
    models.User,
}  # fmt: skip
# Texts that can hold no word of a customer's own.
CODES = {
    "via", "request_key",
    "object_type", "action", "state", "vendor", "family", "model", "mac", "protocol", "proof",
    "trust_level", "role", "sha256", "plan_digest", "token_hash", "site_token_hash", "digest_user",
    "window_address", "applied_by", "uploaded_by", "queued_by", "queued_from", "failure", "address",
    "value", "made_by",
    "office", "mobile", "other", "actor", "networks", "options", "kind", "scope",
    "lifted_by", "old_proofs", "old_token_hash", "old_digest_user", "reset_address",
    "trust_level_then", "batch", "mac_end", "caller", "placeholder", "door",
}  # fmt: skip


def test_every_table_is_limited_or_named_as_the_portals():
    tables = {mapper.class_ for mapper in Base.registry.mappers}
    assert tables - LIMITED == PORTALS, (
        "is it a customer's? then customer_limits/within.py wants it"
    )


@pytest.mark.parametrize("model", sorted(LIMITED, key=lambda model: model.__name__))
def test_every_text_of_the_other_customer_holds_the_word(world, model):
    columns = [
        column.name
        for column in model.__table__.columns
        if isinstance(column.type, String | Text | JSON)
        and column.name not in CODES
        and not column.name.endswith("_sealed")
    ]
    with world.app.app_context():
        rows = db.session.query(model).all()
        for name in columns:
            told = [str(getattr(row, name)) for row in rows]
            assert any(WORD in text for text in told), f"{model.__name__}.{name} of the canary"


@pytest.fixture
def limited(world: World) -> Iterator[Session]:
    """A session limited to the own customer, with a device of the other one loaded before."""
    with world.app.app_context():
        session = db.session()
        loaded = session.get(models.Device, world.theirs.device.id)
        assert loaded in session
        user = session.scalar(select(models.User).where(models.User.name == "limited"))
        customer_limits.limit(session, user)
        yield session
        session.rollback()


def test_what_was_loaded_before_is_not_there_any_more(world, limited):
    assert limited.get(models.Device, world.theirs.device.id) is None
    assert limited.get(models.Device, world.mine.device.id) is not None


Device, Port, Account = models.Device, models.Port, models.SipAccount
STATEMENTS = [
    select(func.count()).select_from(Device),
    select(func.count(Device.id)),
    select(func.count()).where(Device.id > 0),
    select(func.count()).select_from(select(Device).subquery()),
    select(func.count()).select_from(select(Device.mac).cte()),
    select(func.count()).select_from(union_all(select(Device.id), select(Device.id)).subquery()),
    select(models.Customer.name).outerjoin(Device, Device.customer_id == models.Customer.id),
    select(Account.user_name).where(exists().where(Port.account_id == Account.id)),
    select(literal(1)).where(exists(select(Device.id).where(Device.serial == f"serial-{WORD}"))),
    select(func.max(Port.number)).where(Port.device_id.in_(select(Device.id))),
    select(Device.mac, select(func.count(Port.id)).scalar_subquery()),
    select(func.coalesce(models.Customer.note, Device.serial)).select_from(Device).join(
        models.Customer
    ),
]  # fmt: skip


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_no_form_of_a_statement_sees_more(world, limited, statement):
    together = limited.execute(statement).all()
    limited.rollback()
    world.without_theirs.restore()
    assert limited.execute(statement).all() == together
    customer_limits.limit(limited, None)
    limited.rollback()
    world.full.restore()
    assert WORD not in str(together)


def test_relationships_lead_to_nothing_outside(world, limited):
    shared = insert(Account.__table__).values(
        user_name="shared", auth_name="", password_sealed="", display_name="", external_id="",
        is_enabled=True, created_at=LONG_AGO, version=1,
    )  # fmt: skip
    with db.engine.begin() as connection:
        number = connection.execute(shared).inserted_primary_key[0]
        ports = Port.__table__
        for device in (world.mine.device.id, world.theirs.device.id):
            values = {"device_id": device, "number": 9, "label": "", "settings": {}}
            connection.execute(insert(ports).values(account_id=number, **values))
    limited.rollback()
    device = limited.get(Device, world.mine.device.id)
    account = next(port for port in device.ports if port.number == 9).account
    assert account.user_name == "shared"
    assert [port.device_id for port in account.ports] == [world.mine.device.id]


def test_update_and_delete_in_bulk_stay_inside(world, limited):
    theirs = rows_in(world.file)["contacts"][-1]
    limited.execute(update(models.Contact).values(office="999"))
    limited.execute(delete(models.Upload))
    limited.commit()
    assert theirs in rows_in(world.file)["contacts"]
    assert [row[2] for row in rows_in(world.file)["uploads"]] == [f"log-{WORD}.txt"]


def test_rows_outside_are_not_stored(world, limited):
    theirs = world.theirs.customer.id
    mine = limited.get(Device, world.mine.device.id)
    for row in (
        models.Contact(customer_id=theirs, name="New"),
        Device(mac="805ec0300000", customer_id=theirs),
        Device(mac="805ec0300000"),
        models.Customer(name="New", site_token_hash="x", site_token_sealed="x"),
    ):
        limited.add(row)
        with pytest.raises(RuleBroken, match="what belongs to your customers"):
            limited.flush()
        limited.rollback()
    mine.customer_id = theirs
    with pytest.raises(RuleBroken, match="what belongs to your customers"):
        limited.flush()


def test_statements_that_cannot_be_kept_inside_are_refused(limited):
    for statement in (
        text("SELECT mac FROM devices"),
        select(Device.__table__.c.mac),
        insert(Device).values(mac="805ec0300000"),
        select(Device.mac).join(aliased(Device), Device.id > 0),
    ):
        with pytest.raises(RuntimeError):
            limited.execute(statement)


# Connections know no limits, columns of tables (a mapper's primary key is one) slip through them,
# and `beyond` says that it looks past them; each has its reason.
REACHES_BEYOND = {
    "customer_limits": "it makes them",
    "customer_limits.within": "they are made of these",
    "extensions": "it opens the transaction",
    "models.audit": "the condition of an index",
    "models.device": "the conditions of indexes",
    "firmware.queries": "the condition of an index, of devices within the limits",
    "": "it hands the engine to the phones' road",
    "custom_families.queries": "families are the portal's",
    "catalogue.routes": "families are the portal's",
    "api.guard": "it notes when a token was used",
    "devices.page": "the device was found within the limits",
    "devices.file_views": "the device was found within the limits",
    "devices.undo_service": "how many devices an act changed, and nothing more",
    "devices.setting_routes": "the device was found within the limits",
    "devices.checks": "a MAC or inventory id is taken, and nothing more",
    "audit": "its own entries, of this transaction",
    "devices.bulk_queries": "whether anything was written at all",
    "imports.bulk": "rows that create.py has checked",
    "sip_accounts.list_service": "limited users import no accounts",
    "imports.previews": "whether anything was written at all",
    "profiles.previews": "the device was found within the limits",
    "marks": "which columns are the key; no row is read",
    "profiles.key_sources": "the device was found within the limits",
    "signed_in": "when the person's own sign-in was last seen",
    "imports.queries": "a MAC or inventory id is taken, and nothing more",
    "sealing_service": "a command seals all secrets anew; nobody is signed in",
}
_BEYOND = re.compile(
    r"\bbeyond\(|\.connection\(|__table__|\.primary_key\b|db\.engine|^from sqlalchemy.* text\b",
    re.MULTILINE,
)


def test_who_looks_beyond_the_limits_is_known():
    found = {
        name
        for name, path in MODULES.items()
        if _BEYOND.search(path.read_text(encoding="utf-8"))
        and not name.startswith(("provision", "cli"))
    }
    assert found - REACHES_BEYOND.keys() == set(), "what may a limited user not see of it?"
