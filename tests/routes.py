"""Every route of the portal with an address that exists, for tests that walk over all of them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal import create_app, crypto
from portal.config import Config
from tests.browsing import hidden
from tests.world import Estate, Shared

# What a newcomer's rule needs: its argument's name, and where in the world its value is.
SHARED_VALUES = {
    "profile_id": lambda shared: shared.profile.id,
    "key": lambda shared: shared.family.key,
    "file_id": lambda shared: shared.firmware.id,
    "token_id": lambda shared: shared.token.id,
    "name": lambda shared: "portal.css",
    "authority_id": lambda shared: shared.authority.id,
    "user_id": lambda shared: shared.person.id,
    "passkey_id": lambda shared: 1,  # nobody's, as that of another tab that removed it
    "sign_in_id": lambda shared: 1,
}
OWN_VALUES = {
    "customer_id": lambda estate: estate.customer.id,
    "mac": lambda estate: estate.device.mac,
    "account_id": lambda estate: estate.used.id,
    "contact_id": lambda estate: estate.contact.id,
    "upload_id": lambda estate: estate.upload.id,
    "note_id": lambda estate: estate.note.id,
    "entry_id": lambda estate: estate.entry.id,
    "ban_id": lambda estate: estate.ban.id,
    "import_id": lambda estate: estate.waiting.id,
    "number": lambda estate: 1,
    "bulk_id": lambda estate: estate.bulk.id,
    "view_id": lambda estate: estate.view.id,
    "pin_id": lambda estate: estate.pin.id,
}
# The same by endpoint, where one of that name will not do.
OF_ENDPOINT = {
    ("devices.confirm_bulk_undo", "bulk_id"): lambda estate: estate.made_bulk.id,
    ("devices.undo_bulk_change", "bulk_id"): lambda estate: estate.made_bulk.id,
    ("labels.style", "key"): lambda estate: "70x37",
    ("imports.confirm_undo", "import_id"): lambda estate: estate.applied.id,
    ("imports.take_back", "import_id"): lambda estate: estate.applied.id,
    ("sip_accounts.delete", "account_id"): lambda estate: estate.free.id,
    **{
        (f"{feature}.{view}", "import_id"): lambda estate, key=(kind, state): estate.lists[key].id
        for feature, kind in (("sip_accounts", "accounts"), ("customers", "customers"))
        for view, state in (
            ("show_list", "waiting"),
            ("choose_for_list", "waiting"),
            ("apply_list", "waiting"),
            ("confirm_list_discard", "waiting"),
            ("discard_list", "waiting"),
            ("list_problems", "waiting"),
            ("confirm_list_undo", "applied"),
            ("undo_list", "applied"),
        )
    },
}
# What an address must ask for; without it there is nothing to show.
ARGUMENTS = {
    "labels.index": lambda estate: {"mac": estate.device.mac},
    "labels.show_sheet": lambda estate: {"mac": estate.device.mac},
    "dashboard.refusals": lambda estate: {"reason": "cannot be made"},
}
# The arguments that name something of a customer.
_ARGUMENTS_OF_CUSTOMER = {"labels.index", "labels.show_sheet"}
# What a form must say, by endpoint, to be taken for the page's own; all others are sent empty.
FORMS = {"firmware.create": {"family": "yealink"}}
# The phones' own blueprint; its views meet none of what guards the pages.
PHONES = "provision"
# The API's; tests/api/test_guard.py walks over them.
API = "api"


@functools.cache
def all_rules() -> tuple[tuple[str, str, str], ...]:
    """Return address, method and endpoint of every route."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config.load({}, instance=Path(folder))
        crypto.write_key_file(config.sealing_key_file, crypto.new_sealing_key())
        crypto.write_key_file(config.session_key_file, crypto.new_token().encode())
        rules = list(create_app(config).url_map.iter_rules())
    methods = (
        (rule.rule, method, rule.endpoint)
        for rule in rules
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    )
    return tuple(sorted(methods))


def page_rules(*methods: str) -> list[tuple[str, str, str]]:
    """Return the rules of the pages, those with one of `methods` only."""
    return [
        rule
        for rule in all_rules()
        if rule[1] in methods
        and rule[2].partition(".")[0] not in {PHONES, "static_files"}
        and not rule[2].startswith(API)
    ]


def named(rule: tuple[str, str, str]) -> str:
    """Return how pytest calls a rule."""
    return f"{rule[1]} {rule[0]}"


def rule_of(app: Flask, rule: tuple[str, str, str]) -> Rule:
    address, method, endpoint = rule
    return next(
        found
        for found in app.url_map.iter_rules(endpoint)
        if found.rule == address and method in found.methods
    )


def address_of(app: Flask, rule: tuple[str, str, str], shared: Shared, estate: Estate) -> str:
    """Return the rule's address with values of the world; fails where none is known."""
    found, values = rule_of(app, rule), {}
    for name in found.arguments - set(found.defaults or {}):
        if (rule[2], name) in OF_ENDPOINT:
            values[name] = OF_ENDPOINT[rule[2], name](estate)
        elif name in OWN_VALUES:
            values[name] = OWN_VALUES[name](estate)
        else:
            assert name in SHARED_VALUES, f"tests/routes.py has no value for <{name}> of {rule[0]}"
            values[name] = SHARED_VALUES[name](shared)
    values |= ARGUMENTS.get(rule[2], lambda _: {})(estate)
    _domain, path = found.build(values)
    return path


def is_of_customer(app: Flask, rule: tuple[str, str, str]) -> bool:
    """Does the address name something that belongs to a customer?"""
    arguments = rule_of(app, rule).arguments & set(OWN_VALUES) - {"number"}
    return bool(arguments) or rule[2] in _ARGUMENTS_OF_CUSTOMER


def ask(
    client: FlaskClient, rule: tuple[str, str, str], address: str, has_token: bool = True
) -> TestResponse:
    """Send what a page would, its fields empty."""
    if rule[1] == "GET":
        return client.get(address, buffered=True)
    data = dict(FORMS.get(rule[2], {}))
    if has_token:
        page = client.get("/password")
        page = page if page.status_code == 200 else client.get("/sign-in")
        data["csrf_token"] = hidden(page, "csrf_token")
    return client.open(
        address, method=rule[1], data=data, content_type="multipart/form-data", buffered=True
    )
