"""Every route, found in the URL map: who may use it, what it refuses, what its answers carry.

A newcomer needs nothing but values for new arguments of its address, in tests/routes.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from portal.security import HEADERS, OPERATOR, PERMISSIONS, PUBLIC, ROLES, VIEWER
from tests.routes import PHONES, address_of, all_rules, ask, is_of_customer, named, page_rules
from tests.stored import unchanged
from tests.world import World, open_world

# What signing in and being here leave behind, and nobody's business.
BOOKKEEPING: dict[str, frozenset[str]] = {}
# Lists that are taken away are noted; all else of a GET is reading.
NOTED = {
    "audit.export",
    "customers.export",
    "devices.export",
    "devices.export_selection",
    "sip_accounts.export",
    "unknown_phones.export",
}
# A list that waits may be discarded by who uploaded it, and by administrators; it is `limited`'s.
OF_UPLOADER = {("imports.discard", "operator"), ("imports.confirm_discard", "operator")}
# A token may be revoked by its user and by administrators; it is `admin`'s.
OF_OWNER = {
    (endpoint, who)
    for endpoint in ("tokens.ask_revoke", "tokens.revoke")
    for who in ("viewer", "operator", "limited", "limited_viewer")
}
# What `limited` selected or saved is not there for other limited users: it may name customers that
# they do not see.
OF_OTHERS = {
    ("devices.export_selection", "limited_viewer"),
    ("devices.delete_view", "limited_viewer"),
}
# Who acts as which role.
PEOPLE = {**dict(zip(ROLES, ROLES, strict=True)), "limited": OPERATOR, "limited_viewer": VIEWER}
# Answers of allowed users to an empty form: it is shown again, or something is done.
FINE = {200, 204, 302, 303, 409, 422}


@pytest.fixture(scope="module")
def world(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(blank_instance, tmp_path_factory.mktemp("routes") / "instance") as made:
        yield made


@pytest.fixture(autouse=True)
def _as_made(world: World) -> None:
    world.full.restore()


def permission_of(world: World, rule: tuple[str, str, str]) -> str:
    return world.app.view_functions[rule[2]]._permission


def check_headers(answer: TestResponse) -> None:
    for name, text in HEADERS.items():
        assert answer.headers.get(name) == text, name


@pytest.mark.parametrize("rule", page_rules("GET", "POST", "PUT", "PATCH", "DELETE"), ids=named)
def test_each_role_may_do_what_its_permission_says_and_no_more(world, rule):
    permission = permission_of(world, rule)
    address = address_of(world.app, rule, world.shared, world.mine)
    for who, role in PEOPLE.items():
        world.full.restore()
        answer = ask(world.client(who), rule, address)
        may = permission == PUBLIC or role in PERMISSIONS[permission]
        expected = FINE if may and (rule[2], who) not in OF_UPLOADER | OF_OWNER else {403}
        if (rule[2], who) in OF_OTHERS:
            expected = {404}
        assert answer.status_code in expected, f"{who}: {answer.status_code}"
        check_headers(answer)


@pytest.mark.parametrize("rule", page_rules("GET", "POST", "PUT", "PATCH", "DELETE"), ids=named)
def test_strangers_are_asked_to_sign_in(world, rule):
    address = address_of(world.app, rule, world.shared, world.mine)
    with unchanged(world.file):
        answer = ask(world.client("nobody"), rule, address)
    if permission_of(world, rule) == PUBLIC:
        assert answer.status_code in FINE
    elif rule[1] == "GET":
        assert answer.status_code == 303
        assert answer.location.startswith("/sign-in?next=")
    else:
        assert answer.status_code == 401
    check_headers(answer)


@pytest.mark.parametrize("rule", page_rules("GET", "POST", "PUT", "PATCH", "DELETE"), ids=named)
def test_operator_of_another_customer_finds_nothing(world, rule):
    if not is_of_customer(world.app, rule):
        return
    address = address_of(world.app, rule, world.shared, world.theirs)
    for who in ("limited", "limited_viewer"):
        with unchanged(world.file, BOOKKEEPING):
            answer = ask(world.client(who), rule, address)
        assert answer.status_code in {403, 404}, f"{who}: {answer.status_code}"
        check_headers(answer)


@pytest.mark.parametrize("rule", page_rules("POST", "PUT", "PATCH", "DELETE"), ids=named)
def test_form_without_the_pages_token_changes_nothing(world, rule):
    address = address_of(world.app, rule, world.shared, world.mine)
    for who in ("admin", "nobody"):
        with unchanged(world.file, BOOKKEEPING):
            answer = ask(world.client(who), rule, address, has_token=False)
        assert answer.status_code == 400
        assert "This page is too old" in answer.text
        check_headers(answer)


@pytest.mark.parametrize("rule", page_rules("GET"), ids=named)
def test_reading_changes_nothing(world, rule):
    address = address_of(world.app, rule, world.shared, world.mine)
    noted = {"audit_entries": frozenset("*")} if rule[2] in NOTED else {}
    with unchanged(world.file, BOOKKEEPING | noted):
        assert ask(world.client("admin"), rule, address).status_code in FINE


@pytest.mark.parametrize("rule", [r for r in all_rules() if r[2].startswith(PHONES)], ids=named)
def test_phones_meet_no_cookie_no_page_and_no_redirect(world, rule):
    for client in (world.client("admin"), world.client("nobody")):
        path = rule[0].replace("<rest:path>", "805ec0100000.cfg").replace("<token>", "a" * 43)
        answer = client.open(path, method=rule[1], buffered=True)
        assert answer.status_code in {401, 404}
        assert "Set-Cookie" not in answer.headers
        assert "text/html" not in answer.content_type
        assert "Location" not in answer.headers


@pytest.mark.parametrize("rule", [r for r in page_rules("GET") if "<int:" in r[0]], ids=named)
def test_number_that_no_row_can_have_is_not_found(world, rule):
    address = re.sub("<int:[a-z_]+>", str(2**31), rule[0]).replace("<mac>", world.mine.device.mac)
    assert world.client("admin").get(address).status_code == 404


def test_static_files_set_no_cookie(world):
    answer = world.client("admin").get("/static/portal.css", buffered=True)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_sample_values_are_used(world):
    """A rule that went away takes its values along."""
    from tests.routes import ARGUMENTS, OF_ENDPOINT, OWN_VALUES, SHARED_VALUES

    arguments = {name for rule in world.app.url_map.iter_rules() for name in rule.arguments}
    assert {*OWN_VALUES, *SHARED_VALUES} <= arguments
    endpoints = {*ARGUMENTS, *(endpoint for endpoint, _ in OF_ENDPOINT)}
    assert endpoints <= set(world.app.view_functions)
