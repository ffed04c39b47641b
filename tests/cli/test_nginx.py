"""What `portal nginx-config` refuses; what nginx makes of the rest: end_to_end/test_nginx.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.cli.nginx import render
from portal.config import Config

BEHIND: dict[str, Any] = {
    "admin_url": "https://admin.test",
    "public_url": "https://phones.test",
    "bind": "unix:/run/portal/portal.sock",
    "tls": "off",
    "proxies": "unix",
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"admin_url": ""}, "set PORTAL_ADMIN_URL and PORTAL_PUBLIC_URL to two addresses"),
        ({"public_url": ""}, "set PORTAL_ADMIN_URL and PORTAL_PUBLIC_URL to two addresses"),
        ({"admin_url": "https://PHONES.test:8443"}, "two addresses with different names"),
        ({"tls": "on", "bind": "127.0.0.1:1"}, "set PORTAL_TLS=off, PORTAL_BIND=unix:"),
        ({"admin_url": "https://a;b"}, "nginx cannot read “a;b” (PORTAL_ADMIN_URL)"),
        ({"tls_cert": Path("/a b")}, "nginx cannot read “/a b” (certificate)"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(changes, sentence):
    with pytest.raises(ValueError) as said:  # noqa: PT011 - the sentence is compared below
        render(Config(**{**BEHIND, **changes}))
    assert sentence in str(said.value)


def test_limits_are_those_of_the_portal():
    text = render(Config(**BEHIND, upload_max_bytes=1000, phone_upload_max_bytes=2000))
    assert f"client_max_body_size {1000 + 65536};" in text
    assert f"client_max_body_size {2000 + 65536};" in text


def test_two_processes_are_two_upstreams():
    text = render(Config(**BEHIND), admin_upstream="unix:/a.sock", phones_upstream="127.0.0.1:9")
    assert "server unix:/a.sock fail_timeout=0;" in text
    assert "server 127.0.0.1:9 fail_timeout=0;" in text


def test_old_tls_is_spoken_only_when_asked_for():
    assert "TLSv1 " not in render(Config(**BEHIND))
    assert "listen 8443 ssl default_server;" in render(Config(**BEHIND), old_tls_port=8443)
