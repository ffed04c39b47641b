"""What is exported is what the import reads back as it is stored."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import event, select

from portal import spreadsheets
from portal.devices import exports, port_service
from portal.devices.filters import Filters
from portal.extensions import db
from portal.imports.labels import field_label
from portal.imports.layouts import MAX_PORT, meaning_of
from portal.imports.parse import parse
from portal.imports.queries import plan_against
from portal.imports.read import Options, read
from portal.models import AuditEntry, Device
from portal.vendors import FAMILIES
from tests.factories import (
    ACTOR,
    assign,
    make_customer,
    make_device,
    make_profile,
    make_sip_account,
)

ODD = [
    "=1+1", "+49 (0)30", "-clear-", "'-clear-", "@home", "'quoted'", "'=x", '="0012"', "'030",
    "1E+15", "a,b;c|d", "a,,,,;;;;;;", 'inch 19"', '",', "two  blanks", "no\u00a0break",
    "宽\u3000格", "soft\u00adhyphen", "😀", "_x0041_", "TRUE", "0", "00:15:65:00:00:01", "#N/A",
    "Total", "Page 3",
]  # fmt: skip


@pytest.fixture
def stock(session):
    """Devices with all fields, several ports, odd characters everywhere."""
    odd = make_customer(session, "=Odd; “Ltd”,\u00a0Sons")
    profile = make_profile(session, "+Retail, big")
    for number, text in enumerate(ODD):
        device = make_device(
            session,
            f"805ec00000{number:02x}",
            "T46U",
            odd,
            profile,
            serial=text,
            redirect_pin=text,
            inventory_id=text,
            description=text,
        )
        port_service.label_port(session, ACTOR, device.changed_at, device, 16, text)
    for number, user in enumerate(["+49301", "-clear-", "=7", "'8", "0009"], 2):
        assign(session, device, number, make_sip_account(session, user, customer=odd))
    make_device(session, "0004f2000001", "")
    session.add(Device(mac="001122334455", vendor="Acme", model="X 99/2", ports=[]))
    session.commit()


def exported(session, kind="csv", filters=None, with_pin=True):
    target = io.BytesIO()
    found = exports.listing(session, filters or Filters(), with_pin=with_pin)
    spreadsheets.write(found, kind, target)
    return target.getvalue()


def lines(data, kind="csv"):
    (sheet,) = parse(f"devices.{kind}", data)
    return [line.cells for line in sheet.rows]


def plan_of(session, data, kind):
    reading = read(f"devices.{kind}", data)
    return plan_against(session, reading, Options())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_reading_an_export_back_changes_nothing(session, stock, kind):
    plan = plan_of(session, exported(session, kind), kind)
    assert {r.mac: (r.problem, r.changes) for r in plan.rows if r.outcome != "unchanged"} == {}
    assert plan.summary()["unchanged"] == len(ODD) + 2
    assert (plan.left_out, plan.questions) == ([], [])


def test_what_is_changed_in_an_export_is_all_that_changes(session, stock):
    data = exported(session).replace(b"two  blanks", b"one blank", 1)
    plan = plan_of(session, data, "csv")
    (row,) = [row for row in plan.rows if row.outcome == "changed"]
    assert list(row.changes.values()) == [["two  blanks", "one blank"]]


def test_every_model_is_written_so_that_the_import_knows_it(session):
    models = [(family, model) for family in FAMILIES.values() for model in family.models.values()]
    for place, (family, model) in enumerate(models):
        mac = f"{(family.ouis or ('02aabb',))[0]}{place:06x}"
        told = {"vendor": family.vendor, "family": family.key, "model": model.name}
        session.add(Device(mac=mac, ports=[], **told))
    session.flush()
    plan = plan_of(session, exported(session), "csv")
    assert {r.mac: (r.problem, r.changes) for r in plan.rows if r.outcome != "unchanged"} == {}


def test_vendors_of_unknown_models_stay(session):
    for place, vendor in enumerate({family.vendor for family in FAMILIES.values()}):
        session.add(Device(mac=f"02aabb{place:06x}", vendor=vendor, model="Z-1 Z", ports=[]))
    session.flush()
    plan = plan_of(session, exported(session), "csv")
    assert {r.mac: (r.problem, r.changes) for r in plan.rows if r.outcome != "unchanged"} == {}


def test_each_header_word_is_understood_as_its_own_field():
    for field in exports.fields(MAX_PORT):
        meaning = meaning_of(field_label(field))
        assert meaning is not None
        assert (meaning.field, meaning.strength) == (field, 3)


def test_there_are_as_many_ports_as_are_used(session):
    device = make_device(session, model="T46U")
    assign(session, device, 2, make_sip_account(session, "102"))
    port_service.label_port(session, ACTOR, device.changed_at, device, 5, "")
    session.commit()
    header, row = lines(exported(session))
    assert header[9:] == ("Port 1 account", "Port 1 label", "Port 2 account", "Port 2 label")
    assert row[9:] == ("", "", "102")


def test_the_pin_is_left_out_for_those_who_cannot_see_it(session, stock):
    assert "Redirect PIN" not in lines(exported(session, with_pin=False))[0]
    plan = plan_of(session, exported(session, with_pin=False), "csv")
    assert plan.summary()["unchanged"] == len(ODD) + 2


def test_many_devices_take_few_statements(session):
    for number in range(2_500):
        session.add(Device(mac=f"805ec0{number:06x}", model="T31G", ports=[]))
    session.commit()
    seen = []
    event.listen(db.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    assert len(lines(exported(session))) == 2_501
    assert len(seen) == 6  # begin, ports, devices, and the ports of each thousand


# The pages


@pytest.fixture
def two(session):
    alder = make_customer(session, "Alder")
    make_device(session, "001565aabbcc", "T31G", alder, description="Lobby", redirect_pin="77")
    make_device(session, "001565aabbdd", "T31G", description="Stock")
    session.commit()
    return alder


def test_the_export_is_what_the_filter_shows(session, client_as, two):
    client = client_as("operator")
    answer = client.get(f"/devices/export.csv?customer={two.id}&q=lob", buffered=True)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=devices-")
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    header, row = lines(answer.data)
    assert header[0] == "MAC"
    assert row == (
        "00:15:65:AA:BB:CC", "T31G", "Yealink", "", "77", "", "Lobby", "Alder",
    )  # fmt: skip
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.actor, entry.action) == ("operator-user", "device.export")
    assert entry.object_name == "devices.csv"
    assert entry.changes == {
        "rows": [None, 1],
        "filter": [None, {"q": "lob", "customer": str(two.id)}],
    }


def test_viewers_get_the_workbook_without_the_pin(client_as, two):
    answer = client_as("viewer").get("/devices/export.xlsx", buffered=True)
    header, *rows = lines(answer.data, "xlsx")
    assert "Redirect PIN" not in header
    assert len(rows) == 2


def test_strangers_are_sent_to_sign_in(app):
    assert app.test_client().get("/devices/export.csv").status_code == 303


def test_the_list_links_to_its_export_with_the_filter(client_as, two):
    hx = {"HX-Request": "true", "HX-Request-Type": "partial"}
    page = client_as("viewer").get("/devices?q=Lobby", headers=hx).text
    assert 'href="/devices/export.csv?q=Lobby"' in page
    assert 'href="/devices/export.xlsx?q=Lobby"' in page
