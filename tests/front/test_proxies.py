from __future__ import annotations

from typing import Any

import pytest

from portal.front.proxies import CERTIFICATE, Proxies, TrustedProxies, plain_address

TOLD = {
    "HTTP_X_FORWARDED_FOR": "192.0.2.7",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_X_FORWARDED_PREFIX": "/evil",
    "HTTP_FORWARDED": "for=192.0.2.7",
    "HTTP_X_REAL_IP": "192.0.2.7",
    "HTTP_X_CLIENT_CERTIFICATE": "-----BEGIN%20CERTIFICATE-----",
}


def seen(proxies: str, peer: str, **told: str) -> dict[str, Any]:
    """Return the environ that the app sees."""
    environs: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environs.append(environ)
        return []

    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "h", **told}
    TrustedProxies(app, Proxies.of(proxies))(environ, lambda *_: None)
    return environs[0]


@pytest.mark.parametrize(
    ("proxies", "peer"),
    [("", "127.0.0.1"), ("192.0.2.1", "192.0.2.2"), ("127.0.0.1", ""), ("unix", "127.0.0.1")],
)
def test_what_a_stranger_says_about_himself_is_gone(proxies, peer):
    environ = seen(proxies, peer, **TOLD)
    assert environ == {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "h"}


@pytest.mark.parametrize(
    ("proxies", "peer"),
    [
        ("198.51.100.9", "198.51.100.9"),
        ("198.51.100.0/24, 2001:db8::/32", "::ffff:198.51.100.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("unix", ""),
    ],
)
def test_a_configured_proxy_is_believed(proxies, peer):
    environ = seen(proxies, peer, **TOLD)
    assert environ == {
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "h",
        CERTIFICATE: "-----BEGIN%20CERTIFICATE-----",
    }


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ("203.0.113.5", "203.0.113.5"),
        # The client wrote the first, the proxy appended whom it heard from.
        ("10.0.0.1, 203.0.113.5", "203.0.113.5"),
        # A chain of two proxies of ours.
        ("10.0.0.1, 203.0.113.5, 192.0.2.2", "203.0.113.5"),
        ("203.0.113.5:40123", "203.0.113.5"),
        ("[2001:db8::5]:40123", "2001:db8::5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        # Nothing, nonsense, all ours: the last that is known.
        ("", "192.0.2.1"),
        ("unknown", "192.0.2.1"),
        ("203.0.113.5, nonsense", "192.0.2.1"),
        ("192.0.2.3", "192.0.2.3"),
    ],
)
def test_the_client_is_the_rightmost_that_is_no_proxy(forwarded_for, client):
    environ = seen("192.0.2.0/30", "192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded_for)
    assert environ["REMOTE_ADDR"] == client


def test_a_scheme_that_is_none_changes_nothing():
    environ = seen("unix", "", HTTP_X_FORWARDED_PROTO="https, http")
    assert environ["wsgi.url_scheme"] == "http"


def test_a_direct_phone_over_a_dual_socket_has_its_ipv4_address():
    assert seen("", "::ffff:192.0.2.7")["REMOTE_ADDR"] == "192.0.2.7"


def test_a_proxy_that_is_no_address_is_named():
    with pytest.raises(ValueError, match="PORTAL_PROXIES: “nginx” is not a network"):
        Proxies.of("127.0.0.1 nginx")


def test_what_is_no_address_is_none():
    assert [plain_address(text) for text in ("", "unknown", "_hidden", "1.2.3")] == [""] * 4
