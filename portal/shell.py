"""What all page templates can use: functions and filters of Jinja."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from flask_wtf.csrf import generate_csrf

from portal import htmx, security, static_files
from portal.marks import version_of
from portal.values import format_mac

# Address, label, permission, icon. The first group is in sight on every page, the others are in
# the menu “More”, each under its name.
NAVIGATION = (
    (
        "",
        (
            ("/", "Dashboard", "device.view", "gauge"),
            ("/devices", "Inventory", "device.view", "phone"),
            ("/profiles", "Profiles", "profile.view", "layers"),
            ("/accounts", "Accounts", "account.view", "at"),
            ("/customers", "Customers", "customer.view", "building"),
            ("/imports", "Import", "import.run", "upload"),
        ),
    ),
    (
        "Phones",
        (
            ("/unknown-phones", "Unknown phones", "device.view", "question"),
            ("/catalogue", "Catalogue", "family.view", "book"),
            ("/firmware", "Firmware", "firmware.view", "download"),
        ),
    ),
    (
        "Portal",
        (
            ("/security", "Security", "trust.view", "lock"),
            ("/certificates", "Certificates", "certificate.view", "key"),
            ("/users", "Users", "user.manage", "user"),
            ("/audit", "Audit", "audit.view", "clock"),
            ("/settings", "Portal settings", "settings.edit", "gear"),
        ),
    ),
)


def init_app(app: Flask) -> None:
    """Give the templates of `app` their functions and filters."""
    app.jinja_env.globals.update(
        can=security.can,
        csrf_token=generate_csrf,
        navigation=NAVIGATION,
        signed_in_user=security.signed_in_user,
        static_url=static_files.static_url,
        version_of=version_of,
        waiting_toasts=htmx.waiting_toasts,
        wants_partial=htmx.wants_partial,
    )
    app.jinja_env.filters.update(mac=format_mac, when=when, when_exactly=when_exactly, ago=_ago)


def when(at: datetime | None) -> str:
    """Return a time as people read it: ``2026-02-14 13:05 UTC``; “never” for None."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at else "never"


def when_exactly(at: datetime) -> str:
    """Return a time for `<time datetime>`."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def ago(at: datetime, now: datetime) -> str:
    """Return how far `at` is from now: ``just now``, ``5 min ago``, ``12 days ago``, ``in 3 h``."""
    seconds = (now - at).total_seconds()
    far = _how_long(abs(seconds))
    if not far:
        return "just now"
    return f"{far} ago" if seconds > 0 else f"in {far}"


def _ago(at: datetime) -> str:
    return ago(at, datetime.now(UTC))


def _how_long(seconds: float) -> str:
    """Return a length of time in its largest unit with at least two of them; “” below a minute."""
    if seconds < 60:
        return ""
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h"
    days = int(seconds // 86400)
    if days < 61:
        return f"{days} days"
    return f"{days // 30} months" if days < 730 else f"{days // 365} years"
