from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from portal.kept import kept_in, kept_of, local

TYPED = MultiDict(
    [
        ("csrf_token", "abc"),
        ("label", 'Door "1" <&>\r\nback'),
        ("key", "1"),
        ("key", "2"),
        ("name", "also the name of a sign-in field"),
        ("password", "hush"),
        ("web_secret", ""),
    ]
)


def test_what_was_typed_survives_the_sign_in_form() -> None:
    kept = kept_of("/devices/0?tab=ports", TYPED, ["sheet"], ["csrf_token"])
    assert kept_in(MultiDict(kept.inputs)) == kept
    assert kept.target == "/devices/0?tab=ports"
    assert ("label", 'Door "1" <&>\r\nback') in kept.fields
    assert ("key", "1") in kept.fields
    assert ("key", "2") in kept.fields


def test_password_is_never_carried_but_asked_for_again() -> None:
    kept = kept_of("/devices", TYPED, [], ["csrf_token"])
    assert kept.secrets == ("password",)
    assert "hush" not in str(kept.inputs)
    assert "csrf_token" not in dict(kept.fields)


@pytest.mark.parametrize(
    "url", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_nobody_is_sent_to_another_site(url: str) -> None:
    assert local(url) == ""
    assert kept_in(MultiDict({"kept-target": url, "kept-form": "1"})).target == ""
