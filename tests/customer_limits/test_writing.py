"""Users limited to some customers change nothing of another one, whatever ids they guess."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import (
    delete,
    select,
)

from portal import jobs, models
from portal.extensions import db
from portal.models import user_customers
from portal.users import limit_service
from tests.browsing import hidden, send
from tests.factories import ACTOR
from tests.stored import rows_in, unchanged
from tests.world import WORD, World

GUESSES = [
    # An account of another customer on an own port.
    ("/devices/{mac}/ports/2", {"account": "{their_account}"}, 422),
    # Customers that are no choice, and none at all, which is stock.
    ("/devices/{mac}/edit", {"model": "T46U", "customer": "{their_customer}"}, 422),
    ("/devices/{mac}/edit", {"model": "T46U", "customer": ""}, 422),
    ("/devices", {"mac": "805ec0300000", "model": "T46U", "customer": "{their_customer}"}, 422),
    ("/devices", {"mac": "805ec0300000", "model": "T46U", "customer": ""}, 422),
    # What is unique in the whole portal, and taken outside.
    ("/devices", {"mac": "{their_mac}", "model": "T46U", "customer": "{customer}"}, 422),
    (
        "/devices",
        {"mac": "805ec0300000", "model": "T46U", "customer": "{customer}",
         "inventory_id": "tag-{word}"},
        422,
    ),
    # Things of another customer below an own one.
    ("/customers/{customer}/contacts/{their_contact}/edit", {"name": "Taken over"}, 404),
    ("/customers/{customer}/contacts/{their_contact}/delete", {}, 404),
    ("/devices/{mac}/uploads/{their_upload}/delete", {}, 404),
]  # fmt: skip


@pytest.mark.parametrize(("address", "data", "status"), GUESSES)
def test_guessed_ids_change_nothing_and_tell_nothing(world, address, data, status):
    client = world.client("limited")
    known = {
        "word": WORD,
        "mac": world.mine.device.mac,
        "customer": world.mine.customer.id,
        "their_mac": world.theirs.device.mac,
        "their_account": world.theirs.free.id,
        "their_customer": world.theirs.customer.id,
        "their_contact": world.theirs.contact.id,
        "their_upload": world.theirs.upload.id,
    }
    address = address.format(**known)
    form = {name: text.format(**known) for name, text in data.items()}
    page = client.get(address if "/edit" in address else f"/devices/{world.mine.device.mac}")
    if marks := re.findall(r'name="version"[^>]* value="([^"]*)"', page.text):
        form["version"] = marks[0]
    if "/ports/" in address:
        form["version"] = hidden(client.get(address), "version")
    with unchanged(world.file):
        answer = send(client, address, form)
    assert answer.status_code == status
    assert WORD not in answer.text.replace(f"tag-{WORD}", "")


def upload(world: World, *lines: str, customer: str = "") -> str:
    """Upload a list as the limited operator; returns the address of its page."""
    text = "\n".join(["MAC;Model;Customer;Inventory ID", *lines])
    answer = send(world.client("limited"), "/imports", {"text": text, "customer": customer})
    assert answer.status_code == 303, answer.text
    return answer.location


ROWS = {
    "805ec0200000;T46U;mine Ltd;": "belongs to another customer",
    f"805ec0400001;T46U;{WORD} Ltd;": "is none of your customers",
    "805ec0400001;T46U;Nobody Ltd;": "is none of your customers",
    "805ec0400001;T46U;;": "No customer is given",
    "805ec0100000;T46U;-clear-;": "No customer is given",
    f"805ec0400001;T46U;mine Ltd;tag-{WORD}": "belongs to a device of another customer",
}


@pytest.mark.parametrize(("row", "why"), ROWS.items())
def test_rows_for_others_are_held_back_and_the_rest_is_imported(world, row, why):
    client = world.client("limited")
    address = upload(world, row, "805ec0400002;T46U;mine Ltd;")
    page = client.get(address)
    assert why in page.text
    assert WORD in row or WORD not in page.text
    before = rows_in(world.file)["devices"]
    answer = send(client, f"{address}/apply", {"version": hidden(page, "version")})
    assert answer.status_code == 303
    after = rows_in(world.file)["devices"]
    assert after[:-1] == before
    assert "805ec0400002" in after[-1]


def test_file_that_somebody_else_looked_at_is_compared_anew(world):
    row = f"{world.theirs.device.mac};T46U;{WORD} Ltd;"
    text = "\n".join(["MAC;Model;Customer;Inventory ID", row])
    other = world.client("operator")
    seen = other.get(send(other, "/imports", {"text": text}).location).text
    assert "unchanged" in seen
    page = world.client("limited").get(upload(world, row)).text
    assert "belongs to another customer" in page


def test_own_import_can_be_taken_back_and_that_of_others_not(world):
    client = world.client("limited")
    before = rows_in(world.file)["devices"]
    assert send(client, f"/imports/{world.theirs.applied.id}/undo").status_code == 404
    assert rows_in(world.file)["devices"] == before
    assert send(client, f"/imports/{world.mine.applied.id}/undo").status_code == 303
    gone = set(before) - set(rows_in(world.file)["devices"])
    assert [row[1] for row in gone] == ["805ec0100002"]


def test_long_import_is_stored_within_the_limits_of_who_asked(world):
    config = world.app.config["PORTAL"]
    world.app.config["PORTAL"] = replace(config, import_at_once_rows=0)
    try:
        address = upload(world, "805ec0400002;T46U;mine Ltd;")
        page = world.client("limited").get(address)
        send(world.client("limited"), f"{address}/apply", {"version": hidden(page, "version")})
        with world.app.app_context():
            user = db.session.scalar(select(models.User).where(models.User.name == "limited"))
            user.customers = [db.session.get(models.Customer, world.theirs.customer.id)]
            db.session.commit()
        before = rows_in(world.file)["devices"]
        with world.app.app_context():
            jobs.store_import(world.app, int(address.rpartition("/")[2]))
    finally:
        world.app.config["PORTAL"] = config
    assert rows_in(world.file)["devices"] == before
    assert "Something changed since this preview" in world.client("limited").get(address).text


def test_limit_holds_from_the_next_click_on_and_ends_with_it(world):
    client, address = world.client("operator"), f"/devices/{world.theirs.device.mac}"
    assert client.get(address).status_code == 200
    for customers, status in (([world.mine.customer.id], 404), (None, 200)):
        with world.app.app_context():
            session = db.session()
            user = session.scalar(select(models.User).where(models.User.name == "operator"))
            chosen = customers and [session.get(models.Customer, one) for one in customers]
            limit_service.limit_to_customers(session, ACTOR, user, chosen)
            session.commit()
        assert client.get(address).status_code == status


def test_user_whose_last_customer_is_deleted_sees_nothing(world):
    with world.app.app_context():
        db.session.execute(delete(user_customers))
        db.session.commit()
    page = world.client("limited").get("/devices").text
    assert "80:5E:C0" not in page


def test_limited_administrator_changes_nothing_that_all_customers_share(world):
    with world.app.app_context():
        user = db.session.scalar(select(models.User).where(models.User.name == "limited"))
        user.role = "admin"  # as no page and no command lets it be
        db.session.commit()
    client = world.client("limited")
    assert client.get("/profiles/new").status_code == 403
    assert client.get(f"/devices/{world.theirs.device.mac}").status_code == 404
