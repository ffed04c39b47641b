"""Passwords: what fits, and that nobody's takes as long."""

from __future__ import annotations

from portal.passwords import check_password, hash_password


def test_only_the_password_itself_fits() -> None:
    hashed = hash_password("four unrelated words")
    assert hashed.startswith("$argon2id$")
    assert check_password(hashed, "four unrelated words")
    assert not check_password(hashed, "Four unrelated words")


def test_nothing_fits_who_has_no_password() -> None:
    assert not check_password(None, "anything")
    assert not check_password("", "anything")
    assert not check_password("not a hash", "anything")
