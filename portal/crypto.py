"""Seal and open secrets at rest, make random ones, hash those that are only compared.

The sealing keys lie in `instance/keys/`, outside the database: a copied database opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

# Without look-alikes, so that support can read one out.
_ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Sealer:
    """Seals text with the first key, opens with any of them.

    The keys may change while processes run (`portal keys`): before sealing, and when nothing fits,
    a changed file is read again. So a rotation needs no restart and fails no phone.
    """

    def __init__(self, keys: list[bytes], file: Path | None = None) -> None:
        self._file = file
        self._read: tuple[int, int] | None = None
        self._take(keys)

    @classmethod
    def from_file(cls, path: Path) -> Sealer:
        """Read keys, one a line; the first seals."""
        sealer = cls([Fernet.generate_key()], path)
        sealer._read_again()
        return sealer

    def seal(self, text: str) -> str:
        return self.seal_bytes(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return the text; raises ValueError when no key fits."""
        return self.open_bytes(sealed.encode()).decode()

    def seal_bytes(self, data: bytes) -> bytes:
        self._read_again()
        return self._fernet.encrypt(data)

    def open_bytes(self, sealed: bytes) -> bytes:
        """Return what was sealed; raises ValueError when no key fits."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            if self._read_again():
                return self.open_bytes(sealed)
            raise ValueError("A sealed value does not open with keys/sealing.key") from None

    def is_present(self, sealed: bytes) -> bool:
        """Was it sealed with the first key?"""
        self._read_again()
        try:
            self._first.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def _take(self, keys: list[bytes]) -> None:
        self._first = Fernet(keys[0])
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def _read_again(self) -> bool:
        """Take up a changed file; returns whether it was."""
        if self._file is None:
            return False
        told = self._file.stat()
        mark = told.st_mtime_ns, told.st_ino
        if mark == self._read:
            return False
        self._take(self._file.read_bytes().split())
        self._read = mark
        return True


def replace_key_file(path: Path, keys: list[bytes]) -> None:
    """Write keys, the sealing one first, so that other processes see the old file or the new."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    write_key_file(beside, b"\n".join(keys))
    os.replace(beside, path)


def write_key_file(path: Path, key: bytes) -> None:
    """Create `path` with mode 0600; an existing file is left as it is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(key + b"\n")


def new_sealing_key() -> bytes:
    return Fernet.generate_key()


def new_token() -> str:
    """Return 160 random bits as 32 lowercase letters and digits, safe in any path."""
    return base64.b32encode(secrets.token_bytes(20)).decode().lower()


def new_file_key() -> str:
    """Return 128 random bits as hex digits, a key for encrypted config files."""
    return secrets.token_hex(16)


def new_password(length: int = 20) -> str:
    """Return a random password; 20 characters hold 116 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def digest_of(token: str) -> str:
    """Return the SHA-256 under which a token is stored and found."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
