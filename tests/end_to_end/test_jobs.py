"""A long import in a portal in service: it goes on by itself, and SIGKILL leaves all or nothing."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import new_page, signed_in_to
from tests.end_to_end.running import Portal, wait_for

ROWS = 5_000


@pytest.fixture
def portal(tmp_path):
    portal = Portal(tmp_path / "instance")
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture
def long_list(tmp_path):
    lines = [f"00:15:65:00:{n >> 8:02X}:{n & 255:02X};T46U;S{n};Desk {n}" for n in range(ROWS)]
    file = tmp_path / "long.csv"
    file.write_text("\n".join(["MAC;Model;Serial;Description", *lines]))
    return file


def count(portal, table="devices"):
    with closing(sqlite3.connect(portal.folder / "portal.sqlite3")) as database:
        return database.execute(f"select count(*) from {table}").fetchone()[0]


def state(portal):
    """Return whether the newest list began, whether it is applied, and its failure."""
    with closing(sqlite3.connect(portal.folder / "portal.sqlite3")) as database:
        return database.execute(
            "select started_at is not null, applied_at is not null, failure from imports"
            " order by id desc limit 1"
        ).fetchone()


def is_storing(portal):
    """Is there a number of stored rows in the queue's file, and is the job not done?"""
    with closing(sqlite3.connect(portal.folder / "jobs.sqlite3")) as database:
        return database.execute("select 1 from kv where key like 'import-%'").fetchone()


def workers(portal):
    """Return the ids of the processes of this installation that work off its jobs."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read().split(b"\0")
            with open(f"/proc/{entry}/environ", "rb") as file:
                environ = file.read()
            with open(f"/proc/{entry}/stat") as file:
                is_gone = file.read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if b"jobs" in command and str(portal.folder).encode() in environ and not is_gone:
            found.append(int(entry))
    return found


def upload(page, portal, file):
    page.goto(portal.url + "/imports")
    page.get_by_label("File", exact=False).first.set_input_files(file)
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("heading", name=file.name).wait_for()


def test_long_import_goes_on_by_itself_and_the_page_shows_its_end(chromium, portal, long_list):
    state_of_browser = signed_in_to(chromium, portal)
    context, page, errors = new_page(chromium, state_of_browser)
    upload(page, portal, long_list)
    page.get_by_role("button", name=re.compile("Import 5,000 devices")).click()
    page.get_by_role("heading", name="Importing the list").wait_for()
    expect(page.get_by_role("heading", name=re.compile("Imported 5,000 devices"))).to_be_visible(
        timeout=40_000
    )
    assert count(portal) == ROWS
    assert errors == []
    context.close()


def test_killed_in_the_middle_nothing_is_stored_and_the_job_says_so(chromium, portal, long_list):
    state_of_browser = signed_in_to(chromium, portal)
    context, page, _ = new_page(chromium, state_of_browser, java_script_enabled=False)
    upload(page, portal, long_list)
    page.get_by_role("button", name=re.compile("Import 5,000 devices")).click()
    wait_for("rows are being stored", lambda: is_storing(portal), every=0.005)
    portal.kill()
    assert state(portal)[:2] == (1, 0), "the job was done before it was killed"
    assert count(portal) == 0
    portal.start()
    wait_for("the job is taken up", lambda: state(portal)[2])
    page.reload()
    page.get_by_text("The portal was stopped while it imported this list").wait_for()
    page.get_by_role("button", name=re.compile("Import 5,000 devices")).click()
    wait_for("the list is stored", lambda: state(portal)[1])
    assert count(portal) == ROWS
    page.get_by_role("link", name="Reload").click()
    page.get_by_role("heading", name=re.compile("Imported 5,000 devices")).wait_for()
    context.close()


def test_one_process_works_off_jobs_and_it_ends_with_the_portal(portal):
    wait_for("the jobs' process runs", lambda: workers(portal))
    time.sleep(1)
    with open(f"/proc/{min(workers(portal))}/stat") as file:
        parent = int(file.read().rpartition(")")[2].split()[1])
    assert parent == portal.server.pid
    os.kill(portal.server.pid, signal.SIGKILL)
    portal.server.wait()
    wait_for("the jobs' process ends", lambda: not workers(portal))
