from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from portal.audit import Actor
from portal.cli import main
from portal.users import service as users


@pytest.fixture
def run(app, session, config, monkeypatch):
    """Return a function that runs the command in an installation with the operator ann."""
    monkeypatch.setenv("PORTAL_INSTANCE", str(config.instance))
    users.create_user(session, Actor("t"), "ann", "four unrelated words", "operator")
    session.commit()
    return lambda *args: CliRunner().invoke(main, ["token", *args])


def test_token_is_made_printed_once_listed_and_revoked(run):
    made = run("add", "ann", "--name", "scanner", "--scope", "read", "--scope", "devices", "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.output)
    assert re.fullmatch(r"pat_[a-z2-7]{32}", told["token"])
    assert (told["user"], told["scopes"]) == ("ann", ["read", "devices"])
    listed = run("list", "ann", "--json")
    assert told["token"] not in listed.output
    assert json.loads(listed.output)[0]["state"] == "in force"
    assert run("revoke", str(told["id"])).output == "Revoked “scanner” of ann.\n"
    assert "revoked" in run("list").output
    assert run("revoke", str(told["id"])).exit_code == 1


def test_rules_are_those_of_the_page(run):
    refused = run("add", "ann", "--name", "x", "--scope", "profiles")
    assert refused.exit_code == 1
    assert "may do nothing of the scope “profiles”" in refused.output
    assert (
        "1 to 365 days"
        in run("add", "ann", "--name", "x", "--scope", "read", "--days", "999").output
    )
    assert "no user “bob”" in run("add", "bob", "--name", "x", "--scope", "read").output
