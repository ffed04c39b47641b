"""A passkey's proof in a request: the question on the page, the answer that the script sent."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request

from portal.errors import RuleBroken
from portal.extensions import db
from portal.models import Passkey, User
from portal.models.base import utc_now
from portal.users import entering, factor_service, passkeys, queries
from portal.users.blueprint import bp, door


@bp.app_template_global("passkey_question")
def question(of: Iterable[Passkey] = ()) -> str:
    """Return the question for one of these passkeys, or for any of this portal, in JSON."""
    return passkeys.asking_options(door(), entering.new_challenge(), of)


@bp.app_template_global("passkeys_work_at")
def elsewhere() -> str:
    """Return the address that passkeys are bound to, when the portal is open under another."""
    return "" if request.host_url.rstrip("/") == door().origin else door().origin


def take(answer: str, of: User | None) -> User:
    """Return whose passkey proves itself, in the transaction that has begun.

    `of` whom it must be; None: of anybody, and then it must have been unlocked by finger, face or
    PIN. Raises RuleBroken.
    """
    challenge, asked_at = entering.take_challenge()
    passkey = queries.find_passkey(db.session(), passkeys.named_in(answer))
    if passkey is None or (of is not None and passkey.user_id != of.id):
        raise RuleBroken(
            "The portal does not know this passkey"
            if of is None
            else "This passkey is not one of yours here; choose another one"
        )
    if not passkey.user.is_enabled:
        raise RuleBroken("The user of this passkey is disabled. Ask an administrator")
    count = passkeys.proved(door(), challenge, answer, passkey, needs_unlocking=of is None)
    factor_service.note_passkey_used(passkey, count, asked_at, utc_now())
    return passkey.user
