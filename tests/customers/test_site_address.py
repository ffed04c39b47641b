"""The site address on the customer's page: as text, as QR code, for DHCP servers, on a sheet."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from portal.customers import site_address
from tests.browsing import text_of
from tests.factories import assign, make_customer, make_device, make_sip_account


@pytest.fixture
def alder(session):
    alder = make_customer(session, "Alder <&> Sons", ("192.0.2.0/24",))
    session.commit()
    return alder


def address_of(alder, sealer):
    return f"https://portal.test/p/s/{sealer.open(alder.site_token_sealed)}/"


def test_qr_code_is_drawn_without_style_and_on_white():
    drawn = site_address.draw("https://phones.example.net/p/s/token/")
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "style" not in drawn
    assert "#fff" in drawn
    assert root.attrib["viewBox"] == "0 0 37 37"  # version 3, 29 squares, and a quiet zone of four


def test_different_addresses_are_different_codes():
    assert site_address.draw("https://a.example/") != site_address.draw("https://b.example/")


def test_support_sees_address_code_and_options(client_as, alder, sealer):
    page = client_as("operator").get(f"/customers/{alder.id}").text
    address = address_of(alder, sealer)
    assert f"<code>{address}</code>" in page
    assert str(site_address.draw(address)) in page
    assert f"Set-DhcpServerv4OptionValue -OptionId 66 -Value &#39;{address}&#39;" in page
    for server in ("dnsmasq", "ISC Kea", "ISC dhcpd", "MikroTik", "Windows Server"):
        assert f"<summary>{server}</summary>" in page


def test_viewer_sees_none_of_it(client_as, alder, sealer):
    viewer = client_as("viewer")
    page = viewer.get(f"/customers/{alder.id}").text
    assert sealer.open(alder.site_token_sealed) not in page
    assert "<summary>dnsmasq" not in page
    assert viewer.get(f"/customers/{alder.id}/installing").status_code == 403


def test_sheet_for_installers_says_what_to_do(client_as, alder, sealer):
    page = client_as("operator").get(f"/customers/{alder.id}/installing")
    assert address_of(alder, sealer) in page.text
    assert "It works from these networks only: 192.0.2.0/24" in text_of(page)
    assert "Alder &lt;&amp;&gt; Sons" in page.text


def test_page_counts_devices_and_accounts_by_how_they_are(session, client_as, alder):
    from datetime import UTC, datetime

    account = make_sip_account(session, "101", customer=alder)
    free = make_sip_account(session, "102", customer=alder)
    free.password_due_at = datetime.now(UTC)
    device = make_device(session, customer=alder)
    assign(session, device, 1, account)
    device.last_seen_at, device.locked_at = datetime.now(UTC), datetime.now(UTC)
    make_device(session, customer=alder)
    session.commit()
    page = client_as("operator").get(f"/customers/{alder.id}")
    text = text_of(page)
    assert re.search(r"2 devices 1 in service 1 never seen 1 locked", text)
    assert re.search(r"2 accounts 1 free 1 used 1 with a password due for a change", text)
    assert f'href="/devices?customer={alder.id}&amp;state=assigned&amp;seen=never"' in page.text
    assert f'href="/accounts?customer={alder.id}&amp;state=due"' in page.text


def test_counts_lead_to_lists_of_as_many(session, client_as, alder):
    make_device(session, "805ec0000001", customer=alder)
    session.commit()
    operator = client_as("operator")
    url = f"/devices?customer={alder.id}&state=assigned&seen=never"
    assert "80:5E:C0:00:00:01" in operator.get(url).text
    url = f"/devices?customer={alder.id}&state=assigned&seen=yes"
    assert "80:5E:C0:00:00:01" not in operator.get(url).text
