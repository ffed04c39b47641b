"""What a DHCP server is told, as text; the syntax is that of the servers' manuals."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from portal.customers.dhcp import snippets

ADDRESS = "https://phones.example.net/p/s/token/"
ODD = "https://x.example/a\"b\\c,d'e$f/"


def text_for(key: str, address: str = ADDRESS) -> str:
    return next(one.text for one in snippets(address) if one.key == key)


def test_dnsmasq_is_told_both_options_as_quoted_texts():
    assert text_for("dnsmasq") == (
        'dhcp-option=option:tftp-server,"https://phones.example.net/p/s/token/"\n'
        'dhcp-option=160,"https://phones.example.net/p/s/token/"\n'
    )
    assert text_for("dnsmasq", ODD).startswith(
        'dhcp-option=option:tftp-server,"https://x.example/a\\"b\\\\c,d\'e$f/"\n'
    )


def test_kea_is_told_in_json_that_option_160_is_a_string():
    told = json.loads(text_for("kea"))["Dhcp4"]
    assert told["option-def"] == [
        {"name": "phones-server", "code": 160, "space": "dhcp4", "type": "string"}
    ]
    assert told["option-data"] == [
        {"name": "tftp-server-name", "data": ADDRESS},
        {"name": "phones-server", "data": ADDRESS},
    ]
    odd = json.loads(text_for("kea", ODD))["Dhcp4"]["option-data"][0]["data"]
    assert odd == "https://x.example/a\"b\\c\\,d'e$f/"


def test_dhcpd_declares_option_160_before_it_is_used():
    assert text_for("dhcpd") == (
        "option phones-server code 160 = text;\n"
        'option tftp-server-name "https://phones.example.net/p/s/token/";\n'
        'option phones-server "https://phones.example.net/p/s/token/";\n'
    )
    assert 'name "https://x.example/a\\"b\\\\c,d' in text_for("dhcpd", ODD)


def test_mikrotik_gets_a_text_in_both_kinds_of_quotes():
    assert text_for("mikrotik").splitlines() == [
        "/ip dhcp-server option add name=phones-66 code=66"
        " value=\"'https://phones.example.net/p/s/token/'\"",
        "/ip dhcp-server option add name=phones-160 code=160"
        " value=\"'https://phones.example.net/p/s/token/'\"",
        "/ip dhcp-server network set [find] dhcp-option=phones-66,phones-160",
    ]
    assert "a\\\"b\\\\c,d\\'e\\$f/'\"" in text_for("mikrotik", ODD)


def test_windows_declares_option_160_and_sets_both():
    assert text_for("windows").splitlines() == [
        "Add-DhcpServerv4OptionDefinition -OptionId 160 -Name 'Phones server' -Type String",
        "Set-DhcpServerv4OptionValue -OptionId 66 -Value 'https://phones.example.net/p/s/token/'",
        "Set-DhcpServerv4OptionValue -OptionId 160 -Value 'https://phones.example.net/p/s/token/'",
    ]
    assert "c,d''e$f/'" in text_for("windows", ODD)


@pytest.mark.parametrize("server", ["dnsmasq", "kea", "dhcpd", "mikrotik", "windows"])
def test_no_address_can_add_a_line(server):
    plain = text_for(server).count("\n")
    assert text_for(server, ODD).count("\n") == plain
    with pytest.raises(ValueError, match="control characters"):
        text_for(server, ADDRESS + "\nevil=1")


def test_address_that_no_option_holds_is_refused():
    assert snippets("h" * 255)
    with pytest.raises(ValueError, match="255 characters"):
        snippets("h" * 256)


def test_quotes_end_where_they_should():
    """A reader of shell-like quotes finds one word in each; dhcpd and dnsmasq read alike."""
    for key in ("dnsmasq", "dhcpd"):
        for line in text_for(key, ODD).splitlines():
            if quoted := re.search(r'".*"', line):
                assert shlex.split(quoted[0]) == [ODD]


def test_every_snippet_says_where_it_goes_and_where_its_syntax_is_from():
    for one in snippets(ADDRESS):
        assert one.where.endswith((".", "one."))
        assert one.source
