"""Users' passwords: hashed with argon2id."""

from __future__ import annotations

import functools

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal import crypto

# OWASP's least for argon2id is 19 MiB; more memory would let a flood of guesses exhaust the
# machine, as each thread that answers requests may be hashing.
_HASHER = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Does `password` fit? None, for a user who has none, takes as long and is False."""
    nobodys = _nobodys_hash()
    try:
        _HASHER.verify(password_hash or nobodys, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@functools.cache
def _nobodys_hash() -> str:
    return hash_password(crypto.new_password())
