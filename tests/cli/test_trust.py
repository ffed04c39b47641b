"""Trust from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from portal.cli import main
from portal.devices import setup_service
from portal.models import Ban
from tests.factories import make_customer, make_device

MAC = "80:5e:c0:d5:7d:72"


@pytest.fixture
def run(session, config, sealer, monkeypatch):
    monkeypatch.setenv("PORTAL_INSTANCE", str(config.instance))
    customer = make_customer(session, "Acme", ("192.0.2.0/24",))
    setup_service.ensure_proofs(make_device(session, MAC, "T31G", customer), sealer)
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    session.add(
        Ban(scope="address", key="203.0.113.5", since_at=now, until_at=now + hour, reason="10 MACs")
    )
    session.commit()

    def invoke(*arguments):
        session.rollback()
        answer = CliRunner().invoke(main, [*arguments, "--json"])
        return answer.exit_code, json.loads(answer.output)

    return invoke


def test_a_device_is_locked_rotated_and_unlocked(run):
    assert run("device", "rotate", MAC)[0] == 0
    assert "not used the new proofs" in run("device", "rotate", MAC)[1]["error"]
    assert run("device", "lock", MAC, "--reason", "stolen") == (
        0,
        {"mac": "805ec0d57d72", "locked": True},
    )
    assert "locked already" in run("device", "lock", MAC, "--reason", "stolen")[1]["error"]
    assert run("device", "unlock", MAC, "--same-phone")[0] == 0
    assert "is not locked" in run("device", "unlock", MAC)[1]["error"]


def test_a_trust_level_is_lowered_for_some_days(run):
    code, told = run("customer", "trust", "acme", "lan", "--days", "7")
    assert (code, told["level"]) == (0, "lan")
    assert (
        "Only a lowered level"
        in run("customer", "trust", "acme", "strict", "--days", "7")[1]["error"]
    )
    assert "There is no customer" in run("customer", "trust", "nobody", "lan")[1]["error"]


def test_a_ban_is_listed_and_lifted(run):
    (ban,) = run("ban", "list")[1]
    assert ban["key"] == "203.0.113.5"
    assert run("ban", "lift", str(ban["id"]))[0] == 0
    assert run("ban", "list")[1] == []
    assert "There is no ban" in run("ban", "lift", "99")[1]["error"]
