"""The Linphone document: what a liblinphone 5.1.65 client was measured to need."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from portal.errors import CannotRender
from portal.vendors import FAMILIES, samples
from portal.vendors.context import AccountView, ConfigContext
from portal.vendors.render import Renderer

FAMILY = FAMILIES["linphone"]
MODEL = FAMILY.models["Linphone"]
SPACE = "{http://www.linphone.org/xsds/lpconfig.xsd}"


def document(context: ConfigContext) -> ElementTree.Element:
    spec, _ = FAMILY.device_file(samples.MAC, MODEL.name)
    return ElementTree.fromstring(Renderer().render(FAMILY, spec, context))


def entries(context: ConfigContext) -> dict[str, str]:
    return {
        f"{section.get('name')}/{entry.get('name')}": entry.text or ""
        for section in document(context)
        for entry in section
    }


def with_account(account: AccountView | None, **settings: object) -> ConfigContext:
    context = samples.one(MODEL)
    own = {**context.settings, **settings}
    ports = [replace(port, settings=own) for port in context.ports]
    return replace(context, settings=own, ports=[replace(ports[0], account=account), *ports[1:]])


@pytest.mark.parametrize("context", [samples.bare(MODEL), samples.full(FAMILY, MODEL)])
def test_every_entry_overwrites_and_no_value_is_padded(context):
    root = document(context)
    assert root.tag == f"{SPACE}config"
    for section in root:
        assert section.tag == f"{SPACE}section"
        for entry in section:
            assert entry.tag == f"{SPACE}entry"
            assert entry.get("overwrite") == "true"
            assert (entry.text or "") == (entry.text or "").strip()


def test_an_account_registers_with_its_server():
    account = AccountView("101", "101", "Secret-101", "Anna Ångström")
    made = entries(with_account(account, **{"sip.registrar_port": 5061, "sip.transport": "tls"}))
    assert made["proxy_0/reg_identity"] == '"Anna Ångström" <sip:101@sip.example.net>'
    assert made["proxy_0/reg_proxy"] == "<sip:sip.example.net:5061;transport=tls>"
    assert made["proxy_0/reg_sendregister"] == "1"
    assert made["sip/default_proxy"] == "0"
    assert made["auth_info_0/username"] == "101"
    assert made["auth_info_0/passwd"] == "Secret-101"
    assert made["misc/config-uri"] == "https://portal.example.net/p/t/phonetoken/linphone.xml"


def test_a_display_name_is_quoted():
    account = AccountView("101", "101", "x", 'Back\\slash "and" quote')
    made = entries(with_account(account))
    assert made["proxy_0/reg_identity"] == (
        '"Back\\\\slash \\"and\\" quote" <sip:101@sip.example.net>'
    )


def test_an_account_without_a_name_is_an_address_alone():
    made = entries(with_account(AccountView("101", "101", "x", "")))
    assert made["proxy_0/reg_identity"] == "<sip:101@sip.example.net>"


def test_stale_credentials_never_win():
    """ha1, realm and algorithm are emptied; the domain is the same whatever the server is."""
    account = AccountView("101", "auth101", "x", "")
    for host in ("sip.example.net", "2001:db8::1"):
        made = entries(with_account(account, **{"sip.registrar_host": host}))
        assert made["auth_info_0/domain"] == "portal"
        assert made["auth_info_0/userid"] == "auth101"
        assert made["auth_info_0/ha1"] == ""
        assert made["auth_info_0/realm"] == ""
        assert made["auth_info_0/algorithm"] == ""


def test_an_ipv6_server_stands_in_brackets():
    account = AccountView("101", "101", "x", "")
    made = entries(with_account(account, **{"sip.registrar_host": "2001:db8::1"}))
    assert made["proxy_0/reg_identity"] == "<sip:101@[2001:db8::1]>"
    assert made["proxy_0/reg_proxy"] == "<sip:[2001:db8::1];transport=udp>"


@pytest.mark.parametrize(
    "context",
    [
        with_account(None),
        with_account(AccountView("1", "1", "x", ""), **{"sip.registrar_host": None}),
    ],
    ids=["no account", "no server"],
)
def test_a_line_that_cannot_register_is_blank_and_off(context):
    made = entries(context)
    assert made.pop("proxy_0/reg_sendregister") == "0"
    own = {k: v for k, v in made.items() if k.startswith(("proxy_0/", "auth_info_0/"))}
    assert len(own) == 13
    assert set(own.values()) == {""}


def test_a_password_with_a_blank_at_its_end_is_refused():
    with pytest.raises(CannotRender, match="auth_info_0/passwd: a value cannot begin or end"):
        document(with_account(AccountView("101", "101", "x ", "")))


def test_codecs_stand_in_their_order_and_the_others_are_off():
    account = AccountView("101", "101", "x", "")
    made = entries(with_account(account, **{"media.codecs": ["pcma", "opus"]}))
    assert [made[f"audio_codec_{n}/mime"] for n in range(3)] == ["PCMA", "opus", "G722"]
    assert [made[f"audio_codec_{n}/enabled"] for n in range(9)] == ["1", "1", *["0"] * 7]
