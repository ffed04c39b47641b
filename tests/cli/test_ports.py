"""`portal port fill` and `portal device replace`."""

from __future__ import annotations

from tests.cli.test_commands import MAC, phone, portal  # noqa: F401 - fixtures

NEW = "00:15:65:aa:bb:dd"


def accounts_of(portal, mac):  # noqa: F811
    told = portal("device", "show", mac)["ports"]
    return {port["number"]: port["account"] for port in told if port["account"]}


def test_ports_are_filled_and_missing_accounts_made(phone):  # noqa: F811
    tried = phone("port", "fill", MAC, "1-3", "101-103", "--create", "--dry-run")
    assert [p["outcome"] for p in tried["ports"]] == ["same", "create", "create"]
    assert accounts_of(phone, MAC) == {1: "101"}
    refused = phone("port", "fill", MAC, "1-3", "101-103", raw=True)
    assert refused.exit_code == 1
    assert "Port 2: There is no account 102 of Acme" in refused.stderr
    phone("port", "fill", MAC, "1-3", "101-103", "--create")
    assert accounts_of(phone, MAC) == {1: "101", 2: "102", 3: "103"}


def test_a_device_is_replaced(phone):  # noqa: F811
    tried = phone("device", "replace", MAC, NEW, "--model", "T31G", "--dry-run")
    assert (tried["model"], tried["lost"]) == ("T31G", [])
    said = phone("device", "replace", MAC, NEW, "--model", "T31G", raw=True).stdout
    assert "Replaced 00:15:65:AA:BB:CC by 00:15:65:AA:BB:DD, T31G." in said
    assert accounts_of(phone, NEW) == {1: "101"}
    assert phone("device", "show", MAC)["state"] == "retired"
