"""Configuration: where it comes from, what is refused, and that the README lists all of it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from portal.config import Config

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_environment_wins_over_the_file(tmp_path):
    (tmp_path / "config.toml").write_text('workers = 3\nbind = "127.0.0.1:1"\n')
    config = Config.load({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_WORKERS": "5"})
    assert (config.workers, config.bind) == (5, "127.0.0.1:1")


def test_an_unknown_key_is_named(tmp_path):
    (tmp_path / "config.toml").write_text("workres = 3\n")
    with pytest.raises(ValueError, match="there is no setting “workres”"):
        Config.load({"PORTAL_INSTANCE": str(tmp_path)})


def test_a_value_of_the_wrong_type_is_named(tmp_path):
    with pytest.raises(ValueError, match="PORTAL_WORKERS: “workers” is a whole number, not “many”"):
        Config.load({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_WORKERS": "many"})


def test_a_claim_is_true_or_false(tmp_path):
    told = {"PORTAL_INSTANCE": str(tmp_path), "PORTAL_ASK_CERTIFICATES": "Yes"}
    assert Config.load(told).ask_certificates is True
    (tmp_path / "config.toml").write_text("ask_certificates = false\n")
    assert Config.load({"PORTAL_INSTANCE": str(tmp_path)}).ask_certificates is False
    told["PORTAL_ASK_CERTIFICATES"] = "perhaps"
    with pytest.raises(ValueError, match="“ask_certificates” is true or false, not “perhaps”"):
        Config.load(told)


def test_the_base_url_follows_the_port_unless_it_is_given(tmp_path):
    told = {"PORTAL_INSTANCE": str(tmp_path), "PORTAL_BIND": "127.0.0.1:9000"}
    assert Config.load(told).base_url == "https://localhost:9000"
    told["PORTAL_PUBLIC_URL"] = "https://prov.example.net/"
    assert Config.load(told).base_url == "https://prov.example.net"


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({}, "off"),
        ({"PORTAL_BIND": "[::1]:9000"}, "off"),
        ({"PORTAL_BIND": "0.0.0.0:8443"}, "admins"),
        ({"PORTAL_BIND": ":8443"}, "admins"),
        ({"PORTAL_PUBLIC_URL": "https://prov.example.net"}, "admins"),
        ({"PORTAL_PUBLIC_URL": "https://localhost.example.net"}, "admins"),
        ({"PORTAL_ADMIN_URL": "https://admin.example.net"}, "admins"),
        ({"PORTAL_BIND": "unix:/run/portal.sock"}, "admins"),
        ({"PORTAL_SECOND_FACTOR": "admins"}, "admins"),
        ({"PORTAL_PUBLIC_URL": "https://prov.example.net", "PORTAL_SECOND_FACTOR": "off"}, "off"),
        ({"PORTAL_SECOND_FACTOR": "all"}, "all"),
    ],
)
def test_second_factor_is_off_for_a_local_trial_alone(tmp_path, told, rule):
    config = Config.load({"PORTAL_INSTANCE": str(tmp_path), **told})
    assert config.second_factor_rule == rule
    assert config.asks_second_factor("admin") is (rule != "off")
    assert config.asks_second_factor("viewer") is (rule == "all")


def test_second_factor_of_another_word_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match="PORTAL_SECOND_FACTOR is one of admins, all, off, not “on”"
    ):
        Config.load({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_SECOND_FACTOR": "on"})


@pytest.mark.parametrize("field", fields(Config), ids=lambda field: field.name)
def test_the_readme_lists_every_key_with_its_default(field):
    line = next((row for row in README.splitlines() if f"`PORTAL_{field.name.upper()}`" in row), "")
    assert line, f"README.md does not list PORTAL_{field.name.upper()}"
    default = field.default
    if isinstance(default, bool):
        assert str(default).lower() in line, line
    elif isinstance(default, int):
        assert f"{default}" in line, line
    elif field.name == "bind":
        assert default in line
