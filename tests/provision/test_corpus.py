"""Real-looking requests of every family, replayed: each is answered as that phone expects.

`requests.tsv` is the corpus; its README: every MAC named is in the inventory with the model of the
row; a common file that a site does not offer may be 404.
"""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.devices import previews, setup_service
from portal.models import Site
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
        "firmware": {200, 404},
        "upload": {200, 201, 204},
    }[row["expected"]]
    if row["path"] in OTHERWISE:
        expected = OTHERWISE[row["path"]]
    assert answer.status_code in expected, answer.text[:200]


def door_of(session, sealer, row):
    """Return the address that the phone of this row was given."""
    if "expired-token" in row["path"]:
        return "/p/t/" + "a" * 32
    mac = row["mac"] or ("02005e000001" if row["family"] == "linphone" else "")
    if not mac:
        return "/p/s/" + sealer.open(session.get_one(Site, 1).site_token_sealed)
    pairs = FAMILIES.find_models(row["model"], mac)
    if row["path"] in OTHERWISE:
        return "/p/t/" + "a" * 32
    assert pairs, f"no family knows {row['model']}"
    vendor = pairs[0][0].vendor
    device = make_device(
        session, mac, row["model"] if len(pairs) == 1 else f"{vendor} {row['model']}"
    )
    setup_service.ensure_proofs(device, sealer)
    session.commit()
    return previews.addresses(session, device, sealer, "")[1].rstrip("/")


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
