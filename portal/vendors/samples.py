"""Believable contexts for a model, for the contract test and golden files. Pure."""

from __future__ import annotations

from dataclasses import replace

from portal.settings import line_keys
from portal.settings.catalogue import CATALOGUE
from portal.vendors.context import (
    AccountView,
    ConfigContext,
    ContactView,
    PortView,
    ProvisioningView,
)
from portal.vendors.schema import Family, Model

MAC = "02005e10f0a1"

EVERY_SETTING = {
    "sip.registrar_host": "sip.example.net",
    "sip.registrar_port": 5061,
    "sip.domain": "example.net",
    "sip.transport": "tls",
    "sip.backup_host": "sip2.example.net",
    "sip.backup_port": 5071,
    "sip.outbound_proxy_host": "sbc.example.net",
    "sip.outbound_proxy_port": 5081,
    "sip.register_expires_s": 600,
    "media.codecs": ["opus", "g722", "pcma"],
    "media.dtmf_mode": "info",
    "media.srtp": "mandatory",
    "calls.voicemail_number": "*97",
    "calls.digit_map": "(*xx|xxx.T)",
    "calls.call_waiting": False,
    "calls.auto_answer": True,
    "time.ntp_host": "ntp.example.net",
    "time.zone": "Europe/Berlin",
    "time.format_24h": False,
    "ui.language": "de",
    "ui.country_tones": "de",
    "ui.idle_text": "Example & Sons",
    "ui.backlight_idle_s": 60,
    "net.lldp": False,
    "net.vlan_id": 200,
    "net.vlan_priority": 6,
    "net.pc_vlan_id": 30,
    "net.dscp_sip": 40,
    "net.dscp_rtp": 34,
    "admin.password": "pa55-word",
    "admin.web_access": False,
    "admin.syslog_host": "log.example.net",
    "provisioning.interval_s": 7200,
    "firmware.version": "7.2.1",
    "firmware.url": "https://fw.example.net/image.bin",
    "phonebook.url": "https://pb.example.net/book.xml",
}


def bare(model: Model) -> ConfigContext:
    """No account on any port, catalogue defaults, first contact over the site address."""
    settings = CATALOGUE.defaults()
    ports = [PortView(n, settings=settings) for n in range(1, model.ports + 1)]
    return ConfigContext(
        MAC,
        model,
        settings,
        ports,
        line_keys.complete([], model.line_keys, model.modules, model.module_keys, []),
        ProvisioningView("https://portal.example.net/p/s/sitetoken/"),
    )


CONTACTS = (
    ContactView("Ångström, Anna", "101", "+491701234567", "030111"),
    ContactView("Reception", "100"),
    ContactView("“Smith” & <Sons>", "", "+447700900123"),
)


def book(model: Model, *contacts: ContactView) -> ConfigContext:
    """A phone book: nothing of a device in it."""
    return replace(bare(model), contacts=contacts, has_phonebook=bool(contacts))


def one(model: Model) -> ConfigContext:
    """One account on port 1, only the SIP server set."""
    settings = CATALOGUE.defaults() | {"sip.registrar_host": "sip.example.net"}
    account = AccountView("101", "101", "Secret-101", "Anna Ångström")
    ports = [
        PortView(n, account if n == 1 else None, settings=settings)
        for n in range(1, model.ports + 1)
    ]
    return ConfigContext(
        MAC,
        model,
        settings,
        ports,
        line_keys.complete([], model.line_keys, model.modules, model.module_keys, [1]),
        ProvisioningView("https://portal.example.net/p/t/phonetoken/", "user1", "Digest-1"),
    )


def full(family: Family, model: Model) -> ConfigContext:
    """Every port taken, every setting set, every kind of line key the family knows."""
    settings = CATALOGUE.defaults() | EVERY_SETTING
    ports = [
        PortView(
            n,
            AccountView(f"{100 + n}", f"auth{100 + n}", f"Secret-{n}", f"“{n}” <&;#> \\ %"),
            f"Desk {n}",
            settings,
        )
        for n in range(1, model.ports + 1)
    ]
    kinds = sorted(family.line_key_types - {"none"})
    keys = [
        line_keys.LineKey(n, kind, "" if kind == "line" else f"60{n}", f"Key {n} & co")
        for n, kind in enumerate(kinds, 1)
        if n <= model.line_keys
    ]
    if model.modules and kinds:
        keys.append(line_keys.LineKey(1, "blf", "701", "On module", module=1))
    return ConfigContext(
        MAC,
        model,
        settings,
        ports,
        line_keys.complete(
            keys, model.line_keys, model.modules, model.module_keys, [p.number for p in ports]
        ),
        ProvisioningView("https://portal.example.net/p/t/phonetoken/", "user1", "Digest-1"),
    )
