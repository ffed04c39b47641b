"""Every form that acts on something carries its version, and a stale one changes nothing.

The walk finds the forms by itself, on all pages of a portal with something of everything in it. A
new one needs a version, or a reason in WITHOUT; a new kind of thing a line in tests/meanwhile.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from portal.extensions import db
from tests.all_forms import offer_more, pages_of
from tests.meanwhile import change
from tests.page_forms import PostForm, forms_in
from tests.routes import page_rules
from tests.stored import Snapshot, rows_in
from tests.world import World, open_world

NEW = "makes something new"
UNSAVED = "draws the page again, nothing is saved"
OWN_LOOK = "what only this person sees, as the person left it last"
ENTERING = "says who one is"

# Forms without version, and why what changed meanwhile cannot matter to them.
WITHOUT = {
    "certificates.create": NEW,
    "certificates.create_pin": NEW,
    "contacts.create": NEW,
    "contacts.preview_import": UNSAVED,
    "custom_families.create": NEW,
    "custom_families.fields": UNSAVED,
    "custom_families.preview": UNSAVED,
    "customers.create": NEW,
    "customers.upload_list": NEW,
    "dashboard.dismiss_checklist": "puts hints away for good, whatever they say",
    "devices.add_note": NEW,
    "devices.choose": "keeps a selection; its own page says what is then done with it",
    "devices.choose_columns": OWN_LOOK,
    "devices.create": NEW,
    "devices.refill_line_keys": UNSAVED,
    "devices.save_view": OWN_LOOK,
    "devices.undo": "its address names the change; what was overtaken is not taken back",
    "firmware.create": NEW,
    "imports.create": NEW,
    "profile_drafts.preview": UNSAVED,
    "profile_drafts.refill_line_keys": UNSAVED,
    "profile_drafts.refill_parameters": UNSAVED,
    "profiles.create": NEW,
    "sip_accounts.create": NEW,
    "sip_accounts.upload_list": NEW,
    "tokens.create": NEW,
    "unknown_phones.act": "ignores or lists again by id, and can be taken back the same way",
    "users.add_passkey": NEW,
    "users.change_password": "the present password has to be typed",
    "users.choose_customers": UNSAVED,
    "users.choose_customers_of_new": UNSAVED,
    "users.create": NEW,
    "users.enable_app": "makes something new, of a key that no other page has",
    "users.end_other_sign_ins": "ends all others, whichever there are",
    "users.end_sign_in": "ends that one sign-in, which never begins again",
    "users.sign_out": ENTERING,
}
# Posts that no page of somebody who is signed in has a form for.
ELSEWHERE = {
    "users.sign_in": ENTERING,
    "users.give_code": ENTERING,
    "users.give_passkey": ENTERING,
    "users.give_passkey_proof": ENTERING,
    "users.give_proof": ENTERING,
    "users.sign_in_with_passkey": ENTERING,
}
# Inputs that only help to fill a form in.
HELP = {"line_key_device", "parameter_name", "parameter_value", "preview_device", "preview_model"}
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
BOOKKEEPING = {"sign_ins": frozenset({"seen_at"})}


@dataclass(frozen=True)
class Met:
    """A form and where it was met."""

    page: str
    form: PostForm
    endpoint: str
    args: Mapping[str, Any]


@pytest.fixture(scope="module")
def world(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(blank_instance, tmp_path_factory.mktemp("stale") / "instance") as made:
        yield made


@pytest.fixture(scope="module")
def full(world: World) -> Iterator[Snapshot]:
    """The world with things in every state that offers a form."""
    with world.app.app_context():
        offer_more(db.session(), world)
    kept = Snapshot(world.file)
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def client(world: World) -> FlaskClient:
    """One browser for all of it: what its forms carry is good in no other one."""
    return world.client("admin")


@pytest.fixture(scope="module")
def met(world: World, full: Snapshot, client: FlaskClient) -> list[Met]:
    found: dict[Any, Met] = {}
    for page in pages_of(world, client):
        if page.mimetype != "text/html":
            continue
        for form in forms_in(page):
            endpoint, args = _posted_to(world, form.address)
            if endpoint in ELSEWHERE:
                continue
            key = endpoint, frozenset(form.names()), len(form.fields)
            found.setdefault(key, Met(page.request.full_path, form, endpoint, args))
    return sorted(found.values(), key=lambda one: (one.endpoint, one.page))


def test_every_form_has_its_version_or_a_reason(met: list[Met]) -> None:
    without = {one.endpoint for one in met if not one.form.data().get("version")}
    assert without - set(WITHOUT) == set(), "these need a version: shared/_confirm.html, carries()"
    reached = {one.endpoint for one in met}
    assert set(WITHOUT) - reached == set(), "no page has these forms any more"
    acting = {endpoint for endpoint, reason in WITHOUT.items() if reason != UNSAVED}
    assert acting & (reached - without) == set(), "these have a version: they need no reason"


def test_every_post_has_a_form_that_was_walked(met: list[Met]) -> None:
    reached = {one.endpoint for one in met} | set(ELSEWHERE)
    assert {rule[2] for rule in page_rules("POST")} - reached == set()


def test_a_fresh_form_is_never_taken_for_a_stale_one(
    client: FlaskClient, full: Snapshot, met: list[Met]
) -> None:
    refused = []
    for one in _versioned(met):
        full.restore()
        answer = client.post(one.form.address, data=one.form.data())
        if answer.status_code == 409:
            refused.append((one.endpoint, one.page))
    assert refused == []


@pytest.mark.parametrize("headers", [{}, HX], ids=["without script", "with HTMX"])
def test_a_stale_form_changes_nothing_and_loses_nothing(
    world: World, client: FlaskClient, full: Snapshot, met: list[Met], headers: dict[str, str]
) -> None:
    wrong = []
    for one in _versioned(met):
        full.restore()
        with world.app.app_context():
            change(db.session(), one.endpoint, one.args)
        typed = {name: f"Zwirn {number}" for number, name in enumerate(_typed(one.form))}
        before = rows_in(world.file, BOOKKEEPING)
        sent = one.form.data(**typed)
        answer = client.post(one.form.address, data=sent, headers=headers)
        after = rows_in(world.file, BOOKKEEPING)
        where = f"{one.endpoint} of {one.page}"
        if answer.status_code != 409:
            wrong.append(f"{where} answers {answer.status_code}")
        if after != before:
            wrong.append(f"{where} writes {[t for t in after if after[t] != before[t]]}")
        lost = [name for name, text in typed.items() if str(escape(text)) not in answer.text]
        if lost:
            wrong.append(f"{where} loses {lost}")
        if not any(form.data().get("version") for form in forms_in(answer)):
            wrong.append(f"{where} offers no way on")
    assert wrong == []


def _versioned(met: list[Met]) -> Iterator[Met]:
    return (one for one in met if one.endpoint not in WITHOUT)


def _typed(form: PostForm) -> list[str]:
    return [name for name in dict.fromkeys(form.typed) if name not in HELP]


def _posted_to(world: World, address: str) -> tuple[str, Mapping[str, Any]]:
    path = address.partition("?")[0]
    endpoint, args = world.app.url_map.bind("localhost").match(path, "POST")
    return str(endpoint), args
