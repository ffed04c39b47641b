"""A custom family made by one process is served by all workers within seconds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal import create_app
from portal.config import Config
from portal.custom_families import service
from portal.extensions import db
from portal.vendors import FAMILIES
from tests.custom_families.making import family_text
from tests.end_to_end.running import Portal, wait_for
from tests.factories import ACTOR

MAC = "02aacc000001"


@pytest.fixture
def portal(tmp_path, monkeypatch):
    portal = Portal(tmp_path / "instance")
    portal.environ["PORTAL_WORKERS"] = "2"
    portal.start()
    yield portal
    portal.stop()
    FAMILIES.put_custom([])


def make_family(portal):
    app = create_app(Config.load({}, instance=portal.folder))
    with app.app_context():
        declaration = service.tried("custom_acme", family_text())
        now = datetime.now(UTC)
        service.create_family(db.session(), ACTOR, now, "custom_acme", declaration)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def test_all_workers_serve_a_family_that_was_made_elsewhere(portal):
    make_family(portal)
    portal.run("device", "add", MAC, "--model", "Desk-3")
    told = portal.run("device", "url", MAC)
    own = next(url for url in told.values() if "/p/t/" in str(url))
    path = own.partition(f":{portal.port}")[2] + f"acme-{MAC}.cfg"
    wait_for("a worker knows the family", lambda: portal.fetch(path)[0] == 200, seconds=10)
    wait_for(
        "all workers know it",
        lambda: all(portal.fetch(path)[0] == 200 for _ in range(20)),
        seconds=10,
    )
    assert "user.1 = ~\n" in portal.fetch(path)[1]
