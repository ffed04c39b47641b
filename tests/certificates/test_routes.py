"""The pages of certificates."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from portal.certificates import queries
from portal.extensions import db
from portal.provision.asked import Presented
from tests.browsing import send, text_of
from tests.certificates.making import YEAR, make, rsa_key
from tests.factories import make_device

MAC, NOW = "805ec0112233", datetime.now(UTC)


@pytest.fixture
def admin(client_as):
    return client_as("admin")


@pytest.fixture(scope="module")
def root():
    return make("Maker Root", is_ca=True, until=NOW + timedelta(days=30.5))


def load(client, vendor="", **data):
    return send(client, "/certificates", {"vendor": vendor, **data})


def test_an_authority_is_uploaded_listed_and_counts_at_once(app, session, admin, root):
    assert "No authority yet" in text_of(admin.get("/certificates"))
    file = io.BytesIO(root.der), "root.crt"
    assert load(admin, "Yealink", file=file).status_code == 303
    page = text_of(admin.get("/certificates"))
    assert "Maker Root" in page
    assert "Yealink" in page
    assert "in 30 days" in page
    assert "by admin-user" in page
    shown = Presented(make(MAC, root).der)
    assert app.extensions["certificates"].mac_of(shown, NOW) == MAC


def test_several_in_one_paste_are_loaded_and_what_is_left_out_is_told(session, admin, root):
    old = make("Gone", is_ca=True, until=NOW - timedelta(days=1))
    both = root.pem + old.pem + make("Second", root, is_ca=True).pem
    assert load(admin, text=both).status_code == 303
    assert [a.subject for a in queries.all_authorities(session)] == ["Maker Root", "Second"]
    assert "“Gone” expired on" in admin.get("/certificates").text
    again = load(admin, text=both)
    assert again.status_code == 422
    assert "“Maker Root” is loaded already" in again.text


@pytest.mark.parametrize("key", ["pem", "encrypted"])
def test_a_private_key_is_neither_stored_nor_sent_back(session, admin, root, key):
    text = root.pem + root.key_pem
    if key == "encrypted":
        text = text.replace("EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY")
    answer = load(admin, text=text)
    assert answer.status_code == 422
    assert "This holds a private key, and nothing of it was kept" in answer.text
    assert root.key_pem.splitlines()[1] not in answer.text
    assert queries.all_authorities(session) == []


def test_what_does_not_fit_is_said_at_its_field_and_what_was_typed_stays(admin, root):
    phone = make(MAC, root)
    answer = load(admin, "Snom", text=phone.pem)
    assert answer.status_code == 422
    assert "is the certificate of one device, no authority: pin it instead" in answer.text
    assert phone.pem.splitlines()[1] in answer.text
    assert '<option selected value="Snom">' in answer.text
    short = make("Old Root", is_ca=True, key=rsa_key(1024)).pem
    refused = load(admin, text=short)
    assert "signs with a key below 2048 bits: tick this" in refused.text
    assert load(admin, text=short, accepts_old="y").status_code == 303
    assert "Choose a file" in load(admin).text
    file = io.BytesIO(root.der), "root.crt"
    assert "not both" in load(admin, text=root.pem, file=file).text
    assert "neither as PEM" in load(admin, text="hello").text


def test_a_certificate_is_pinned_by_itself_or_by_its_fingerprint(app, session, admin, root):
    own, other = make(MAC, root), make("no MAC")
    assert send(admin, "/certificates/pins", {"text": own.pem}).status_code == 303
    refused = send(admin, "/certificates/pins", {"text": other.pem})
    assert "It names no MAC: type the MAC of the phone that has it" in refused.text
    wrong = send(admin, "/certificates/pins", {"text": own.pem, "mac": "00:15:65:aa:bb:cc"})
    assert "It is made out to 80:5E:C0:11:22:33" in wrong.text
    again = send(admin, "/certificates/pins", {"text": own.pem})
    assert "It is pinned already, for 80:5E:C0:11:22:33" in again.text
    print_of = queries.all_pins(session)[0].sha256.upper()
    colons = ":".join(print_of[i : i + 2] for i in range(0, 64, 2))
    twice = send(admin, "/certificates/pins", {"fingerprint": colons, "mac": MAC})
    assert "It is pinned already" in twice.text
    fresh = {"fingerprint": "ab" * 32, "mac": "00-15-65-aa-bb-cc"}
    assert send(admin, "/certificates/pins", fresh).status_code == 303
    assert "64 digits" in send(admin, "/certificates/pins", {"fingerprint": "12", "mac": MAC}).text
    page = text_of(admin.get("/certificates"))
    assert "00:15:65:AA:BB:CC not in the inventory" in page
    assert app.extensions["certificates"].mac_of(Presented(own.der), NOW) == MAC


def test_removing_is_asked_and_counts_at_once(app, session, admin, root):
    load(admin, text=root.pem)
    [authority] = queries.all_authorities(session)
    asked = admin.get(f"/certificates/{authority.id}/delete")
    assert "Remove Maker Root?" in asked.text
    assert send(admin, f"/certificates/{authority.id}/delete").status_code == 303
    assert queries.all_authorities(session) == []
    assert app.extensions["certificates"].mac_of(Presented(make(MAC, root).der), NOW) is None
    send(admin, "/certificates/pins", {"fingerprint": "ab" * 32, "mac": MAC})
    [pinned] = queries.all_pins(session)
    assert "80:5E:C0:11:22:33?" in admin.get(f"/certificates/pins/{pinned.id}/delete").text
    assert send(admin, f"/certificates/pins/{pinned.id}/delete").status_code == 303
    assert queries.all_pins(session) == []
    assert admin.get(f"/certificates/pins/{pinned.id}/delete").status_code == 404


def test_phones_are_counted_by_maker(session, admin, root):
    for number, vendor in enumerate(["Yealink", "Yealink", "Snom"]):
        model = "T31G" if vendor == "Yealink" else "D785"
        device = make_device(session, model=model)
        device.last_certificate_at = NOW if number != 1 else None
    session.commit()
    load(admin, text=root.pem)
    load(admin, "Yealink", text=make("Y", is_ca=True).pem)
    assert [(row.authority.subject, row.phones) for row in queries.authority_rows(session)] == [
        ("Maker Root", 2),
        ("Y", 1),
    ]


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_everybody_sees_the_page_but_only_administrators_change_it(client_as, role):
    client = client_as(role)
    page = client.get("/certificates")
    assert page.status_code == 200
    assert "Load an authority" not in page.text
    assert client.get("/certificates/new").status_code == 403
    assert send(client, "/certificates/pins").status_code == 403


def test_the_page_costs_the_same_however_many_are_pinned(session, admin):
    def statements():
        seen = []
        listen = (db.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
        event.listen(*listen)
        assert admin.get("/certificates").status_code == 200
        event.remove(*listen)
        return len(seen)

    send(admin, "/certificates/pins", {"fingerprint": "ab" * 32, "mac": MAC})
    admin.get("/certificates")
    few = statements()
    for number in range(10, 40):
        data = {"fingerprint": f"{number}" * 32, "mac": f"805ec01122{number}"}
        assert send(admin, "/certificates/pins", data).status_code == 303
    admin.get("/certificates")
    assert statements() == few


def test_pins_are_found_by_part_of_a_mac(admin):
    for mac in ("80:5e:c0:11:22:33", "80:5e:c0:44:55:66"):
        send(admin, "/certificates/pins", {"fingerprint": mac[-2:] * 32, "mac": mac})
    rows = admin.get("/certificates?q=44:55", headers={"HX-Request": "true"})
    assert "80:5E:C0:44:55:66" in rows.text
    assert "80:5E:C0:11:22:33" not in rows.text
    assert "<h1" not in rows.text
    assert "Nothing pinned matches “zz”" in text_of(admin.get("/certificates?q=zz"))


def test_the_portals_own_certificate_is_shown_with_what_is_wrong(app, admin):
    file = app.config["PORTAL"].cert_file
    assert "no certificate file of its own" in text_of(admin.get("/certificates"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(make("other.example", until=NOW + 2 * YEAR).pem)
    page = text_of(admin.get("/certificates"))
    assert "It is not made out to portal.test" in page
    assert "1 certificate," in page
