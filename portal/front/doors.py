"""Two front doors: administrators' pages and phones, each under its own name, or served alone.

What is not behind a door answers there as if it did not exist. The Host header opens a door and
does nothing else: no address that the portal writes is made from it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from portal.config import Config
from portal.front import answers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

STATIC = "/static/"


class Doors:
    """WSGI middleware that decides by path and name which requests reach the app."""

    def __init__(self, app: Flask, inner: WSGIApplication, config: Config) -> None:
        self._app = app
        self._inner = inner
        self._config = config

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        host = host_name(environ.get("HTTP_HOST", ""))
        if answers.is_phones(path):
            if not serves_phones(self._config, host):
                return answers.not_found(start_response)
        elif self._config.serve == "phones" or is_phones_only(self._config, host):
            return answers.not_found(start_response)
        elif not serves_admin(self._config, host) and not path.startswith(STATIC):
            return self._wrong_name(host, environ, start_response)
        return self._inner(environ, start_response)

    def _wrong_name(
        self, host: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Say which setting lets the name in; the page's styles come under any name."""
        from portal import error_pages, security

        with self._app.request_context(environ):
            response = security.finish(error_pages.answer(error_pages.WrongName(host)))
        return response(environ, start_response)


def serves_phones(config: Config, host: str) -> bool:
    """Do phones get answers under `host`?

    Phones write odd Host headers, old ones none, so a name counts only where it divides an app
    that serves both; a request without a name is no browser's.
    """
    if config.serve == "admin":
        return False
    return not (config.has_two_names and host) or host == config.phones_name


def is_phones_only(config: Config, host: str) -> bool:
    """Is `host` the phones' name, and administrators have another?"""
    return config.has_two_names and host == config.phones_name


def serves_admin(config: Config, host: str) -> bool:
    """Do administrators get pages under `host`?

    A name that nobody configured may be a stranger's who points it here to act through a
    signed-in browser. An address of digits cannot be pointed anywhere, so until a name is
    configured, these are let in: the trial works on any machine.
    """
    if config.admin_url:
        return host == config.admin_name
    if host == "localhost" or (_is_address(host) and not config.public_url):
        return True
    return _is_loopback(host) or host == config.phones_name


def host_name(header: str) -> str:
    """Return the name in a Host header in lower case, without port, brackets and final dot."""
    name = header.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_loopback
