"""The catalogue of settings and what it accepts."""

from __future__ import annotations

import pytest

from portal.settings.catalogue import CATALOGUE


@pytest.mark.parametrize("setting", CATALOGUE.values(), ids=CATALOGUE)
def test_every_setting_has_label_help_group_and_a_sound_default(setting):
    assert setting.label
    assert setting.help.endswith(".")
    assert setting.group
    assert setting.parse(setting.default) == setting.default


@pytest.mark.parametrize(
    ("key", "typed", "stored"),
    [
        ("sip.registrar_host", " SIP.Example.NET ", "sip.example.net"),
        ("sip.registrar_port", "5061", 5061),
        ("sip.transport", "TLS", "tls"),
        ("media.codecs", "g722, pcma pcma", ["g722", "pcma"]),
        ("net.lldp", "no", False),
        ("time.zone", "Europe/Berlin", "Europe/Berlin"),
        ("ui.language", "fr-CA", "fr-CA"),
        ("calls.voicemail_number", "", None),
    ],
)
def test_what_people_type_is_stored_in_one_form(key, typed, stored):
    assert CATALOGUE[key].parse(typed) == stored


@pytest.mark.parametrize(
    ("key", "typed", "sentence"),
    [
        ("sip.registrar_host", "https://x", "is not a host name"),
        ("sip.registrar_host", "300.1.1.1", "looks like an IP address but is none"),
        ("sip.registrar_port", "70000", "not between 1 and 65535"),
        ("sip.transport", "sctp", "none of udp, tcp, tls"),
        ("media.codecs", "mp3", "“mp3” is none of"),
        ("net.vlan_id", "4095", "not between 1 and 4094"),
        ("net.lldp", "maybe", "neither yes nor no"),
        ("time.zone", "Berlin", "write it like Europe/Berlin"),
        ("ui.language", "deutsch", "write it like de"),
        ("calls.digit_map", "a\nb", "single line"),
        ("admin.password", " x", "begin or end with a blank"),
        ("firmware.url", "fw.bin", "not an address such as"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(key, typed, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        CATALOGUE[key].parse(typed)
    assert key in str(caught.value)


def test_an_unknown_key_is_answered_with_similar_ones():
    with pytest.raises(ValueError, match=r"did you mean sip\.registrar_host"):
        CATALOGUE.find("sip.registrar_hst")


def test_a_secret_is_never_shown():
    assert CATALOGUE["admin.password"].show({"sealed": "x"}) == "••••••"
