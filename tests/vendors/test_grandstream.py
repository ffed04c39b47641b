"""The two dialects of Grandstream, and the numbers of accounts that no golden file shows."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from portal.errors import CannotRender
from portal.vendors import FAMILIES, samples
from portal.vendors.context import ConfigContext
from portal.vendors.render import Renderer
from tests.vendors import golden
from tests.vendors.test_contract import with_setting

FAMILY = FAMILIES["grandstream"]
SPEC, _ = FAMILY.device_file(samples.MAC, "GXP1405")
# Settings that these forms cannot be told, beside those that the whole family ignores.
PHONE = {"ui.backlight_idle_s", "admin.web_access"}
ADAPTER = {
    *PHONE, "net.pc_vlan_id", "time.format_24h", "ui.language", "calls.voicemail_number",
    "calls.auto_answer", "phonebook.url",
}  # fmt: skip


def text(context: ConfigContext) -> str:
    return Renderer().render(FAMILY, SPEC, context).decode()


def parameters(context: ConfigContext) -> dict[str, str]:
    return Renderer().parameters(FAMILY, SPEC, context)


def full(model: str) -> ConfigContext:
    return samples.full(FAMILY, FAMILY.models[model])


@pytest.mark.parametrize(
    ("model", "version", "line"),
    [
        ("GXP1405", "1", "<P35>101</P35>"),
        ("GRP2614", "2", '<item name="account.1.sip.userid">101</item>'),
    ],
)
def test_each_model_gets_its_dialect(model, version, line):
    made = text(full(model))
    assert ElementTree.fromstring(made.encode()).find("config").get("version") == version
    assert line in made


def test_a_raw_parameter_of_the_other_dialect_is_refused():
    with pytest.raises(CannotRender, match="P271: this model's file holds names such as"):
        text(replace(full("GRP2614"), parameters={"P271": "1"}))
    with pytest.raises(CannotRender, match=r"account.1.enable: this model's file holds P-values"):
        text(replace(full("GXP1405"), parameters={"account.1.enable": "Yes"}))


def test_the_accounts_of_a_phone_have_the_numbers_of_the_vendors_template():
    made = parameters(full("GXV3370"))
    users = [made[f"P{n}"] for n in (35, 404, 504, 604, 1704, 1804, 50604, 50704, 51504)]
    assert users == ["101", "102", "103", "104", "105", "106", "107", "108", "116"]
    passwords = [made[f"P{n}"] for n in (34, 406, 506, 606, 1706, 1806, 50606, 51506)]
    assert passwords == [f"Secret-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 16)]


def test_the_ports_of_a_gateway_have_the_numbers_of_the_vendors_template():
    made = parameters(full("GXW4248"))
    users = {1: 4060, 30: 4089, 31: 4240, 32: 4241, 33: 21000, 48: 21015}
    assert {n: made[f"P{p}"] for n, p in users.items()} == {n: f"{100 + n}" for n in users}
    passwords = {1: 4120, 30: 4149, 31: 4244, 32: 4245, 33: 21128, 48: 21143}
    assert {n: made[f"P{p}"] for n, p in passwords.items()} == {n: f"Secret-{n}" for n in passwords}
    names = {1: 4180, 20: 4199, 21: 4252, 32: 4263, 33: 21192, 48: 21207}
    assert {n: made[f"P{p}"][1:-1].partition("”")[0] for n, p in names.items()} == {
        n: str(n) for n in names
    }
    assert made["P4595"] == made["P4626"] == made["P21399"] == "1"


def test_the_second_port_of_an_adapter_has_a_profile_of_its_own():
    made = parameters(full("HT802"))
    assert (made["P735"], made["P736"], made["P734"]) == ("102", "auth102", "Secret-2")
    assert made["P747"] == "example.net:5061"


@pytest.mark.parametrize("model", ["GXP1405", "HT802", "GXW4008"])
def test_a_free_port_leaves_no_credentials_behind(model):
    context = full(model)
    before = parameters(context)
    freed = [replace(port, account=None, label="") for port in context.ports]
    after = parameters(replace(context, ports=freed))
    held = [n for n, v in before.items() if v.startswith(("Secret-", "auth1"))]
    assert len(held) == 2 * len(context.ports)
    assert {after[name] for name in held} == {""}


@pytest.mark.parametrize(
    ("model", "silent"), [("GXP1405", PHONE), ("HT802", ADAPTER), ("GXW4008", ADAPTER)]
)
def test_every_setting_reaches_the_p_values_too(model, silent):
    context = full(model)
    plain = parameters(context)
    unheard = {
        key
        for key in context.settings.keys() - golden.ELSEWHERE
        if parameters(with_setting(context, key, None)) == plain and key not in FAMILY.ignores
    }
    # Not set is “off” to both of these; their other values show.
    assert unheard - {"calls.voicemail_number"} == silent - {"calls.voicemail_number"}


def test_a_registration_is_asked_for_in_minutes():
    context = with_setting(full("GRP2614"), "sip.register_expires_s", 3600)
    assert parameters(context)["account.1.sip.registerExpiration"] == "60"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Berlin", "STD-1DST-2,M3.5.0/2,M10.5.0/3"),
        ("America/New_York", "STD+5DST+4,M3.2.0/2,M11.1.0/2"),
        ("America/Sao_Paulo", "STD+3"),
        ("Asia/Kolkata", "STD-5:30"),
        ("UTC", "STD+0"),
    ],
)
def test_a_zone_is_told_without_names_in_angle_brackets(zone, told):
    context = with_setting(full("GRP2614"), "time.zone", zone)
    assert parameters(context)["dateTime.timezone.custom"] == told


def test_an_android_phone_is_told_the_zones_name():
    assert parameters(full("GXV3370"))["P64"] == "Europe/Berlin"


def test_keys_beside_the_screen_count_from_one_and_name_accounts():
    made = parameters(full("GRP2614"))
    assert made["pks.vpk.16.keyMode"] == "None"
    assert made["pks.mpk.1.account"] == "Account1"
    assert "pks.vpk.17.keyMode" not in made


@pytest.mark.parametrize(
    ("domain", "proxy", "server", "outbound"),
    [
        (None, None, "sip.example.net:5061", ""),
        ("example.net", None, "example.net", "sip.example.net:5061"),
        ("example.net", "sbc.example.net", "example.net:5061", "sbc.example.net:5081"),
    ],
)
def test_a_domain_of_its_own_makes_the_server_a_proxy(domain, proxy, server, outbound):
    context = with_setting(full("GRP2614"), "sip.domain", domain)
    made = parameters(with_setting(context, "sip.outbound_proxy_host", proxy))
    assert made["account.1.sip.server.1.address"] == server
    assert made["account.1.sip.outboundProxy.1.address"] == outbound
