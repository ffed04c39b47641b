from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from portal import line_keys_form, settings_form
from portal.errors import RuleBroken
from portal.settings.catalogue import CATALOGUE
from portal.settings.resolve import Layer, resolve

INHERITED = resolve(
    [Layer("default", CATALOGUE.defaults()), Layer("profile Base", {"sip.transport": "tls"})]
)


def field(key, own=None, **more):
    groups = settings_form.fields_for(own or {}, INHERITED, **more)
    return next(f for g in groups for f in g.fields if f.setting.key == key)


def read(*pairs, own=None):
    return settings_form.read(MultiDict(pairs), own or {})


def test_inherited_value_is_shown_with_its_source():
    transport = field("sip.transport")
    assert (transport.inherited, transport.origin) == ("TLS", "profile Base")
    assert transport.choices[0] == ("", "Inherit: TLS")


def test_unit_stands_beside_the_input_not_in_it():
    assert field("sip.register_expires_s").placeholder == "3600"


def test_stored_values_are_shown_as_they_are_typed():
    assert field("calls.call_waiting", {"calls.call_waiting": False}).value == "no"
    assert field("net.vlan_id", {"net.vlan_id": 42}).value == "42"
    assert list(field("media.codecs", {"media.codecs": ["pcma", "g722"]}).typed[:3]) == [
        "pcma",
        "g722",
        "",
    ]


def test_stored_secret_is_never_shown():
    password = field("admin.password", {"admin.password": {"sealed": "abc"}})
    assert (password.state, password.value) == ("own", "")


def test_own_empty_differs_from_inherited():
    assert field("time.ntp_host", {"time.ntp_host": None}).state == "empty"
    assert field("time.ntp_host").state == "inherited"


def test_filter_hides_what_does_not_hold_its_words_but_keeps_errors():
    assert field("sip.transport", q="dtmf").is_hidden
    assert not field("media.dtmf_mode", q="DTMF").is_hidden
    assert not field("sip.transport", q="dtmf", errors={"sip.transport": "wrong"}).is_hidden


def test_port_form_has_only_what_a_port_can_have():
    keys = [
        f.setting.key
        for g in settings_form.fields_for({}, INHERITED, scope="port")
        for f in g.fields
    ]
    assert "sip.transport" in keys
    assert "net.vlan_id" not in keys


def test_blank_inputs_inherit():
    assert read(("sip.registrar_host", " "), ("sip.transport", "")) == {}


def test_values_are_read_as_typed():
    assert read(("net.vlan_id", "abc"), ("sip.transport", "tcp")) == {
        "sip.transport": "tcp",
        "net.vlan_id": "abc",
    }


def test_codecs_keep_their_order():
    typed = [("media.codecs", "pcmu"), ("media.codecs", ""), ("media.codecs", "g722")]
    assert read(*typed) == {"media.codecs": ["pcmu", "g722"]}


def test_ticked_box_sends_empty():
    assert read(("time.ntp_host", ""), ("empty", "time.ntp_host")) == {"time.ntp_host": None}
    assert read(("sip.transport", "(empty)")) == {"sip.transport": None}


def test_ticking_the_box_beside_a_value_empties_it():
    typed = [("time.ntp_host", "ntp.example.net"), ("empty", "time.ntp_host")]
    assert read(*typed, own={"time.ntp_host": "ntp.example.net"}) == {"time.ntp_host": None}


def test_typing_where_the_box_was_ticked_means_the_value():
    typed = [("time.ntp_host", "ntp.example.net"), ("empty", "time.ntp_host")]
    assert read(*typed, own={"time.ntp_host": None}) == {"time.ntp_host": "ntp.example.net"}


def test_blank_secret_stays_and_a_ticked_one_goes():
    own = {"admin.password": {"sealed": "abc"}}
    assert read(("admin.password", ""), own=own) == own
    assert read(("admin.password", ""), ("remove", "admin.password"), own=own) == {}
    assert read(("admin.password", "new"), own=own) == {"admin.password": "new"}


def test_what_is_not_on_the_form_stays():
    assert read(own={"net.vlan_id": 42}) == {"net.vlan_id": 42}


def test_every_problem_is_told_by_key():
    wrong = {"net.vlan_id": "abc", "time.zone": "Mars", "sip.transport": "tls"}
    assert settings_form.problems(wrong) == {
        "net.vlan_id": "“abc” is not a whole number",
        "time.zone": "“Mars” is not a time zone; write it like Europe/Berlin",
    }


def test_parameters_come_back_as_they_were_typed():
    text = "user_name1 = 101\nsrtp = a = b"
    assert settings_form.read_parameters(text) == {"user_name1": "101", "srtp": "a = b"}
    assert settings_form.show_parameters(settings_form.read_parameters(text)) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = 1\nb", "Line 2: write it as name = value"),
        ("a = 1\n\na = 2", "Line 3: a stands above already"),
    ],
)
def test_malformed_parameters_are_told_with_their_line(text, why):
    with pytest.raises(RuleBroken, match=why) as broken:
        settings_form.read_parameters(text)
    assert broken.value.field == "parameters"


def line_keys(*rows, **more):
    columns = zip(*rows, strict=True)
    form = {
        f"line_key_{name}": list(column)
        for name, column in zip(line_keys_form.COLUMNS, columns, strict=True)
    }
    return MultiDict({**form, **more})


BLANK = ("", "0", "blf", "", "", "")
LOBBY = ("3", "0", "blf", "101", "Lobby", "1")


def test_blank_and_removed_rows_are_left_out():
    rows = line_keys_form.read(line_keys(LOBBY, BLANK, LOBBY, line_key_remove=["2"]))
    assert [row["value"] for row in rows] == ["101"]


def test_row_without_number_is_kept_so_that_it_is_complained_about():
    assert len(line_keys_form.read(line_keys(("", "0", "blf", "101", "", "")))) == 1


def test_more_rows_are_added_to_those_there_were():
    assert len(line_keys_form.refill(line_keys(LOBBY, BLANK, line_key_more="4"))) == 6
    assert len(line_keys_form.refill(line_keys(LOBBY, BLANK, line_key_remove=["1"]))) == 1
