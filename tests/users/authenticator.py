"""A passkey in software: makes and signs what a browser would send (WebAuthn Level 2, 6.1, 6.5)."""

from __future__ import annotations

import hashlib
import json
import struct

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url as b64

PRESENT, UNLOCKED, NEW_KEY = 0x01, 0x04, 0x40


class Authenticator:
    """Holds one key for `host`; `origin` is the page that it believes to be on."""

    def __init__(self, origin: str = "https://portal.test", name: bytes = b"key one") -> None:
        self.origin = origin
        self.name = name
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, question: str) -> str:
        """Answer `navigator.credentials.create`."""
        asked = json.loads(question)
        numbers = self._key.public_key().public_numbers()
        # COSE_Key of ES256 (RFC 9053, 7.1.1)
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        credential = bytes(16) + struct.pack(">H", len(self.name)) + self.name
        told = self._told(asked["rp"]["id"], PRESENT | UNLOCKED | NEW_KEY)
        statement = {"fmt": "none", "attStmt": {}}
        attestation = {**statement, "authData": told + credential + cbor2.dumps(public)}
        return self._answer(
            {
                "clientDataJSON": b64(self._page("webauthn.create", asked["challenge"])),
                "attestationObject": b64(cbor2.dumps(attestation)),
                "transports": ["internal", "unheard-of"],
            }
        )

    def sign(self, question: str, unlocked: bool = True) -> str:
        """Answer `navigator.credentials.get`."""
        asked = json.loads(question)
        self.count += 1
        told = self._told(asked["rpId"], PRESENT | (UNLOCKED if unlocked else 0))
        page = self._page("webauthn.get", asked["challenge"])
        signature = self._key.sign(told + hashlib.sha256(page).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": b64(page),
                "authenticatorData": b64(told),
                "signature": b64(signature),
            }
        )

    def _told(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _page(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, object]) -> str:
        name = b64(self.name)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
