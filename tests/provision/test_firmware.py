"""Firmware for phones: which image they are offered, and which they may load."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select

from portal.devices import previews, setup_service
from portal.extensions import db
from portal.firmware import images, service
from portal.models import Device, Site
from portal.provision.firmware import KnownFirmware, numbers, offered, served
from portal.vendors import FAMILIES
from tests.factories import ACTOR, make_device, make_profile

IMAGE = b"0123456789"


def known(version, after="", name="fw.rom", models=("T31G",)):
    return KnownFirmware(name, version, after, models, "a" * 64)


@pytest.mark.parametrize(
    ("one", "other"),
    [("10.1.54.13-SIP-r", "10.1.54.13"), ("2.0", "2.0.0"), ("V2.11.0+build.9", "2.11.0.9")],
)
def test_versions_that_are_the_same_number(one, other):
    assert numbers(one) == numbers(other)


@pytest.mark.parametrize(
    ("older", "newer"), [("1.9", "1.10"), ("1.9", "2"), ("8.7.5.35", "10.1"), ("2.0", "2.0.1")]
)
def test_versions_are_compared_by_their_numbers(older, newer):
    assert numbers(older) < numbers(newer)


@pytest.mark.parametrize(
    ("running", "version"),
    [("0.9", "1.0"), ("", "1.0"), ("1.0", "2.0"), ("1.5", "2.0"), ("2.0", "3.0"), ("9.0", "3.0")],
)
def test_an_old_phone_passes_through_one_stone_after_the_other(running, version):
    files = [known("3.0", after="2.0"), known("2.0", after="1.0"), known("1.0"), known("2.5")]
    assert offered(files, "T31G", "3.0", running).version == version


def test_a_missing_stone_or_another_model_is_offered_nothing():
    files = [known("3.0", after="2.0"), known("2.0", models=("T46U",))]
    assert offered(files, "T31G", "3.0", "1.0") is None
    assert offered(files, "T46U", "3.0", "2.0") is None
    assert offered(files, "T31G", "4.0", "2.0") is None
    assert offered([], "T31G", "3.0", "") is None


def test_under_one_name_the_offered_version_comes_before_the_newest():
    old, new = known("1.0"), known("2.0")
    assert served([old, new], "FW.rom", "T31G", None, False) is new
    assert served([old, new], "fw.rom", "T31G", old, False) is old
    assert served([old, new], "fw.rom", "T31G", old, True) is old
    assert served([old, new], "fw.rom", "T31G", None, True) is None
    assert served([old, new], "fw.rom", "T46U", None, False) is None


@pytest.fixture
def upload(session, config):
    def upload(name, version, *models, after="", family="yealink", content=IMAGE):
        image = images.keep(config.firmware_folder, io.BytesIO(content), 1000)
        facts = service.FirmwareFacts(family, name, version, models, after)
        file = service.add_file(session, ACTOR, facts, image)
        session.commit()
        return file

    return upload


@pytest.fixture
def own(session, sealer):
    """Make a device and return its own address."""

    def own(model="T31G", profile=None):
        session.rollback()  # the road may have written since
        device = make_device(session, model=model, profile=profile)
        setup_service.ensure_proofs(device, sealer)
        session.commit()
        return previews.addresses(session, device, sealer, "")[1]

    return own


@pytest.fixture
def site(session, sealer):
    return f"/p/s/{sealer.open(session.get_one(Site, 1).site_token_sealed)}/"


@pytest.fixture
def phone(app):
    client = app.test_client()

    def ask(path, agent="", method="GET", **headers):
        return client.open(
            path, method=method, base_url="https://portal.test", buffered=True,
            headers={"User-Agent": agent, **{k.replace("_", "-"): v for k, v in headers.items()}},
        )  # fmt: skip

    return ask


def main_name(session):
    device = session.scalars(select(Device)).one()
    return FAMILIES[device.family].device_file(device.mac, device.model)[1]


def config_of(phone, url, session, agent=""):
    """Return the main file of the only device."""
    return phone(url + main_name(session), agent=agent).text


def test_the_right_model_gets_the_image_as_it_lies(phone, own, upload):
    upload("T31G(T31P)-1.0.rom", "1.0", "T31G")
    answer = phone(own() + "fw/t31g(T31P)-1.0.ROM")
    assert answer.status_code == 200
    assert answer.data == IMAGE
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "Set-Cookie" not in answer.headers


def test_a_wrong_model_a_stranger_and_a_wrong_verb_get_nothing(phone, own, upload):
    upload("fw.rom", "1.0", "T31G")
    assert phone(own("T46U") + "fw.rom").status_code == 404
    assert phone(own("GRP2614") + "fw.rom").status_code == 404
    assert phone("/p/t/" + "a" * 32 + "/fw.rom").status_code == 404
    assert phone("/p/s/" + "a" * 32 + "/fw.rom").status_code == 404
    assert phone("/p/fw.rom").status_code == 404
    assert phone(own() + "fw.rom", method="PUT").status_code == 404


def test_parts_and_known_tags_are_answered(phone, own, upload):
    upload("fw.rom", "1.0", "T31G")
    url = own() + "fw.rom"
    part = phone(url, Range="bytes=2-4")
    assert (part.status_code, part.data) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    past = phone(url, Range="bytes=10-")
    assert (past.status_code, past.headers["Content-Range"]) == (416, "bytes */10")
    tag = phone(url).headers["ETag"]
    assert phone(url, If_None_Match=tag).status_code == 304
    assert phone(url, Range="bytes=2-4", If_Range='"other"').data == IMAGE


def test_head_tells_the_length_only(phone, own, upload):
    upload("fw.rom", "1.0", "T31G")
    answer = phone(own() + "fw.rom", method="HEAD")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == "10"


def test_over_the_site_address_the_user_agent_decides(phone, site, upload):
    upload("fw.rom", "1.0", "T31G")
    assert phone(site + "fw.rom", agent="Yealink SIP-T31G 124.85.257.55").data == IMAGE
    assert phone(site + "fw.rom").data == IMAGE
    for agent in (
        "Yealink SIP-T46U 108.86.0.90",
        "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee",
    ):
        assert phone(site + "fw.rom", agent=agent).status_code == 404, agent
    assert phone(site + "other.rom").status_code == 404


def test_an_image_that_is_lost_is_not_found(phone, own, upload, config):
    file = upload("fw.rom", "1.0", "T31G")
    (config.firmware_folder / file.sha256).unlink()
    assert phone(own() + "fw.rom").status_code == 404


def test_a_pinned_version_becomes_the_address_of_the_image(phone, session, own, upload):
    upload("T31G 1.0.rom", "1.0", "T31G")
    url = own(profile=make_profile(session, firmware__version="1.0"))
    text = config_of(phone, url, session)
    assert f"static.firmware.url = https://portal.test{url}T31G%201.0.rom\n" in text
    assert phone(url + "T31G%201.0.rom").data == IMAGE


def test_without_a_file_that_fits_nothing_is_offered(phone, session, own, upload):
    upload("fw.rom", "1.0", "T46U")
    url = own(profile=make_profile(session, firmware__version="1.0"))
    assert "static.firmware.url = %NULL%\n" in config_of(phone, url, session)


def test_an_address_set_by_hand_stays_until_a_version_fits(phone, session, own, upload):
    told = {"firmware__version": "1.0", "firmware__url": "https://fw.example.net/x.rom"}
    url = own(profile=make_profile(session, **told))
    assert "firmware.url = https://fw.example.net/x.rom\n" in config_of(phone, url, session)
    upload("fw.rom", "1.0", "T31G")
    assert f"firmware.url = https://portal.test{url}fw.rom\n" in config_of(phone, url, session)


def test_a_phone_moves_on_once_it_says_that_it_passed_the_stone(phone, session, own, upload):
    upload("new.rom", "124.86.0.1", "T31G", after="124.85.0.1")
    upload("stone.rom", "124.85.0.1", "T31G")
    url = own(profile=make_profile(session, firmware__version="124.86.0.1"))
    for agent, name in (
        ("", "stone.rom"),
        ("Yealink SIP-T31G 124.84.0.9", "stone.rom"),
        ("Yealink SIP-T31G 124.85.0.1", "new.rom"),
    ):
        assert f"{url}{name}\n" in config_of(phone, url, session, agent), agent


def test_what_a_phone_said_last_counts_when_it_says_nothing(phone, session, own, upload):
    upload("new.rom", "124.86.0.1", "T31G", after="124.85.0.1")
    upload("stone.rom", "124.85.0.1", "T31G")
    url = own(profile=make_profile(session, firmware__version="124.86.0.1"))
    session.scalars(select(Device)).one().last_firmware = "124.85.3.0"
    session.commit()
    assert f"{url}new.rom\n" in config_of(phone, url, session)


GRP = "Grandstream Model HW GRP2614 SW {}"


def test_a_family_with_a_folder_gets_the_offered_version_under_its_one_name(
    phone, session, own, site, upload
):
    upload("grp2610fw.bin", "1.0.5.15", "GRP2614", family="grandstream", content=b"stone")
    upload(
        "grp2610fw.bin",
        "1.0.9.1",
        "GRP2614",
        after="1.0.5.15",
        family="grandstream",
        content=b"new",
    )
    url = own("GRP2614", make_profile(session, firmware__version="1.0.9.1"))
    assert f">portal.test{url.rstrip('/')}</item>" in config_of(phone, url, session)
    assert phone(url + "grp2610fw.bin", agent=GRP.format("1.0.3.1")).data == b"stone"
    assert phone(url + "grp2610fw.bin", agent=GRP.format("1.0.5.15")).data == b"new"
    assert phone(site + "grp2610fw.bin", agent=GRP.format("1.0.5.15")).status_code == 404


def test_a_family_with_a_folder_gets_nothing_while_no_version_is_pinned(phone, own, upload):
    upload("grp2610fw.bin", "1.0.9.1", "GRP2614", family="grandstream")
    assert phone(own("GRP2614") + "grp2610fw.bin").status_code == 404


def test_the_preview_hides_the_token_in_the_address(session, sealer, upload, app):
    upload("fw.rom", "1.0", "T31G")
    device = make_device(session, profile=make_profile(session, firmware__version="1.0"))
    setup_service.ensure_proofs(device, sealer)
    session.commit()
    text = previews.render(
        session.connection(), device, "", app.extensions["renderer"], sealer,
        "https://portal.test", datetime.now(UTC),
    )  # fmt: skip
    assert "/p/t/••••••/fw.rom" in text
    assert sealer.open(device.token_sealed) not in text


def test_two_workers_give_one_tag_whatever_is_uploaded_for_others(phone, session, own, upload):
    upload("fw.rom", "1.0", "T31G")
    url = own(profile=make_profile(session, firmware__version="1.0"))
    name = url + main_name(session)
    first = phone(name).headers["ETag"]
    upload("other.rom", "1.0", "T46U")
    assert phone(name, agent="Yealink SIP-T31G 124.84.0.9").headers["ETag"] == first


def test_no_request_takes_more_than_four_statements(phone, session, own, upload):
    upload("fw.rom", "1.0", "T31G")
    parent = make_profile(session, firmware__version="1.0")
    url = own(profile=make_profile(session, parent=parent))
    names = [main_name(session), "fw.rom", "none.rom", f"{main_name(session)[:-4]}.boot"]
    statements = []

    def note(conn, cursor, statement, *rest):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    for name in names:
        statements.clear()
        phone(url + name)
        assert 0 < len(statements) <= 4, name
    event.remove(db.engine, "before_cursor_execute", note)
