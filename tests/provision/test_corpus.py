"""Real-looking requests of every family, replayed: each is answered as that phone expects.

`requests.tsv` is the corpus; its README: every MAC named is in the inventory with the model of the
row; a common file that a site does not offer may be 404.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import current_app

from portal.devices import previews, setup_service
from portal.models import FirmwareFile, Site
from portal.provision.identify import plain_mac
from portal.vendors import FAMILIES
from tests.factories import make_device

with (Path(__file__).parent / "requests.tsv").open(encoding="utf-8") as _file:
    ROWS = list(csv.DictReader(_file, delimiter="\t"))

# Rows that we answer otherwise, and why.
OTHERWISE = {
    # The M3's text format is in no source that we have; the model is in no family.
    "/m3/settings/00041380bd02.cfg": {404},
}


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row['family']}-{row['method']}-{row['path']}"[:80]
)
def test_a_request_is_answered_as_the_phone_expects(app, session, sealer, row):
    prefix = door_of(session, sealer, row)
    answer = app.test_client().open(
        prefix + row["path"],
        method=row["method"],
        base_url="https://portal.test",
        headers={"User-Agent": row["user_agent"]},
        data=b"<log/>" if row["method"] in {"PUT", "POST"} else None,
    )
    expected = {
        "device config": {200},
        "common config": {200, 404},
        "not found": {404},
        "firmware": {200},
        "upload": {200, 201, 204},
    }[row["expected"]]
    if row["path"] in OTHERWISE:
        expected = OTHERWISE[row["path"]]
    text = answer.text[:200]
    answer.close()  # an image is an open file
    assert answer.status_code in expected, text


def door_of(session, sealer, row):
    """Return the address that the phone of this row was given."""
    if "expired-token" in row["path"]:
        return "/p/t/" + "a" * 32
    mac = row["mac"] or ("02005e000001" if row["family"] == "linphone" else "")
    if not mac:
        if row["expected"] == "firmware":
            family, model = FAMILIES.find_models(row["model"])[0]
            keep_image(session, family.key, model.name, row["path"].rpartition("/")[2])
            session.commit()
        return "/p/s/" + sealer.open(session.get_one(Site, 1).site_token_sealed)
    pairs = FAMILIES.find_models(row["model"], mac)
    if not pairs and row["path"] in OTHERWISE:
        return "/p/t/" + "a" * 32
    assert pairs, f"no family knows {row['model']}"
    vendor = pairs[0][0].vendor
    named = row["model"] if len(pairs) == 1 else f"{vendor} {row['model']}"
    device = make_device(session, mac, named)
    if row["expected"] == "firmware":
        pin_firmware(session, device, row["path"].rpartition("/")[2])
    setup_service.ensure_proofs(device, sealer)
    session.commit()
    return previews.addresses(session, device, sealer, "")[1].rstrip("/")


def pin_firmware(session, device, name):
    """Upload an image of that name for the device's model, and pin its version."""
    keep_image(session, device.family, device.model, name)
    device.settings = {"firmware.version": "9.9"}


def keep_image(session, family, model, name):
    content = b"image of " + name.encode()
    sha256 = hashlib.sha256(content).hexdigest()
    folder = current_app.config["PORTAL"].instance / "firmware"
    folder.mkdir(exist_ok=True)
    (folder / sha256).write_bytes(content)
    session.add(
        FirmwareFile(
            family=family,
            filename=name,
            firmware_version="9.9",
            models=[model],
            sha256=sha256,
            size_bytes=len(content),
        )
    )


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r["user_agent"] and r["mac"]], ids=lambda r: r["user_agent"][:60]
)
def test_a_mac_in_the_user_agent_or_path_is_found(row):
    seen = FAMILIES.seen(row["user_agent"])
    path = urlsplit(row["path"])
    asked = FAMILIES.asked(path.path.strip("/"), row["method"] in {"PUT", "POST"})
    told = {plain_mac(groups.get("mac")) for _, _, groups in asked}
    told |= {plain_mac(mac) for mac in parse_qs(path.query).get("mac", [])}
    told.add(seen.mac if seen else None)
    assert row["mac"] in told
