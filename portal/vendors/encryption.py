"""Encrypted config files, as families document them. Pure.

Each cipher takes the device's key (32 hex digits) and the plain file, and gives the same bytes for
the same input: two fetches of unchanged state must be equal, so salts follow from key and content.
That is no weakness here: another content gives another salt.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.padding import PKCS7

# What the HTTP answer says beside a body that is encrypted in transfer (RFC 8188, 2).
CONTENT_ENCODINGS = {"aes128gcm": "aes128gcm"}
_RECORD = 4096


def openssl_md5(key: str, content: bytes) -> bytes:
    """Encrypt as ``openssl enc -aes-256-cbc -md md5 -k KEY`` does: magic word, salt, AES-256-CBC.

    Grandstream administration guide (P1359); Cisco SPA provisioning guide (``--key``).
    """
    salt = _salt(key, content, 8)
    derived = b""
    block = b""
    while len(derived) < 48:  # 32 bytes of key, 16 of initial vector: EVP_BytesToKey
        block = hashlib.md5(block + key.encode() + salt, usedforsecurity=False).digest()
        derived += block
    return b"Salted__" + salt + _cbc(derived[:32], derived[32:48], content)


def aes_128_cbc(key: str, content: bytes) -> bytes:
    """Encrypt as ``openssl enc -aes-128-cbc -K KEY -iv IV`` does. OBi provisioning guide."""
    return _cbc(bytes.fromhex(key), bytes.fromhex(initial_vector(key)), content)


def aes128gcm(key: str, content: bytes) -> bytes:
    """Encrypt as RFC 8188, section 2, says; the key's text is the input keying material."""
    salt = _salt(key, content, 16)
    secret = HKDF.extract(hashes.SHA256(), salt, key.encode())
    content_key = _expand(secret, b"Content-Encoding: aes128gcm\0", 16)
    base = int.from_bytes(_expand(secret, b"Content-Encoding: nonce\0", 12))
    size = _RECORD - 17  # a record holds a delimiter and a 16-byte tag too
    parts = [content[at : at + size] for at in range(0, len(content), size)] or [b""]
    body = b"".join(
        AESGCM(content_key).encrypt(
            (base ^ number).to_bytes(12), part + (b"\2" if number == len(parts) - 1 else b"\1"), b""
        )
        for number, part in enumerate(parts)
    )
    return salt + _RECORD.to_bytes(4) + b"\0" + body


def initial_vector(key: str) -> str:
    """Return the initial vector that goes with a key, where a family is told both."""
    return hashlib.md5(b"iv" + key.encode(), usedforsecurity=False).hexdigest()


CIPHERS: dict[str, Callable[[str, bytes], bytes]] = {
    "openssl-md5": openssl_md5,
    "aes-128-cbc": aes_128_cbc,
    "aes128gcm": aes128gcm,
}


def _cbc(key: bytes, vector: bytes, content: bytes) -> bytes:
    padder = PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def _expand(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(hashes.SHA256(), length, info).derive(secret)


def _salt(key: str, content: bytes, length: int) -> bytes:
    return hmac.new(key.encode(), content, hashlib.sha256).digest()[:length]
