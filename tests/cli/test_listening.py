from __future__ import annotations

import socket

import pytest

from portal.cli import listening
from portal.cli.setup import names_of
from portal.config import Config


def problem(**told: str) -> str | None:
    return listening.problem(Config(**told))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"bind": "0.0.0.0:0", "tls": "off"}, "PORTAL_TLS=off would send passwords in the clear"),
        ({"bind": "[::]:0", "tls": "off"}, "PORTAL_TLS=off would send passwords in the clear"),
        ({"bind": "portal.test:80", "tls": "off"}, "in the clear on portal.test:80"),
        ({"bind": "unix:/tmp/x.sock"}, "Nobody speaks TLS over a unix socket: set PORTAL_TLS=off"),
        ({"bind": "unix:/tmp/x.sock", "tls": "off"}, "set PORTAL_PROXIES=unix"),
        ({"bind": "unix:/no/x.sock", "tls": "off", "proxies": "unix"}, "Cannot make a socket in"),
        ({"bind": "8443"}, None),
        ({"bind": "127.0.0.1:http"}, "PORTAL_BIND is host:port or unix:PATH"),
        ({"proxies": "nginx"}, "PORTAL_PROXIES: “nginx” is not a network"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_sentence(told, sentence):
    said = problem(**told)
    if sentence is None:
        assert said is None
    else:
        assert said is not None
        assert sentence in said


@pytest.mark.parametrize(
    "told",
    [
        {"bind": "127.0.0.1:0"},
        {"bind": "127.0.0.1:0", "tls": "off"},
        {"bind": "[::1]:0", "tls": "off"},
        {"bind": "localhost:0", "tls": "off"},
        {"bind": "unix:/tmp/x.sock", "tls": "off", "proxies": "unix"},
        {"bind": "0.0.0.0:0"},
    ],
)
def test_what_can_be_served_is(told):
    assert problem(**told) is None


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        assert problem(bind=bind) == (
            f"Cannot listen on {bind}: Address already in use. Name another with PORTAL_BIND."
        )


def test_gunicorn_ends_tls_only_where_it_is_on():
    assert "--certfile" in listening.gunicorn_options(Config())
    options = listening.gunicorn_options(Config(bind="unix:/tmp/x", tls="off"))
    assert "--certfile" not in options
    assert options[options.index("--umask") + 1] == "007"


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({}, "The portal is on https://127.0.0.1:8443"),
        ({"serve": "phones", "tls": "off"}, "The phones' files are on http://127.0.0.1:8443"),
        ({"serve": "admin", "bind": "unix:/x", "tls": "off"}, "The pages are on unix:/x"),
    ],
)
def test_who_starts_it_is_told_what_is_served(told, text):
    assert listening.what_is_served(Config(**told)).startswith(text)


def test_the_self_signed_certificate_is_for_both_names():
    config = Config(public_url="https://p.test", admin_url="https://a.test:8443")
    assert names_of(config) == ["p.test", "a.test", "localhost", "127.0.0.1", "::1"]
    assert names_of(Config()) == ["localhost", "127.0.0.1", "::1"]
