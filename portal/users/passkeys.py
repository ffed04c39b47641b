"""Passkeys (WebAuthn): what the browser is asked, and what its answer proves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.errors import RuleBroken
from portal.models import Passkey, User

_AGAIN = "The passkey was not recognised. Try once more; the question may have been too old"


@dataclass(frozen=True)
class Door:
    """The one address at which passkeys are made and work."""

    origin: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True)
class NewKey:
    """What a browser made."""

    credential_id: str
    public_key: bytes
    sign_count: int
    transports: list[str]


def making_options(door: Door, user: User, challenge: bytes) -> str:
    """Return what `navigator.credentials.create` is asked, in JSON."""
    options = webauthn.generate_registration_options(
        rp_id=door.host,
        rp_name="Provisioning portal",
        user_id=str(user.id).encode(),
        user_name=user.name,
        challenge=challenge,
        exclude_credentials=_named(user.passkeys),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return webauthn.options_to_json(options)


def asking_options(door: Door, challenge: bytes, passkeys: Iterable[Passkey] = ()) -> str:
    """Return what `navigator.credentials.get` is asked, in JSON.

    Without `passkeys` any that the browser knows for this address will do, if its owner unlocks it
    by finger, face or PIN: it then stands for password and second factor both.
    """
    named = _named(passkeys)
    options = webauthn.generate_authentication_options(
        rp_id=door.host,
        challenge=challenge,
        allow_credentials=named,
        user_verification=(
            UserVerificationRequirement.PREFERRED if named else UserVerificationRequirement.REQUIRED
        ),
    )
    return webauthn.options_to_json(options)


def made(door: Door, challenge: bytes, answer: str) -> NewKey:
    """Return the key that a browser made. Raises RuleBroken when the answer proves nothing."""
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=door.host,
            expected_origin=door.origin,
        )
        told = json.loads(answer)["response"].get("transports", [])
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        raise RuleBroken(_AGAIN) from None
    known = {transport.value for transport in AuthenticatorTransport}
    return NewKey(
        bytes_to_base64url(verified.credential_id),
        verified.credential_public_key,
        verified.sign_count,
        [name for name in told if name in known],
    )


def named_in(answer: str) -> str:
    """Return the id of the passkey that an answer claims to come from; “” without one."""
    try:
        return str(json.loads(answer)["id"])
    except (ValueError, KeyError, TypeError):
        return ""


def proved(
    door: Door, challenge: bytes, answer: str, passkey: Passkey, needs_unlocking: bool
) -> int:
    """Return the new sign count. Raises RuleBroken when the answer is not of this passkey."""
    try:
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=door.host,
            expected_origin=door.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=needs_unlocking,
        ).new_sign_count
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        raise RuleBroken(_AGAIN) from None


def _named(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(passkey.credential_id),
            transports=[AuthenticatorTransport(name) for name in passkey.transports] or None,
        )
        for passkey in passkeys
    ]
