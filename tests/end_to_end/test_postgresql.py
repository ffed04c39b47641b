"""The same portal on PostgreSQL, by one URL: schema, commands, import, and a phone's file."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import delete, insert, select

from portal import create_app
from portal.config import Config
from portal.extensions import db
from portal.models import CheckIn, User
from portal.models.base import utc_now
from portal.provision import forgetting
from tests.browsing import signed_in
from tests.end_to_end.conftest import LISTS
from tests.end_to_end.running import Portal, free_port, wait_for

MAC = "80:5e:c0:d5:7d:72"


def installed(name: str) -> str:
    """Return a program of the newest PostgreSQL server; Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found += [Path(path) for path in [shutil.which(name)] if path]
    assert found, f"{name} is not installed; `make test` as root installs postgresql"
    return str(found[-1])


def as_nobody_special(command: list[str]) -> list[str]:
    """The server refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A server of its own, on a free port and in a folder of its own; returns its URL."""
    folder = Path(tempfile.mkdtemp(prefix="portal-postgresql-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data, port = folder / "data", free_port()
    made = subprocess.run(
        as_nobody_special([installed("initdb"), "-D", str(data), "-A", "trust", "-U", "portal"]),
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            as_nobody_special(
                [
                    *(installed("postgres"), "-D", str(data), "-p", str(port)),
                    *("-h", "127.0.0.1", "-k", str(folder), "-c", "fsync=off"),
                ]
            ),
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    ready = [installed("pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
    wait_for("PostgreSQL", lambda: not subprocess.run(ready, capture_output=True).returncode)
    yield f"postgresql+psycopg://portal@127.0.0.1:{port}/postgres"
    server.terminate()
    server.wait(timeout=30)
    shutil.rmtree(folder)


@pytest.fixture
def portal(database: str, tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(tmp_path / "instance", PORTAL_DATABASE_URL=database)
    yield portal
    portal.stop()


def test_the_portal_works_on_postgresql(portal):
    portal.run("demo")
    portal.run("profile", "add", "Office", "--set", "sip.registrar_host=sip.example.net")
    portal.run("customer", "add", "Example Ltd")
    portal.run("account", "add", "201", "--customer", "Example Ltd")
    owner = ("--customer", "Example Ltd", "--profile", "Office")
    portal.run("device", "add", MAC, "--model", "T31G", *owner)
    portal.run("port", "assign", MAC, "1", "201")
    own = portal.run("device", "url", MAC)["own"].removeprefix(portal.url)
    assert portal.run("import", str(LISTS / "01_plain_list.xlsx"))["summary"]["new"] == 12
    assert portal.run("import", str(LISTS / "01_plain_list.xlsx"))["summary"]["unchanged"] == 12

    portal.start()
    status, file = portal.fetch(own + "805ec0d57d72.cfg")
    assert status == 200
    assert "account.1.sip_server.1.address = sip.example.net\n" in file
    portal.run("profile", "set", "Office", "sip.registrar_host=sip2.example.net", "--publish")
    assert "sip2.example.net" in portal.fetch(own + "805ec0d57d72.cfg")[1]
    wait_for("the check-in is noted", lambda: portal.run("device", "show", MAC)["last_seen_at"])
    assert portal.fetch("/p/s/" + "a" * 32 + "/805ec0000099.cfg")[0] == 404


def test_limits_to_customers_hold_on_postgresql(portal, database):
    for name, mac in (("Mine", "805ec0d50001"), ("Theirs", "805ec0d50002")):
        portal.run("customer", "add", name)
        portal.run("device", "add", mac, "--model", "T31G", "--customer", name)
    portal.run("user", "add", "anna", "--role", "operator")
    portal.run("user", "limit", "anna", "--customer", "Mine")
    app = create_app(Config.load({}, instance=portal.folder, database_url=database))
    with app.app_context():
        anna = db.session.scalar(select(User).where(User.name == "anna"))
        anna.must_change_password = False
        db.session.commit()
        client = signed_in(app, anna)
        page = client.get("/devices").text
        assert "80:5E:C0:D5:00:01" in page
        assert "80:5E:C0:D5:00:02" not in page
        for tab in ("timeline", "uploads", "setup"):
            assert client.get(f"/devices/805ec0d50001?tab={tab}").status_code == 200
        assert client.get("/imports").status_code == 200
        assert client.get("/devices/805ec0d50002").status_code == 404
        db.session.remove()
        db.engine.dispose()


def test_two_processes_forget_old_check_ins_without_waiting_for_each_other(portal, database):
    row = {"at": utc_now() - timedelta(days=200), "filename": "y000.cfg", "protocol": "https"}
    row |= {"address": "192.0.2.7", "user_agent": "", "proof": "", "reason": "", "tag": ""}
    app = create_app(Config.load({}, instance=portal.folder, database_url=database))
    with app.app_context():
        db.session.execute(delete(CheckIn))
        db.session.execute(insert(CheckIn), [{**row, "status": 200}] * 10)
        db.session.commit()
        before = utc_now()
        with db.engine.begin() as one, db.engine.begin() as other:
            assert forgetting.forget(one, before, most=4) == 4
            assert forgetting.forget(other, before) == 6
        assert db.session.scalar(select(CheckIn.id)) is None
        db.session.remove()
        db.engine.dispose()


def test_of_many_guesses_at_once_none_slips_through(portal):
    """Both workers and eight threads of each look at the same counters."""
    password = portal.run("user", "reset-password", "admin")["password"]
    portal.start()

    def sign_in(typed: str) -> int:
        with requests.Session() as browser:
            browser.verify, browser.trust_env = str(portal.certificate), False
            page = browser.get(portal.url + "/sign-in", timeout=20).text
            token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
            assert token
            data = {"csrf_token": token[1], "name": "admin", "password": typed}
            return browser.post(
                portal.url + "/sign-in",
                data=data,
                headers={"Referer": portal.url},
                allow_redirects=False,
                timeout=20,
            ).status_code

    with ThreadPoolExecutor(16) as browsers:
        answers = list(browsers.map(sign_in, ["wrong"] * 32))
    assert set(answers) == {422, 429}
    # Five are free; a slow machine may see a wait of 2, 4 or 8 seconds end.
    assert 5 <= answers.count(422) <= 8
    wait_for("the wait ends", lambda: sign_in(password) in (200, 303), every=1)
