"""First release: give a phone the proofs that it shows from then on. The road's only writer."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, update

from portal import crypto
from portal.models import Device


def issue_proofs(engine: Engine, sealer: crypto.Sealer, device_id: int) -> None:
    """Make token and Digest account of a device that has none; otherwise change nothing.

    Safe when several workers do it at once: the first wins, the others find it done.
    """
    token, secret = crypto.new_token(), crypto.new_password(24)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(
            update(Device)
            .where(Device.id == device_id, Device.token_hash.is_(None))
            .values(
                token_hash=crypto.digest_of(token),
                token_sealed=sealer.seal(token),
                digest_user=crypto.new_password(24),
                digest_secret_sealed=sealer.seal(secret),
                file_key_sealed=sealer.seal(crypto.new_file_key()),
            )
        )


def bind(engine: Engine, device_id: int, address: str, now: datetime, again_s: int) -> None:
    """Note the release: from now on the window is open for `address` alone, and not for long.

    A phone restarts several times while it is set up, hence the `again_s` seconds.
    """
    until = now + timedelta(seconds=again_s)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(
            update(Device)
            .where(Device.id == device_id, Device.window_address == "")
            .values(
                bound_at=func.coalesce(Device.bound_at, now),
                window_until=until,
                window_address=address,
            )
        )


def is_window_taken(engine: Engine, device_id: int, address: str) -> bool:
    """Did another address win the race for the open window?"""
    with engine.connect() as connection:
        taken = connection.execute(
            select(Device.window_address).where(Device.id == device_id)
        ).scalar()
    return taken != address
