"""The Snom document: attributes, function keys, daylight saving, and names that look alike."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from portal.errors import CannotRender
from portal.vendors import FAMILIES, samples
from portal.vendors.context import ConfigContext
from portal.vendors.render import Renderer
from tests.vendors.test_contract import with_setting

FAMILY = FAMILIES["snom"]
D785 = FAMILY.models["D785"]


def document(context: ConfigContext) -> ElementTree.Element:
    spec, _ = FAMILY.device_file(samples.MAC, D785.name)
    return ElementTree.fromstring(Renderer().render(FAMILY, spec, context))


def parameters(context: ConfigContext) -> dict[str, str]:
    spec, _ = FAMILY.device_file(samples.MAC, context.model.name)
    return Renderer().parameters(FAMILY, spec, context)


def test_identities_and_function_keys_are_told_by_index():
    root = document(samples.one(D785))
    name = root.find("phone-settings/user_name[@idx='1']")
    assert (name.text, name.get("perm")) == ("101", "R")
    assert root.find("phone-settings/user_active[@idx='2']").text == "off"
    first = root.find("functionKeys/fkey[@idx='0']")
    assert (first.text, first.get("context")) == ("line", "1")
    assert root.find("functionKeys/fkey[@idx='1']").text == "none"


def test_a_label_is_escaped_in_its_attribute():
    context = samples.one(D785)
    keys = [replace(context.line_keys[0], label='"&<>'), *context.line_keys[1:]]
    root = document(replace(context, line_keys=keys))
    assert root.find("functionKeys/fkey[@idx='0']").get("label") == '"&<>'


def test_only_function_keys_have_labels():
    context = replace(samples.one(D785), parameters={"user_name[1].label": "x"})
    with pytest.raises(CannotRender, match=r"user_name\[1\].label: only function keys"):
        document(context)


@pytest.mark.parametrize(
    ("zone", "offset", "dst"),
    [
        ("Europe/Berlin", "+3600", "3600 03.05.07 02:00:00 10.05.07 03:00:00"),
        ("America/New_York", "-18000", "3600 03.02.07 02:00:00 11.01.07 02:00:00"),
        ("Asia/Kolkata", "+19800", ""),
    ],
)
def test_daylight_saving_is_told_by_week(zone, offset, dst):
    made = parameters(with_setting(samples.one(D785), "time.zone", zone))
    assert (made["utc_offset"], made["dst"], made["timezone"]) == (offset, dst, "")


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("snomD785-000413922D24.htm", "device"),
        ("snom320-000413231C94.htm", "device"),
        ("000413922D24.xml", "device"),
        ("snomD785.htm", "common"),
        ("snomD785-firmware.xml", "absent"),
        ("snom710-firmware.htm", "absent"),
        ("gui_lang_DE.xml", "absent"),
    ],
)
def test_names_that_look_alike_are_told_apart(asked, kind):
    assert FAMILY.file_for(asked)[0].kind == kind


@pytest.mark.parametrize(
    ("agent", "model", "firmware", "mac"),
    [
        (
            "Mozilla/4.0 (compatible; snom320-SIP 6.5.20; snom320 jffs2 v3.36; snom320 linux 3.38)",
            "320", "6.5.20", "",
        ),
        (
            "Mozilla/4.0 (compatible; snomD785-SIP 10.1.169.16 2010.12-00001-gd311851f1 "
            "(Feb 25 2019 - 14:19:43) 00041396D9B4 SXM:0 UXM:0 UXMC:0)",
            "D785", "10.1.169.16", "00041396d9b4",
        ),
        ("Mozilla/4.0 (compatible; Snom M900 05.20.0001 000413b60680)", "M900", "05.20.0001",
         "000413b60680"),
        ("Mozilla/4.0 (compatible; snom lid 3605)", "", "", ""),
    ],
)  # fmt: skip
def test_user_agents_tell_model_firmware_and_mac(agent, model, firmware, mac):
    seen = FAMILIES.seen(agent)
    assert (seen.family, seen.model, seen.firmware, seen.mac) == ("snom", model, firmware, mac)


def test_a_bases_handsets_share_one_server():
    made = parameters(samples.full(FAMILY, FAMILY.models["M700"]))
    assert made["user_host[1]"] == "example.net:5061"
    assert "user_host[2]" not in made
    assert made["subscr_sip_hs_idx[30]"] == "30"
    assert made["user_pass[30]"] == "Secret-30"
