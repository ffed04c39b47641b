"""The data that the pages are measured with: a portal of 100,000 devices and 1,000,000 check-ins.

One profile has 40,000 devices, one customer 9,000; one device called in very often; 200,000 entries
are in the audit. Nothing is random, so that two installations are alike.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

DEVICES, ACCOUNTS, CHECK_INS, CUSTOMERS, PROFILES = 100_000, 100_000, 1_000_000, 500, 40
ENTRIES, LISTED = 200_000, 20_000
LARGE = 1  # the customer with many devices, and the profile
ADMIN, LIMITED = "bench-admin", "bench-limited"  # who looks; the second one at OWN alone
OWN = (LARGE, 18, 19)
BUSY = 10_001  # the device with many check-ins: it is of that customer and profile
MODELS = (
    ("Yealink", "yealink", "T46U", "805ec0"),
    ("Yealink", "yealink", "T31G", "805ec0"),
    ("Grandstream", "grandstream", "GRP2614", "c074ad"),
    ("Snom", "snom", "D785", "000413"),
)
PLACES = ("Reception", "Meeting room", "Workshop", "Corner office", "Night shift")
DEEDS = ("device.edit", "port.assign", "port.release", "device.override", "window.open")
REASONS = ("set-up window is closed", "device is locked: two networks", "wrong password")


def fill(now: datetime) -> None:
    """Put everything into the empty database of the app in charge."""
    from sqlalchemy import insert

    from portal import models
    from portal.extensions import db

    sealed = current_app.extensions["sealer"].seal("a-secret-of-twenty-signs")
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():

        def add(model: Any, rows: Iterable[dict[str, Any]]) -> None:
            connection.execute(insert(model), list(rows))

        add(models.Site, [{"id": 1, "settings": {}, "version": 1, "site_token_hash": "-",
                           "site_token_sealed": sealed}])  # fmt: skip
        add(models.Profile, map(_profile, range(1, PROFILES + 1)))
        add(models.ProfileVersion, _versions(now))
        add(models.Customer, (_customer(n, now, sealed) for n in range(1, CUSTOMERS + 1)))
        add(models.SipAccount, (_account(n, now, sealed) for n in range(1, ACCOUNTS + 1)))
        add(models.Device, (_device(n, now, sealed) for n in range(1, DEVICES + 1)))
        add(models.Port, _ports())
        hours: Counter[tuple[datetime, str, str]] = Counter()
        for start in range(0, CHECK_INS, 100_000):
            rows = [_check_in(n, now) for n in range(start, start + 100_000)]
            connection.execute(insert(models.CheckIn), rows)
            for row in rows:
                hour = row["at"].replace(minute=0, second=0, microsecond=0)
                hours[hour, "refused" if row["reason"] else "served", row["reason"]] += 1
        add(models.CheckInHour, (
            {"hour": hour, "outcome": outcome, "reason": reason, "count": count}
            for (hour, outcome, reason), count in hours.items()
        ))  # fmt: skip
        add(models.UnknownPhone, (_unknown(n, now) for n in range(5_000)))
        add(models.AuditEntry, (_entry(n, now) for n in range(ENTRIES)))
        _add_smaller_tables(add, now)
    _import_lists(now)
    _select(now)


def _add_smaller_tables(add: Any, now: datetime) -> None:
    from portal import models

    soon, users = now + timedelta(days=60), range(10, 310)
    add(models.User, ({"id": n, "name": f"user {n}", "role": "viewer"} for n in users))
    add(models.ApiToken, (
        {"user_id": 10 + n % 300, "name": f"token {n}", "token_hash": f"{n:064}", "ending": "abcd",
         "scopes": ["read"], "expires_at": soon} for n in range(2_000)
    ))  # fmt: skip
    add(models.FirmwareFile, (
        {"family": MODELS[n % 4][1], "filename": f"image-{n}.rom", "firmware_version": f"{n}.86",
         "models": [MODELS[n % 4][2]], "sha256": f"{n:064}", "size_bytes": 5} for n in range(200)
    ))  # fmt: skip
    add(models.Contact, (
        {"customer_id": LARGE, "name": f"Contact {n}", "office": str(100 + n)} for n in range(2_000)
    ))  # fmt: skip
    add(models.Note, (
        {"device_id": BUSY if n < 100 else n, "at": now - timedelta(hours=n), "author": "user 10",
         "text": f"Note {n}"} for n in range(5_000) if n
    ))  # fmt: skip
    add(models.PinnedCertificate, (
        {"sha256": f"{n:064}", "mac": mac_of(n + 1), "subject": f"CN={mac_of(n + 1)}"}
        for n in range(5_000)
    ))  # fmt: skip
    add(models.Ban, (
        {"scope": "address", "key": f"198.51.{n // 250}.{n % 250}", "reason": "10 MACs refused",
         "since_at": now - timedelta(minutes=n), "until_at": now + timedelta(minutes=60 - n)}
        for n in range(2_000)
    ))  # fmt: skip
    add(models.Release, (
        {"at": now - timedelta(minutes=n), "device_id": n + 1, "customer_id": _customer_of(n + 1),
         "kind": "first", "address": "192.0.2.17"} for n in range(50_000)
    ))  # fmt: skip


def _import_lists(now: datetime) -> None:
    """Let one long list be imported, and one wait; both are of devices that are there."""
    from portal.audit import Actor
    from portal.extensions import begin_write, db
    from portal.imports import service
    from portal.imports.previews import plan_of
    from portal.imports.read import Options

    config, sealer = current_app.config["PORTAL"], current_app.extensions["sealer"]
    begin_write()
    session, actor = db.session(), Actor(LIMITED)
    for name in ("imported", "waiting"):
        text = io.StringIO()
        text.write("MAC;Model;Description\n")
        for n in range(1, LISTED + 1):
            text.write(f"{mac_of(n)};{MODELS[n % 4][2]};{_place(n)} {name}\n")
        upload = service.keep_upload(
            session, actor, f"{name}.csv", text.getvalue().encode(), Options(), now
        )
        if name == "imported":
            digest = plan_of(session, upload).digest()
            service.apply_upload(session, actor, sealer, config, now, upload, digest)
    session.commit()


def _select(now: datetime) -> None:
    """Let each person have selected all devices that they see, once for each kind of change."""
    from portal.audit import Actor
    from portal.devices import bulk_service
    from portal.devices.bulk import ACTIONS
    from portal.extensions import begin_write, db

    begin_write()
    session, every = db.session(), range(1, DEVICES + 1)
    for who in (ADMIN, LIMITED):
        ids = [n for n in every if who == ADMIN or _customer_of(n) in OWN]
        for action in ACTIONS:
            bulk_service.select_devices(session, Actor(who), now, action, ids, "all devices")
    session.commit()


def _profile(n: int) -> dict[str, Any]:
    return {"id": n, "name": f"Profile {n}", "parent_id": LARGE if n in {2, 3} else None,
            "version": 1}  # fmt: skip


def _versions(now: datetime) -> Iterator[dict[str, Any]]:
    """Yield one version of each profile; of the large one twenty, and a draft."""
    for n in range(1, PROFILES + 1):
        for number in range(1, 22 if n == LARGE else 2):
            at = now - timedelta(days=30 - number)
            keys = [{"module": 0, "number": k, "type": "blf", "value": f"{k}", "label": f"Key {k}"}
                    for k in range(3, 3 + number % 9)]  # fmt: skip
            settings = {"sip.registrar_host": f"sip{number}.example.net", "ui.idle_text": f"V{n}",
                        "time.zone": "Europe/Berlin"}  # fmt: skip
            is_draft = number == 21
            yield {"profile_id": n, "number": number, "settings": settings, "parameters": {},
                   "line_keys": keys, "author": "bench", "created_at": at,
                   "published_at": None if is_draft else at,
                   "effective_at": None if is_draft else at}  # fmt: skip


def _customer(n: int, now: datetime, sealed: str) -> dict[str, Any]:
    return {"id": n, "name": f"Customer {n}", "site_token_hash": f"{n:064}",
            "site_token_sealed": sealed, "settings": {}, "created_at": now, "version": 1,
            "default_profile_id": n % PROFILES + 1 if n % 2 else None}  # fmt: skip


def _customer_of(n: int) -> int | None:
    """Return whose device `n` is; None: in stock."""
    if n % 10 == 0:
        return None
    return LARGE if n % 11 == 2 else n % (CUSTOMERS - 1) + 2


def _device_of(n: int) -> int:
    """Return the device that account `n` is on; 0: free. Some have two."""
    if n <= 60_000:
        return n
    return 4 * (n - 60_000) + 1 if n <= 75_000 else 0


def _account(n: int, now: datetime, sealed: str) -> dict[str, Any]:
    device = _device_of(n)
    owner = _customer_of(device) if device else n % CUSTOMERS + 1
    return {"id": n, "user_name": str(100_000 + n), "display_name": f"Person {n}",
            "customer_id": owner, "password_sealed": sealed, "external_id": f"B{n:08}",
            "is_enabled": n % 50 > 0, "created_at": now, "version": 1,
            "password_due_at": now if n % 900 == 0 else None}  # fmt: skip


def _ports() -> Iterator[dict[str, Any]]:
    for n in range(1, ACCOUNTS + 1):
        if device := _device_of(n):
            yield {"device_id": device, "number": 1 if n <= 60_000 else 2, "account_id": n,
                   "settings": {}}  # fmt: skip


def mac_of(n: int) -> str:
    return f"{MODELS[n % len(MODELS)][3]}{n:06x}"


def _place(n: int) -> str:
    return f"{PLACES[n % len(PLACES)]} {n // 7}"


def _device(n: int, now: datetime, sealed: str) -> dict[str, Any]:
    vendor, family, model, _oui = MODELS[n % len(MODELS)]
    is_seen, is_stock, owner = n % 10 > 1 or n == BUSY, n % 10 == 0, _customer_of(n)
    seen = now - timedelta(seconds=n * 7 % 200_000) if is_seen else None
    is_large = n % 5 in {1, 2}
    return {
        "id": n,
        "mac": mac_of(n),
        "vendor": vendor,
        "family": family,
        "model": model,
        "serial": f"SN{n:08}",
        "inventory_id": f"CPE-{n}",
        "description": _place(n),
        "customer_id": LARGE if n == BUSY else owner,
        "profile_id": LARGE if is_large else n % PROFILES + 1 if n % 3 else None,
        "state": "stock" if is_stock else "retired" if n % 500 == 3 else "assigned",
        "settings": {"ui.idle_text": f"Own {n}"} if n % 100 == 1 else {},
        "created_at": now,
        "changed_at": now - timedelta(days=3 if n % 20 else 0),
        "token_hash": f"{n:064}" if is_seen else None,
        "token_sealed": sealed if is_seen else None,
        "digest_user": f"{n:024}" if is_seen else None,
        "digest_secret_sealed": sealed if is_seen else None,
        "window_until": None if is_seen or is_stock else now + timedelta(hours=n % 48 - 24),
        "bound_at": seen,
        "locked_at": now if n % 1_000 == 5 else None,
        "lock_reason": "two networks" if n % 1_000 == 5 else "",
        "reset_at": now if n % 1_000 == 6 else None,
        "last_seen_at": seen,
        "last_fetched_at": seen,
        "late_at": seen + timedelta(days=2) if seen else None,
        "refused_at": now if n % 200 == 7 else None,
        "refusal": "wrong password" if n % 200 == 7 else "",
        "last_address": f"192.0.2.{n % 250}" if is_seen else "",
        "last_firmware": f"{n % 4}.86.0.{n % 6 * 5}" if is_seen else "",
        "last_certificate_at": seen if n % 3 == 0 else None,
        "version": 1,
    }


def _check_in(n: int, now: datetime) -> dict[str, Any]:
    number = BUSY if n % 100 == 0 else n % DEVICES + 1
    mac = mac_of(number)
    reason = REASONS[n // 50 % 3] if n % 50 == 1 else ""
    return {"at": now - timedelta(seconds=n * 259_200 // CHECK_INS), "device_id": number,
            "mac": mac, "filename": f"{mac}.cfg", "protocol": "https", "address": "192.0.2.17",
            "user_agent": "Yealink SIP-T46U 108.86.0.90", "proof": "token",
            "status": 200 if n % 3 else 304, "reason": reason, "tag": ""}  # fmt: skip


def _entry(n: int, now: datetime) -> dict[str, Any]:
    device = BUSY if n % 200 == 0 else n * 7 % DEVICES + 1
    return {"at": now - timedelta(minutes=(ENTRIES - n) * 2), "actor": f"user {10 + n % 20}",
            "action": DEEDS[n % len(DEEDS)], "object_type": "device", "object_id": device,
            "object_name": mac_of(device), "changes": {"description": [f"Desk {n}", _place(n)]},
            "address": "192.0.2.9", "batch": None}  # fmt: skip


def _unknown(n: int, now: datetime) -> dict[str, Any]:
    mac = f"805ec1{n:06x}"
    at = now - timedelta(minutes=n)
    return {"caller": mac, "mac": mac, "first_at": at, "last_at": at, "count": n % 9 + 1,
            "address": f"192.0.2.{n % 250}", "user_agent": "Yealink SIP-T46U 108.86.0.90",
            "filename": f"{mac}.cfg", "family": "yealink", "model": "T46U", "door": "site",
            "customer_id": n % CUSTOMERS + 1 if n % 3 == 0 else None,
            "reason": "not in the inventory", "is_ignored": n % 10 == 0}  # fmt: skip
