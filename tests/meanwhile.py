"""What somebody else does while a person looks at a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import models
from portal.imports import row_choices
from portal.imports import service as imports
from portal.imports.read import Options
from portal.list_imports.reading import Choices
from portal.models import Device, Profile, User
from tests.factories import make_contact, make_sip_account

FIELDS = ("label", "display_name", "name", "description", "text", "subject", "reason", "note")


def leave_out(session: Session, upload: models.Import, sheet: str, row: int) -> None:
    options = Options.from_json(upload.options)
    imports.choose(session, upload, row_choices.with_skipped(options, sheet, row, True))


def sheet_of(upload: models.Import) -> str:
    """Return what the one sheet of a CSV file is called; of a workbook of the tests."""
    return upload.filename.removesuffix(".csv") if upload.filename.endswith(".csv") else "List"


def change(session: Session, endpoint: str, args: Mapping[str, Any]) -> None:
    """Let somebody else change what the forms are about that are posted to an endpoint."""
    if endpoint in _OF_ENDPOINT:
        _OF_ENDPOINT[endpoint](session, args)
    else:
        name = next(name for name in _BEHIND if name in args)
        _touch(_BEHIND[name](session, args[name]))
    session.commit()


def _touch(thing: Any) -> None:
    """Change whatever a person may have changed."""
    assert thing is not None
    columns = type(thing).__table__.columns
    for name in FIELDS:
        if name in columns:
            setattr(thing, name, "Anna was here")
    if isinstance(thing, Device):
        thing.settings = {"ui.idle_text": "Of Anna"}
        for port in thing.ports:
            port.label, port.settings = "Anna", {"calls.voicemail_number": "7"}
    if isinstance(thing, Profile):
        thing.versions[-1].settings = {"ui.idle_text": "Of Anna"}
    if isinstance(thing, User):
        thing.is_enabled = not thing.is_enabled
    for name in ("uploaded_at", "revoked_at", "until_at", "queued_at", "added_at"):
        if name in columns:
            setattr(thing, name, datetime.now(UTC) + timedelta(hours=2))


def _other_choices(session: Session, args: Mapping[str, Any]) -> None:
    upload = session.get(models.Import, args["import_id"])
    leave_out(session, upload, sheet_of(upload), 2)


def _without_header(session: Session, args: Mapping[str, Any]) -> None:
    upload = session.get(models.Import, args["import_id"])
    told = Choices.from_json(upload.options)
    told = replace(told, header_rows={sheet_of(upload): 0})
    upload.options = {**upload.options, **told.as_json()}


def _queue(session: Session, args: Mapping[str, Any]) -> None:
    session.get(models.Import, args["import_id"]).queued_at = datetime.now(UTC)


def _take_back(session: Session, args: Mapping[str, Any]) -> None:
    upload = session.get(models.Import, args["import_id"])
    upload.result = {**upload.result, "undone": {"at": "2026-02-14T12:00", "by": "Anna"}}


def _fill_first(session: Session, args: Mapping[str, Any]) -> None:
    device = session.scalars(select(Device).filter_by(mac=args["mac"])).one()
    device.port(3).account = make_sip_account(session, "annas", customer=device.customer)


def _add_passkey(session: Session, args: Mapping[str, Any]) -> None:
    admin = session.scalars(select(User).filter_by(name="admin")).one()
    session.add(models.Passkey(user_id=admin.id, name="Bag", credential_id="YWJk", public_key=b""))


def _call_in(session: Session, args: Mapping[str, Any]) -> None:
    for phone in session.scalars(select(models.UnknownPhone)):
        phone.model = "T54W"


def _set_up_the_portal(session: Session, args: Mapping[str, Any]) -> None:
    session.scalars(select(models.Site)).one().settings = {"ui.idle_text": "Of Anna"}


def _list_nora(session: Session, args: Mapping[str, Any]) -> None:
    make_contact(session, session.get(models.Customer, args["customer_id"]), "Nora", "77")


# Forms that are about more than the things in their address.
_OF_ENDPOINT: dict[str, Callable[[Session, Mapping[str, Any]], object]] = {
    "contacts.apply_import": _list_nora,
    "devices.fill_ports": _fill_first,
    "imports.accept": _other_choices,
    "imports.apply": _other_choices,
    "imports.choose": _other_choices,
    "imports.discard": _queue,
    "imports.fix": _other_choices,
    "imports.take_back": _take_back,
    **{
        f"{kind}.{verb}_list": change
        for kind in ("customers", "sip_accounts")
        for verb, change in (
            ("choose_for", _without_header),
            ("apply", _without_header),
            ("discard", _queue),
            ("undo", _take_back),
        )
    },
    "sip_accounts.make_range": lambda session, _: make_sip_account(session, "902"),
    "site_settings.renew_site_address": _set_up_the_portal,
    "site_settings.update": _set_up_the_portal,
    "unknown_phones.adopt": _call_in,
    "users.disable_app": _add_passkey,
    "users.renew_codes": _add_passkey,
}


def _by_id(model: Any) -> Callable[[Session, Any], Any]:
    return lambda session, number: session.get(model, number)


# What the arguments of an address name: first what belongs to something else.
_BEHIND: dict[str, Callable[[Session, Any], Any]] = {
    "contact_id": _by_id(models.Contact),
    "note_id": _by_id(models.Note),
    "upload_id": _by_id(models.Upload),
    "account_id": _by_id(models.SipAccount),
    "authority_id": _by_id(models.CertificateAuthority),
    "ban_id": _by_id(models.Ban),
    "bulk_id": _by_id(models.BulkChange),
    "file_id": _by_id(models.FirmwareFile),
    "passkey_id": _by_id(models.Passkey),
    "pin_id": _by_id(models.PinnedCertificate),
    "profile_id": _by_id(Profile),
    "token_id": _by_id(models.ApiToken),
    "user_id": _by_id(User),
    "view_id": _by_id(models.SavedView),
    "key": lambda session, key: session.scalars(
        select(models.CustomFamily).filter_by(key=key)
    ).one(),
    "mac": lambda session, mac: session.scalars(select(Device).filter_by(mac=mac)).one(),
    "customer_id": _by_id(models.Customer),
}
