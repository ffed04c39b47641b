"""The secrets that a phone proves itself with, as columns of its device."""

from __future__ import annotations

from portal import crypto

# What `new_proofs` makes, and where what was there before goes.
KEPT_AS_OLD = {
    "token_hash": "old_token_hash",
    "digest_user": "old_digest_user",
    "digest_secret_sealed": "old_digest_secret_sealed",
}


def new_proofs(sealer: crypto.Sealer) -> dict[str, str]:
    """Return a new token, Digest account and file key: random, sealed, by column of `devices`."""
    token = crypto.new_token()
    return {
        "token_hash": crypto.digest_of(token),
        "token_sealed": sealer.seal(token),
        "digest_user": crypto.new_password(24),
        "digest_secret_sealed": sealer.seal(crypto.new_password(24)),
        "file_key_sealed": sealer.seal(crypto.new_file_key()),
    }
