"""Whatever is sent in a form or an address, the portal answers: a page, a sentence, or 404."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.extensions import db
from tests.all_forms import offer_more, pages_of
from tests.page_forms import PostForm, forms_in
from tests.stored import Snapshot
from tests.world import World, open_world

NASTY = (
    "\x00",
    "9" * 30,
    "-1",
    "\u00b2",  # a digit that int() does not take
    "\u0663",  # a digit that int() takes
    "Ø" * 5_000,
    "<b>'\"&{{ 7 * 7 }}",
    "../../etc/passwd",
    "1e309",
    "a\r\nb",
    "9999-12-31T23:59",
    "1 to 999999999",
    "\ufffe\u202e",
)
OWN = {"csrf_token", "version"}
# Ends the sign-in that all others need.
LAST = ("/sign-out", "/me/sign-ins")


@pytest.fixture(scope="module")
def world(blank_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(blank_instance, tmp_path_factory.mktemp("nasty") / "instance") as made:
        yield made


@pytest.fixture(scope="module")
def full(world: World) -> Iterator[Snapshot]:
    with world.app.app_context():
        offer_more(db.session(), world)
    kept = Snapshot(world.file)
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def client(world: World, full: Snapshot) -> FlaskClient:
    return world.client("admin")


@pytest.mark.parametrize("method", ["post", "get"])
def test_each_field_takes_whatever_is_sent(
    world: World, full: Snapshot, client: FlaskClient, method: str
) -> None:
    full.restore()
    forms = list(_forms(world, client, method))
    assert len(forms) > 10
    wrong, values = [], cycle(NASTY)
    for form in forms:
        full.restore()
        for name in sorted(form.names() - OWN):
            value = next(values)
            if told := _sent(client, form, method, name, value):
                wrong.append(f"{method} {form.address}, {name}={value[:30]!r}: {told}")
    assert not wrong, "\n".join(wrong)


def _forms(world: World, client: FlaskClient, method: str) -> Iterator[PostForm]:
    """Return each form once, however many pages have it."""
    met = set()
    for page in pages_of(world, client):
        for form in forms_in(page, method) if page.mimetype == "text/html" else ():
            key = form.address.partition("?")[0], frozenset(form.names())
            if key not in met and not form.address.startswith(LAST):
                met.add(key)
                yield form


def _sent(client: FlaskClient, form: PostForm, method: str, name: str, value: str) -> str:
    """Return what went wrong; "" for nothing."""
    data = form.data(**{name: value})
    how: dict[str, Any] = {"data": data} if method == "post" else {"query_string": data}
    try:
        status = client.open(form.address, method=method.upper(), **how).status_code
    except Exception as fault:
        return f"{type(fault).__name__}: {str(fault)[:200]}"
    return "" if status < 500 else str(status)
