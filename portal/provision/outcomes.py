"""What came of a check-in, in fixed words, and how many of them each hour had. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

SERVED, UNCHANGED, RECEIVED = "served", "unchanged", "received"
HARMLESS, REFUSED, ABSENT, ASKED, FAULT = "harmless", "refused", "absent", "asked", "fault"
# A phone that has its file, and one that has not.
GOOD = (SERVED, UNCHANGED, RECEIVED)
BAD = (HARMLESS, REFUSED, FAULT)

# Every reason that this package gives, and what support does about it; "": nothing to do. A test
# compares. A reason that goes on with details counts as its beginning.
REASONS = {
    "not in the inventory": "Adopt it under Unknown phones, or add the device.",
    "set-up window is closed": "Allow set-up on the device's page, then restart the phone.",
    "set-up window was never opened": "Allow set-up on the device's page, then restart the phone.",
    "set-up window is for another address": "Another address came first; allow set-up again.",
    "address is outside the customer's networks": "Add the address to the customer's networks.",
    "site address of another customer": "Give the device to the customer whose phone calls.",
    "model not known yet": "Edit the device and choose its model.",
    "device is retired": "Put the device back into service, or take the phone off the network.",
    "User-Agent of another vendor": "Check that the model of the device is right.",
    "User-Agent names another MAC": "Check the MAC in the phone's provisioning address.",
    "wrong password": "A restart fetches new credentials while set-up is allowed.",
    "proof belongs to no device": "A phone that was retired or deleted still calls.",
    "wrong token": "Its own address was renewed since; allow set-up, then restart the phone.",
    "wrong site token": "The address typed into the phone is wrong; copy it from the customer.",
    "no family asks for this name": "No phone we know asks for such a file; see Unknown phones.",
    "Basic without TLS": "Give the phone an address that begins with https.",
    "file of another device": "Check the MAC in the phone's provisioning address.",
    "not a file of this device's family": "Check that the model of the device is right.",
    "this family has no encrypted files": "Take the encryption out of its settings.",
    "cannot be made": "See the device's page under Files for what is wrong with its settings.",
    "the firmware image is not on the disk any more": "Upload the image again under Firmware.",
    "upload is too large": "Raise PORTAL_PHONE_UPLOAD_MAX_BYTES if phones shall send as much.",
    "nothing was sent": "",
    "verb not offered": "",
    "customer takes certificates only": "Load its vendor's CA, or choose another trust level.",
    "device is locked": "See the device's page for why; unlock it there.",
    "old proof after a reset": "Two phones claim to be it; see the device's page.",
    "its proof came from two networks": "Its address may be copied; see the device's page.",
    "too many unknown phones": "Allow set-up on the device's page, then restart the phone.",
    "reset, and": "Allow set-up on the device's page, then restart the phone.",
    "fault in the portal": "See the portal's log.",
    "optional file, not offered": "",
    "the phone book is empty": "",
    "nothing was uploaded under this name": "",
    "no proof": "",
    "stale nonce": "",
}
OTHER = "another reason"
_ABSENT = {
    "optional file, not offered",
    "the phone book is empty",
    "nothing was uploaded under this name",
}
# The first half of a Digest exchange.
_ASKED = {"no proof", "stale nonce"}
# Reasons of answers that are neither good nor bad.
NEITHER = (*sorted(_ABSENT), *sorted(_ASKED))


def kind_of(reason: str) -> str:
    """Return the fixed words of a reason; "" for none."""
    if not reason or reason in REASONS:
        return reason
    return next((known for known in REASONS if reason.startswith(known)), OTHER)


def outcome_of(status: int, reason: str) -> str:
    """Return what came of a request that was answered with `status`."""
    kind = kind_of(reason)
    if not kind:
        return {201: RECEIVED, 304: UNCHANGED}.get(status, SERVED)
    if kind in _ABSENT:
        return ABSENT
    if kind in _ASKED:
        return ASKED
    if kind == "fault in the portal":
        return FAULT
    return REFUSED if status >= 400 else HARMLESS


def by_hour(told: Iterable[tuple[datetime, int, str]]) -> Counter[tuple[datetime, str, str]]:
    """Count check-ins (when, status, reason) by hour, outcome and fixed words."""
    return Counter(
        (at.replace(minute=0, second=0, microsecond=0), outcome_of(status, reason), kind_of(reason))
        for at, status, reason in told
    )
