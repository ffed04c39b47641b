"""What the road itself writes of trust, before a file goes out: proofs given, ended, doubted.

Each function is a short transaction of its own and safe when several workers do it at once: its
condition is in the UPDATE, so the first wins and the others change nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select, update

from portal import crypto
from portal.models import AuditEntry, Device, Port, Release, SipAccount
from portal.provision.access import TRAP
from portal.provision.claims import Claim
from portal.provision.proofs import KEPT_AS_OLD, new_proofs
from portal.provision.writing import writing

ACTOR = "the portal itself"
NO_PROOFS = dict.fromkeys((*KEPT_AS_OLD, *KEPT_AS_OLD.values(), "token_sealed"))


def issue_proofs(engine: Engine, sealer: crypto.Sealer, device_id: int) -> None:
    """Make token and Digest account of a device that has none; otherwise change nothing."""
    with writing(engine) as connection:
        connection.execute(
            update(Device)
            .where(Device.id == device_id, Device.token_hash.is_(None))
            .values(new_proofs(sealer))
        )


def bind(
    engine: Engine, claim: Claim, kind: str, address: str, now: datetime, again_s: int
) -> None:
    """Note the release: from now on the window is open for `address` alone, and not for long.

    A phone restarts several times while it is set up, hence the `again_s` seconds.
    """
    with writing(engine) as connection:
        bound = connection.execute(
            update(Device)
            .where(Device.id == claim.id, Device.window_address == "")
            .values(
                bound_at=func.coalesce(Device.bound_at, now),
                window_until=now + timedelta(seconds=again_s),
                window_address=address,
                window_by_person=False,
                reset_at=None,
                reset_address="",
            )
        )
        if bound.rowcount:
            _note(connection, claim, kind, address, now)


def is_window_taken(engine: Engine, device_id: int, address: str) -> bool:
    """Did another address win the race for the open window?"""
    with engine.connect() as connection:
        taken = connection.execute(
            select(Device.window_address).where(Device.id == device_id)
        ).scalar()
    return taken != address


def release_again(
    engine: Engine,
    sealer: crypto.Sealer,
    claim: Claim,
    address: str,
    now: datetime,
    again_s: int,
) -> None:
    """Give new proofs to a phone that was reset. Whoever shows the old ones now gives itself away.

    The phone lost them; if they are used all the same, it was never reset (access.TRAP).
    """
    kept = {old: getattr(Device, name) for name, old in KEPT_AS_OLD.items()}
    with writing(engine) as connection:
        changed = connection.execute(
            update(Device)
            .where(Device.id == claim.id, Device.token_hash == claim.row.token_hash)
            .values(
                **kept,
                **new_proofs(sealer),
                old_proofs=TRAP,
                window_until=now + timedelta(seconds=again_s),
                window_address=address,
                window_by_person=False,
                reset_at=None,
                reset_address="",
            )
        )
        if changed.rowcount:
            _note(connection, claim, "again", address, now)
            _tell(connection, claim, "device.release_again", {"address": [None, address]}, now)


def forget_old(engine: Engine, device_id: int) -> None:
    """End the proofs from before a rotation: the phone has used the new ones."""
    ended = dict.fromkeys(KEPT_AS_OLD.values())
    with writing(engine) as connection:
        connection.execute(
            update(Device).where(Device.id == device_id).values(**ended, old_proofs="")
        )


def lock(engine: Engine, claim: Claim, reason: str, address: str, now: datetime) -> None:
    """Lock a device whose proof somebody else may have; its accounts' passwords become due.

    Where two claim to be it, all proofs end; else the one shown still gets the harmless file.
    """
    ends = {**NO_PROOFS, "old_proofs": ""} if claim.old_proofs == TRAP else {}
    with writing(engine) as connection:
        locked = connection.execute(
            update(Device)
            .where(Device.id == claim.id, Device.locked_at.is_(None))
            .values(locked_at=now, lock_reason=reason[:200], **ends)
        )
        if not locked.rowcount:
            return
        connection.execute(
            update(SipAccount)
            .where(SipAccount.id.in_(select(Port.account_id).where(Port.device_id == claim.id)))
            .where(SipAccount.password_due_at.is_(None))
            .values(
                password_due_at=now, password_due_reason=f"{claim.mac} was locked: {reason}"[:200]
            )
        )
        changes = {"reason": [None, reason], "address": [None, address]}
        _tell(connection, claim, "device.lock", changes, now)


def note_reset(engine: Engine, claim: Claim, address: str, now: datetime) -> None:
    """Note for support that a phone which was set up asks as one that was not."""
    with writing(engine) as connection:
        connection.execute(
            update(Device)
            .where(Device.id == claim.id, Device.reset_address != address)
            .values(reset_at=now, reset_address=address)
        )


def note_wiped(engine: Engine, device_id: int, now: datetime) -> None:
    """Note that a retired phone fetched the file that wipes its accounts."""
    with writing(engine) as connection:
        connection.execute(
            update(Device)
            .where(Device.id == device_id, Device.wiped_at.is_(None))
            .values(wiped_at=now)
        )


def _note(connection: Connection, claim: Claim, kind: str, address: str, now: datetime) -> None:
    connection.execute(
        insert(Release).values(
            at=now,
            device_id=claim.id,
            customer_id=claim.customer_id,
            kind=kind,
            address=address[:45],
        )
    )


def _tell(
    connection: Connection,
    claim: Claim,
    action: str,
    changes: dict[str, list[str | None]],
    now: datetime,
) -> None:
    """Add an audit entry: nobody did it, but somebody will want to know."""
    connection.execute(
        insert(AuditEntry).values(
            at=now,
            actor=ACTOR,
            action=action,
            object_type="device",
            object_id=claim.id,
            object_name=claim.mac,
            changes=changes,
            address="",
        )
    )
