"""Long lists: imported by a job, once, as a whole or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from portal import jobs
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.imports import job_service, service
from portal.imports.read import Options
from portal.models import AuditEntry, Device, Import
from tests.browsing import send
from tests.factories import make_device
from tests.imports.making import xlsx

HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
ROWS = [["MAC", "Model"], *([f"001565aabb0{n}", "T46U"] for n in range(1, 4))]


@pytest.fixture
def long_list(app, session, actor):
    """An upload of three rows, which is a long list here."""
    app.config["PORTAL"] = replace(app.config["PORTAL"], import_at_once_rows=2)
    now = datetime.now(UTC)
    upload = service.keep_upload(session, actor, "list.xlsx", xlsx(*ROWS), Options(), now)
    session.commit()
    return upload


@pytest.fixture
def operator(client_as):
    return client_as("operator")


def click(client, upload):
    url = f"/imports/{upload.id}"
    digest = re.search(r'name="version" value="(\w+)"', client.get(url).text)
    return send(client, f"{url}/apply", {"version": digest[1] if digest else "of the first click"})


def devices(session):
    return session.scalar(select(func.count()).select_from(Device))


def waiting_in(app):
    return app.extensions["jobs"].huey.pending_count()


def test_long_list_is_imported_by_a_job_and_not_in_the_request(app, session, operator, long_list):
    answer = click(operator, long_list)
    assert (answer.status_code, answer.location) == (303, f"/imports/{long_list.id}")
    assert devices(session) == 0
    page = operator.get(answer.location).text
    assert "It waits for its turn." in page
    assert "Reload" in page
    jobs.store_import(app, long_list.id)
    assert devices(session) == 3
    assert "Imported 3 devices (3 new)" in operator.get(answer.location).text
    made = session.scalars(select(AuditEntry).where(AuditEntry.action == "device.create")).all()
    assert {(entry.actor, entry.import_id) for entry in made} == {("operator-user", long_list.id)}


def test_short_list_is_imported_at_once(app, session, operator, long_list):
    app.config["PORTAL"] = replace(app.config["PORTAL"], import_at_once_rows=3)
    click(operator, long_list)
    assert devices(session) == 3
    assert waiting_in(app) == 0


def test_second_click_starts_no_second_job(app, session, operator, long_list):
    click(operator, long_list)
    assert click(operator, long_list).status_code == 303
    assert waiting_in(app) == 1


def test_job_that_is_asked_for_twice_is_done_once(app, session, operator, long_list):
    click(operator, long_list)
    jobs.store_import(app, long_list.id)
    jobs.store_import(app, long_list.id)
    entries = select(func.count()).where(AuditEntry.action == "import.apply")
    assert session.scalar(entries) == 1


def test_page_asks_again_after_a_second_then_less_often_and_ends_when_done(
    app, session, operator, long_list
):
    click(operator, long_list)
    url = f"/imports/{long_list.id}/progress"
    assert "load delay:1s" in operator.get(url, headers=HX).text
    assert f"{url}?asked=8" in operator.get(f"{url}?asked=7", headers=HX).text
    assert "load delay:3s" in operator.get(f"{url}?asked=30", headers=HX).text
    assert "load delay:10s" in operator.get(f"{url}?asked=900", headers=HX).text
    app.extensions["jobs"].tell(long_list.id, 1_000, 5_000)
    assert "1,000 of 5,000 devices are stored." in operator.get(url, headers=HX).text
    jobs.store_import(app, long_list.id)
    done = operator.get(url, headers=HX).text
    assert "Imported 3 devices" in done
    assert "hx-trigger" not in done


def test_progress_without_script_is_the_page(operator, long_list):
    answer = operator.get(f"/imports/{long_list.id}/progress")
    assert (answer.status_code, answer.location) == (303, f"/imports/{long_list.id}")


def test_list_cannot_be_changed_while_its_job_waits(session, operator, long_list):
    click(operator, long_list)
    session.refresh(long_list)
    with pytest.raises(RuleBroken, match="is being imported"):
        service.choose(session, long_list, Options())
    answer = send(operator, f"/imports/{long_list.id}/row", {"sheet": "List", "row": "2"})
    assert answer.status_code == 409
    assert "imported already, or being imported" in answer.text


def test_job_whose_preview_is_out_of_date_stores_nothing_and_says_so(
    app, session, operator, long_list
):
    click(operator, long_list)
    make_device(session, "001565aabb01")
    session.commit()
    jobs.store_import(app, long_list.id)
    assert devices(session) == 1
    page = operator.get(f"/imports/{long_list.id}").text
    assert "Something changed since this preview was made" in page
    click(operator, long_list)
    jobs.store_import(app, long_list.id)
    assert devices(session) == 3


def test_job_that_was_interrupted_says_so_and_is_offered_again(app, session, operator, long_list):
    click(operator, long_list)
    assert job_service.begin(session, long_list.id, datetime.now(UTC))
    session.commit()
    jobs.take_up(app)
    page = operator.get(f"/imports/{long_list.id}").text
    assert "The portal was stopped while it imported this list, so nothing of it is stored" in page
    assert "Import 3 devices (3 new)" in page
    click(operator, long_list)
    jobs.store_import(app, long_list.id)
    page = operator.get(f"/imports/{long_list.id}").text
    assert "Imported 3 devices" in page
    assert "was stopped" not in page


def test_job_that_waits_is_asked_for_again_after_a_restart(app, session, operator, long_list):
    click(operator, long_list)
    app.extensions["jobs"].huey.flush()
    jobs.take_up(app)
    assert waiting_in(app) == 1
    assert session.get(Import, long_list.id, populate_existing=True).is_job


def test_failure_that_nobody_expected_is_told_in_a_sentence(
    app, session, operator, long_list, caplog
):
    plan = service.preview(session, long_list)
    who = Actor("operator-user")
    job_service.queue_upload(session, who, datetime.now(UTC), long_list, plan.digest())
    session.commit()
    app.config.pop("PORTAL")
    jobs.store_import(app, long_list.id)
    stored = session.get(Import, long_list.id, populate_existing=True)
    assert stored.failure.startswith("The portal failed to import this list")
    assert not stored.is_job
    assert "import 1" in caplog.text
    assert devices(session) == 0
