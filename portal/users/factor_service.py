"""Writing second factors: authenticator app, passkeys, recovery codes; and taking their proofs."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, cast

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import CursorResult, or_, update
from sqlalchemy.orm import Session

from portal import audit, crypto
from portal.audit import Actor
from portal.config import Config
from portal.errors import RuleBroken
from portal.models import Passkey, RecoveryCode, User
from portal.users import queries
from portal.users.passkeys import NewKey

RECOVERY_CODES = 10
_CODE_LENGTH = 16  # of 32 letters and digits: 80 bits, so a plain hash is enough
_MOST_PASSKEYS = 20


def enable_app(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    user: User,
    secret: str,
    code: str,
    now: datetime,
) -> None:
    """Take the authenticator app that shows `code` now. Raises RuleBroken on "code"."""
    step = _step_of(secret, code, now)
    if step is None:
        raise RuleBroken(
            "This is not the code that belongs to the key now. Take the next one; if it goes on, "
            "set the clock of your phone to automatic",
            "code",
        )
    user.totp_sealed, user.totp_step = sealer.seal(secret), step
    audit.record(session, actor, "user.enable_app", user, {})


def disable_app(session: Session, actor: Actor, config: Config, user: User) -> None:
    """Forget the app. Raises RuleBroken when it is the last second factor of who needs one."""
    if user.totp_sealed is None:
        return
    _check_may_lose_one(config, user)
    user.totp_sealed = user.totp_step = None
    _tidy(user)
    audit.record(session, actor, "user.disable_app", user, {})


def add_passkey(session: Session, actor: Actor, user: User, name: str, key: NewKey) -> Passkey:
    """Add a passkey. Raises RuleBroken on "name" or without a field."""
    name = " ".join(name.split()) or f"Passkey {len(user.passkeys) + 1}"
    if len(name) > 100:
        raise RuleBroken("A name has at most 100 characters", "name")
    if name.lower() in {passkey.name.lower() for passkey in user.passkeys}:
        raise RuleBroken(f"You have a passkey “{name}” already; name this one otherwise", "name")
    if len(user.passkeys) >= _MOST_PASSKEYS:
        raise RuleBroken(f"{_MOST_PASSKEYS} passkeys are the most; remove one first")
    if queries.find_passkey(session, key.credential_id):
        raise RuleBroken("This passkey is added already")
    passkey = Passkey(
        user=user,
        name=name,
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        transports=key.transports,
    )
    session.add(passkey)
    audit.record(session, actor, "user.add_passkey", user, {"passkey": (None, name)})
    return passkey


def remove_passkey(
    session: Session, actor: Actor, config: Config, user: User, passkey: Passkey
) -> None:
    """Remove a passkey. Raises RuleBroken as `disable_app`."""
    _check_may_lose_one(config, user)
    user.passkeys.remove(passkey)
    _tidy(user)
    audit.record(session, actor, "user.remove_passkey", user, {"passkey": (passkey.name, None)})


def note_passkey_used(passkey: Passkey, sign_count: int, asked_at: datetime, now: datetime) -> None:
    """Note a proof. Raises RuleBroken when the passkey was used since the question was asked: an
    answer that somebody recorded is good for nothing.
    """
    if passkey.used_at is not None and passkey.used_at >= asked_at:
        raise RuleBroken("This passkey was used a moment ago; try once more")
    passkey.sign_count, passkey.used_at = sign_count, now


def renew_recovery_codes(session: Session, actor: Actor, user: User) -> list[str]:
    """Make ten new codes in place of all old ones, and return them, for once."""
    codes = [crypto.new_token()[:_CODE_LENGTH] for _ in range(RECOVERY_CODES)]
    user.recovery_codes = [RecoveryCode(code_hash=crypto.digest_of(code)) for code in codes]
    audit.record(session, actor, "user.renew_recovery_codes", user, {})
    return ["-".join(re.findall("....", code)) for code in codes]


def remove_all(session: Session, actor: Actor, user: User) -> None:
    """Take all second factors from `user`, who lost them."""
    changes = {
        "authenticator app": (user.totp_sealed is not None, False),
        "passkeys": (len(user.passkeys), 0),
    }
    user.totp_sealed = user.totp_step = None
    user.passkeys.clear()
    user.recovery_codes.clear()
    audit.record(session, actor, "user.remove_second_factors", user, changes)


def take_code(
    session: Session, sealer: crypto.Sealer, user: User, code: str, now: datetime
) -> str | None:
    """Take a code of the app or a recovery code, once; returns which, None for a wrong one."""
    code = re.sub(r"[\s-]", "", code).lower()
    if len(code) == _CODE_LENGTH:
        used = session.execute(
            update(RecoveryCode)
            .where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
            .where(RecoveryCode.code_hash == crypto.digest_of(code))
            .values(used_at=now)
        )
        return "recovery code" if cast(CursorResult[Any], used).rowcount else None
    if user.totp_sealed is None:
        return None
    step = _step_of(sealer.open(user.totp_sealed), code, now)
    if step is None:
        return None
    # In one statement: of two who send the same code at once, one is let in.
    used = session.execute(
        update(User)
        .where(User.id == user.id, or_(User.totp_step.is_(None), User.totp_step < step))
        .values(totp_step=step)
    )
    return "app code" if cast(CursorResult[Any], used).rowcount else None


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the step (RFC 6238, 30 s) that `code` is of: this one, the last or the next."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(
            re.sub(r"\s", "", code), for_time=now, valid_window=1
        )
    except OTPVerificationError:
        return None


def _check_may_lose_one(config: Config, user: User) -> None:
    factors = len(user.passkeys) + (user.totp_sealed is not None)
    if factors < 2 and config.asks_second_factor(user.role):
        raise RuleBroken(
            "You need a second factor, and this is the only one. Add another one first"
        )


def _tidy(user: User) -> None:
    """Recovery codes stand in for a second factor; without one they are no use."""
    if user.totp_sealed is None and not user.passkeys:
        user.recovery_codes.clear()
