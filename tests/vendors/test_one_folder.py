"""A family is one folder: what lies in a temporary one is found, checked and served."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.devices import previews
from portal.vendors import loader
from portal.vendors.loader import load_families
from tests.factories import assign, make_device, make_sip_account
from tests.vendors import test_contract

SHIPPED = Path(loader.__file__).parent
MAC = "02aacc000001"
AGENT = f"Acme Desk-3 1.4.2 {MAC}"

FAMILY = r"""
vendor = "Acme"
label = "Acme Desk series"
source = "Acme provisioning handbook, chapter 3"
confidence = "vendor guide"
ouis = ["02aacc"]
# Acme Desk-3 1.4.2 02aacc000001
user_agents = ['^Acme (?P<model>\S+) (?P<firmware>[\d.]+) (?P<mac>[0-9a-f]{12})$']
resync = "check-sync"
ignores = [
    "sip.backup_host", "sip.backup_port", "sip.outbound_proxy_port", "media.codecs",
    "media.dtmf_mode", "media.srtp", "calls.digit_map", "calls.call_waiting", "calls.auto_answer",
    "net.lldp", "net.vlan_priority", "net.pc_vlan_id", "net.dscp_sip", "net.dscp_rtp",
]

[syntax.main]
line = "{name}={value}"
name = '[a-z]\w*'

[[files]]
name = "acme-{mac}.txt"
template = "device.j2"

[values]
boolean = { true = "on", false = "off" }

[models]
"Desk-3" = { ports = 2, aliases = ["D3"] }
"""
TEMPLATE = """
server_url = {{ provisioning.url }}
{% for port in ports %}
user{{ port.number }} = {{ port.account.user_name if port.account else none }}
password{{ port.number }} = {{ port.account.password if port.account else none }}
registrar{{ port.number }} = {{ port.settings["sip.registrar_host"] if port.account else none }}
{% endfor %}
"""


@pytest.fixture
def families(tmp_path):
    """The program's families and those of a folder with one of our own."""
    folder = tmp_path / "families" / "acme"
    folder.mkdir(parents=True)
    (folder / "family.toml").write_text(FAMILY)
    (folder / "device.j2").write_text(TEMPLATE)
    return load_families(SHIPPED, tmp_path / "families")


def test_a_folder_is_all_that_a_family_needs(families):
    acme = families["acme"]
    assert [model.name for _, model in families.find_models("Acme Desk 3")] == ["Desk-3"]
    assert [family.key for family, _, _ in families.asked(f"acme-{MAC}.txt")] == ["acme"]
    assert families.seen(AGENT).family == "acme"
    test_contract.test_every_file_name_is_recognised_as_the_family_writes_it(acme)
    test_contract.test_renders_for_every_model_with_no_account_and_with_all_ports(acme)
    test_contract.test_a_free_port_leaves_no_credentials_behind(acme)
    test_contract.test_a_raw_parameter_replaces_the_templates_line(acme)


def test_a_phone_of_the_new_folder_gets_its_file(app, session, sealer, families):
    road = app.extensions["road"]
    road.families = road.files.families = families
    device = make_device(session, MAC, "T31G")  # the factory knows the program's own models only
    assign(session, device, 1, make_sip_account(session, "101", "Secret-of-101"))
    device.family, device.model = "acme", "Desk-3"
    session.commit()
    site, _own = previews.addresses(session, device, sealer, "")
    answer = app.test_client().get(
        f"{site}acme-{MAC}.txt", base_url="https://portal.test", headers={"User-Agent": AGENT}
    )
    assert answer.status_code == 200
    assert "user1=101\npassword1=Secret-of-101\n" in answer.text
    assert "user2=\n" in answer.text


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('ouis = ["02aacc"]', 'ouis = ["02AACC"]', "ouis: “02AACC” is not 6 lowercase hex digits"),
        ("device.j2", "missing.j2", "files.0: .* there is no template “missing.j2”"),
        ("{mac}.txt", "{mac}-{serial}.txt", "files.0: there is no placeholder {serial}"),
        ("ports = 2", "ports = -2", "models.Desk-3: ports is a whole number"),
        ("name = '[a-z]", "name = '[a-z", "syntax.main: unterminated character set"),
        (r"'^Acme (?P<model>\S+) ", r"'(?:Acme .*)*", "user_agents.0: .* repeats a group"),
        ('resync = "check-sync"', 'resnyc = "check-sync"', "there is no key “resnyc”"),
        ('vendor = "Acme"', "", "'vendor' is missing"),
        ('"device.j2"', '"device.j2"\nline_end = "; "', "a line ends with LF, CR LF or CR"),
        ('"device.j2"', '"device.j2"\nencoding = "utf-9"', "files.0: unknown encoding: utf-9"),
        (
            '"device.j2"',
            '"device.j2"\ncontent_type = "a\\nb"',
            "files.0: .*(?s:.*) is no content type",
        ),
    ],
)
def test_a_mistake_stops_the_loader_with_family_key_and_reason(tmp_path, old, new, complaint):
    folder = tmp_path / "acme"
    folder.mkdir()
    assert old in FAMILY
    (folder / "family.toml").write_text(FAMILY.replace(old, new))
    (folder / "device.j2").write_text(TEMPLATE)
    with pytest.raises(ValueError, match=f"acme/family.toml: .*{complaint}"):
        load_families(tmp_path)
