"""The `portal` command: every command, in words and in JSON, and one sentence on error."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from portal.cli import main

LISTS = Path(__file__).parent.parent / "imports" / "lists"
MAC = "00:15:65:aa:bb:cc"


@pytest.fixture
def portal(blank_instance, tmp_path):
    """Run a command on a fresh installation; returns its JSON, or its result with raw=True."""
    folder = tmp_path / "instance"
    shutil.copytree(blank_instance, folder)

    def run(*arguments, raw=False, stdin=None):
        environ = {"PORTAL_INSTANCE": str(folder), "PORTAL_BIND": "127.0.0.1:9999"}
        words = [*arguments] if raw else [*arguments, "--json"]
        result = CliRunner().invoke(main, words, env=environ, input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result if raw else json.loads(result.stdout)

    return run


@pytest.fixture
def phone(portal):
    portal("customer", "add", "Acme", "--network", "192.0.2.0/24")
    portal("profile", "add", "Office", "--set", "sip.registrar_host=sip.example.net")
    portal("account", "add", "101", "--customer", "Acme", "--password-stdin", stdin="Pa55-word\n")
    portal("device", "add", MAC, "--model", "T46U", "--customer", "acme", "--profile", "office")
    portal("port", "assign", MAC, "1", "101")
    return portal


def test_init_makes_an_installation_once(tmp_path):
    folder = tmp_path / "new"
    environ = {"PORTAL_INSTANCE": str(folder)}
    first = json.loads(CliRunner().invoke(main, ["init", "--json"], env=environ).stdout)
    assert first["administrator"] == "admin"
    assert len(first["password"]) == 20
    kept = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and "sqlite" not in p.name}
    second = json.loads(CliRunner().invoke(main, ["init", "--json"], env=environ).stdout)
    assert second["password"] is None
    assert {p: p.read_bytes() for p in kept} == kept
    for name in ("keys/sealing.key", "keys/session.key", "tls/key.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_the_certificate_is_for_localhost(tmp_path):
    from cryptography import x509

    environ = {"PORTAL_INSTANCE": str(tmp_path), "PORTAL_PUBLIC_URL": "https://prov.example.net"}
    CliRunner().invoke(main, ["init"], env=environ)
    certificate = x509.load_pem_x509_certificate((tmp_path / "tls" / "cert.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"localhost", "prov.example.net"}


def test_a_device_from_nothing_to_its_file(phone):
    shown = phone("device", "show", MAC)
    assert (shown["customer"], shown["profile"], shown["state"]) == ("Acme", "Office", "assigned")
    assert shown["ports"][0] == {"number": 1, "account": "101", "label": ""}
    masked = phone("render", MAC)["content"]
    assert "account.1.sip_server.1.address = sip.example.net" in masked
    assert "Pa55-word" not in masked
    clear = phone("render", MAC, "001565aabbcc.cfg", "--show-secrets")["content"]
    assert "account.1.password = Pa55-word" in clear


def test_the_addresses_of_a_device_stay_the_same(phone):
    addresses = phone("device", "url", MAC)
    assert addresses["site"].startswith("https://localhost:9999/p/s/")
    assert addresses["own"].startswith("https://localhost:9999/p/t/")
    assert phone("device", "url", MAC) == addresses


def test_a_profile_changes_as_a_draft_until_it_is_published(phone):
    saved = phone("profile", "set", "Office", "sip.registrar_host=sip2.example.net")
    assert saved["published"] is False
    assert "sip2" not in phone("render", MAC)["content"]
    published = phone("profile", "set", "Office", "--publish")
    assert (published["version"], published["devices"]) == (2, 1)
    assert "sip2.example.net" in phone("render", MAC)["content"]


def test_a_profile_is_published_for_a_time_to_come_and_withdrawn(phone):
    later = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    phone("profile", "set", "Office", "sip.transport=tls", "--publish", "--at", later)
    assert phone("profile", "withdraw", "Office") == {"name": "Office", "version": 2}
    assert phone("profile", "set", "Office", "--publish")["version"] == 2


def test_a_raw_parameter_replaces_the_templates_line(phone):
    phone("profile", "add", "Yealinks", "--family", "yealink")
    phone("profile", "set", "Yealinks", "--raw", "account.1.auto_answer=1", "--publish")
    phone("device", "add", "805ec0000001", "--model", "T31G", "--profile", "Yealinks")
    lines = phone("render", "805ec0000001")["content"].splitlines()
    assert [line for line in lines if "account.1.auto_answer" in line] == [
        "account.1.auto_answer = 1"
    ]


def test_a_port_is_released(phone):
    phone("port", "release", MAC, "1")
    assert phone("device", "show", MAC)["ports"][0]["account"] is None


def test_an_account_on_two_phones_is_allowed_with_a_notice(phone):
    phone("device", "add", "805ec0000001", "--model", "T31G", "--customer", "Acme")
    said = phone("port", "assign", "805ec0000001", "2", "101")
    assert said["notices"] == ["101 is also on 00:15:65:AA:BB:CC, port 1: both phones will ring"]


def test_a_window_is_opened(phone):
    assert phone("device", "open-window", MAC, "--minutes", "5")["mac"] == "001565aabbcc"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["device", "add", "x", "--model", "T46U"], "“x” is not a MAC address"),
        (["device", "add", MAC, "--model", "T46U"], "is in the inventory already: Yealink T46U"),
        (["device", "add", "805ec0000009", "--model", "T46X"], "did you mean T46"),
        (
            ["device", "add", "805ec0000009", "--model", "T31G", "--profile", "Nope"],
            "There is no profile “Nope”",
        ),
        (["device", "show", "805ec0000009"], "There is no device"),
        (["port", "assign", MAC, "17", "101"], "T46U has 16 ports, there is no port 17"),
        (["port", "assign", MAC, "2", "999"], "There is no SIP account “999”"),
        (["profile", "set", "Office", "sip.transport=sctp"], "is none of udp, tcp, tls"),
        (["profile", "set", "Office", "sip.registrar=x"], "did you mean sip.registrar"),
        (["profile", "set", "Office", "--raw", "a=b"], "choose the profile's family first"),
        (["profile", "set", "Office", "nonsense"], "is not KEY=VALUE"),
        (["profile", "add", "Office"], "There is a profile “Office” already"),
        (["profile", "add", "X", "--family", "nokia"], "There is no family “nokia”"),
        (["customer", "add", "ACME"], "There is a customer “ACME” already"),
        (["customer", "add", "B", "--network", "10.0.0.0/99"], "is not a network"),
        (["account", "add", "a b"], "is not a SIP user name"),
        (["account", "add", "101", "--customer", "Acme"], "There is an account 101 of Acme"),
        (["account", "add", "7", "--display-name", "a\nb"], "single line"),
        (["render", MAC, "nonsense.cfg"], "has no file “nonsense.cfg”"),
        (["import", "nowhere.xlsx"], "cannot be read"),
        (["device", "open-window", MAC, "--minutes", "0"], "1 to 10080 minutes"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(phone, words, sentence):
    result = phone(*words, raw=True)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert sentence in phone(*words)["error"]


def test_a_profile_of_another_family_is_refused(phone):
    phone("profile", "add", "Snoms", "--family", "snom")
    words = ("device", "add", "805ec0000009", "--model", "T31G", "--profile", "Snoms")
    assert "Profile Snoms is for Snom" in phone(*words)["error"]


def test_a_list_is_imported_once(portal):
    first = portal("import", str(LISTS / "01_plain_list.xlsx"))
    assert first["summary"]["new"] == 12
    again = portal("import", str(LISTS / "01_plain_list.xlsx"))
    assert (again["summary"]["new"], again["summary"]["unchanged"]) == (0, 12)


def test_a_dry_run_stores_nothing(portal):
    portal("import", str(LISTS / "01_plain_list.xlsx"), "--dry-run")
    assert portal("import", str(LISTS / "01_plain_list.xlsx"))["summary"]["new"] == 12


@pytest.mark.parametrize(
    ("name", "code"), [("01_plain_list.xlsx", 0), ("03_addresses_as_numbers.xlsx", 1)]
)
def test_an_import_tells_by_its_exit_code(portal, name, code):
    assert portal("import", str(LISTS / name), raw=True).exit_code == code


def test_a_file_that_is_no_list_is_refused(portal, tmp_path):
    picture = tmp_path / "picture.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    result = portal("import", str(picture), raw=True)
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 1


def test_users_get_a_one_time_password(portal):
    added = portal("user", "add", "alex", "--role", "operator")
    assert portal("user", "reset-password", "alex")["password"] != added["password"]


def test_the_demo_goes_into_an_empty_portal_only_and_has_phones_in_trouble(portal, tmp_path):
    from portal import create_app
    from portal.config import Config
    from portal.devices import lists
    from portal.devices.filters import Filters
    from portal.extensions import db
    from portal.models import AuditEntry, Device

    assert portal("demo")["devices"] == 18
    assert "only into an empty portal" in portal("demo")["error"]
    app = create_app(Config.load({}, instance=tmp_path / "instance"))
    with app.app_context():
        session = db.session()
        for status in ("ok", "pending", "late", "refused", "locked", "waiting"):
            assert lists.all_ids(session, Filters(status=status)), status
        for device in session.scalars(select(Device)):
            told = select(func.max(AuditEntry.at)).where(
                AuditEntry.object_type == "device", AuditEntry.object_id == device.id
            )
            assert session.scalar(told) == device.changed_at, device.mac


def test_a_list_is_imported_with_a_saved_mapping(portal, tmp_path):
    from portal import create_app
    from portal.config import Config
    from portal.extensions import db
    from portal.models import ColumnMapping

    app = create_app(Config.load({}, instance=tmp_path / "instance"))
    with app.app_context():
        columns = {"mac": ["B", "Code"], "model": ["A", "Thing"]}
        mapping = ColumnMapping(fingerprint="x", name="Acme", columns=columns, chosen_by="root")
        db.session.add(mapping)
        db.session.commit()
        db.engine.dispose()
    file = tmp_path / "list.csv"
    file.write_text("Thing;Code;Other\nT46U;001565aabb01;001565aabb02\n")
    assert portal("import", str(file), "--mapping", "Acme", "--dry-run")["rows"][0]["mac"] == (
        "001565aabb01"
    )
    by_hand = portal("import", str(file), "--mapping", "Acme", "--map", "C=mac")
    assert by_hand["rows"][0]["mac"] == "001565aabb02"
    unknown = portal("import", str(file), "--mapping", "Nobody", raw=True)
    assert unknown.exit_code == 1
    assert "There is no mapping" in unknown.output
    file.write_text("Note\nsomething else\n")
    assert "does not fit" in portal("import", str(file), "--mapping", "Acme", raw=True).output


def test_user_is_limited_to_customers_and_freed(portal):
    for name in ("Acme", "Beta"):
        portal("customer", "add", name)
    portal("user", "add", "anna", "--role", "operator")
    told = portal("user", "limit", "anna", "--customer", "beta", "--customer", "acme")
    assert told == {"name": "anna", "customers": ["Acme", "Beta"]}
    raw = portal("user", "limit", "anna", "--none", raw=True)
    assert raw.stdout == "anna sees all customers\n"
    for wrong in ([], ["--none", "--customer", "Acme"], ["--customer", "Nobody"]):
        assert portal("user", "limit", "anna", *wrong, raw=True).exit_code == 1


def test_users_are_listed_kept_out_and_let_in(portal):
    portal("user", "add", "alex", "--role", "operator")
    assert portal("user", "disable", "alex") == {"name": "alex", "enabled": False}
    listed = {row["name"]: row for row in portal("user", "list")}
    assert listed["alex"] == {
        "name": "alex",
        "role": "operator",
        "enabled": False,
        "authenticator_app": False,
        "passkeys": 0,
        "single_sign_on": False,
        "signed_in": 0,
        "last_sign_in_at": None,
    }
    assert portal("user", "enable", "ALEX")["enabled"] is True
    assert "alex" in portal("user", "list", raw=True).stdout
    assert portal("user", "set-role", "alex", "viewer")["role"] == "viewer"


def test_second_factors_are_reset(portal):
    portal("user", "add", "alex", "--role", "operator")
    assert portal("user", "reset-second-factor", "alex") == {"name": "alex"}
    refused = portal("user", "unlink", "alex", raw=True)
    assert refused.exit_code == 1
    assert refused.stderr == "Error: alex never signed in by single sign-on\n"


def test_the_last_administrator_is_not_disabled(portal):
    refused = portal("user", "disable", "root", raw=True)
    assert refused.exit_code == 1
    assert "root is the only administrator who can sign in" in refused.stderr
