"""Secrets are planted as canaries, the portal is used, and then nothing may sing.

Searched: the database with its journal, the queue's file, logs, temporary files, command lines of
all processes, every page and export, error pages, the audit, what commands print.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.end_to_end.conftest import PASSWORD, new_page, signed_in_to, whole
from tests.end_to_end.running import Portal, wait_for

MAC = "805ec0d57d72"
CANARIES = {
    "SIP password": "Canary-sip-Zu8kPq",
    "web password of the phone, in the profile": "Canary-web-Hb3xTn",
    "raw parameter of the device": "Canary-raw-Lm5vRs",
    "SIP password in an uploaded list": "Canary-list-Wq9dYc",
}
PAGES = [
    "/devices", f"/devices/{MAC}", *(f"/devices/{MAC}?tab={tab}" for tab in
    ("settings", "files", "timeline", "trust", "uploads")), f"/devices/{MAC}/edit",
    f"/devices/{MAC}/settings", "/profiles", "/profiles/1", "/accounts", "/accounts/1/edit",
    "/customers", "/customers/1", "/imports", "/imports/1", "/catalogue", "/firmware",
    "/security", "/devices/export.csv", "/devices/export.xlsx", "/accounts/export.csv",
    "/accounts/export.xlsx", "/customers/export.csv", "/nothing-here", "/p/nothing",
]  # fmt: skip


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A portal that logs everything, with a canary in every place for secrets."""
    portal = Portal(
        tmp_path_factory.mktemp("canaries") / "instance",
        PORTAL_LOG_LEVEL="DEBUG",
        PORTAL_IMPORT_AT_ONCE_ROWS="1",
    )
    web = CANARIES["web password of the phone, in the profile"]
    portal.run("customer", "add", "Example Ltd")
    portal.run("profile", "add", "Office", "--set", f"admin.password={web}")
    password = CANARIES["SIP password"]
    portal.run(
        "account", "add", "201", "--password-stdin", "--customer", "Example Ltd", stdin=password
    )
    given = "--customer", "Example Ltd", "--profile", "Office"
    portal.run("device", "add", MAC, "--model", "T31G", *given)
    portal.run("port", "assign", MAC, "1", "201")
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture(scope="module")
def used(chromium: Browser, portal: Portal) -> list[tuple[str, str]]:
    """Use the portal as people and phones do; returns every answer that people got."""
    began = time.time()
    signed_in = signed_in_to(chromium, portal)
    context, page, _errors = new_page(chromium, signed_in)
    page.goto(f"{portal.url}/devices/{MAC}/settings")
    raw = CANARIES["raw parameter of the device"]
    page.locator("textarea[name=parameters]").fill(f"account.2.password = {raw}")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("heading", name="Ports").wait_for()
    uploaded = CANARIES["SIP password in an uploaded list"]
    rows = ["MAC;Model;Customer;Port 1 Account;Port 1 Password"]
    rows += [f"805ec0000{n:03x};T31G;Example Ltd;30{n};{uploaded}{n}" for n in range(3)]
    page.goto(portal.url + "/imports")
    page.locator("input[type=file]").set_input_files(
        {"name": "list.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("button", name="Import 3").wait_for()
    whole(page)
    answers = [("began", str(began)), ("the preview", page.content())]
    page.get_by_role("button", name="Import 3").click()
    wait_for(
        "the list is stored as a job",
        lambda: "80:5E:C0:00:00:02" in text_at(context, portal.url + "/devices?q=805ec0000002"),
    )
    own = portal.run("device", "url", MAC)["own"].removeprefix(portal.url)
    site = portal.run("device", "url", MAC)["site"].removeprefix(portal.url)
    status, config = portal.fetch(f"{own}{MAC}.cfg")
    assert status == 200, "the phone is served"
    for name in ("SIP password", "web password of the phone, in the profile"):
        assert CANARIES[name] in config, "and it has the canaries"
    for path in (site, own, f"/p/t/{'a' * 32}/", "/p/"):
        portal.fetch(f"{path}{MAC}.cfg")
        portal.fetch(f"{path}nothing.php", Authorization="Basic YWFhOmJiYg==")
    answers += [(path, text_at(context, portal.url + path)) for path in PAGES]
    answers += [
        (" ".join(command), json.dumps(portal.run(*command)))
        for command in (
            ("device", "show", MAC),
            ("render", MAC),
            ("export", "devices", str(portal.folder / "devices.csv")),
            ("export", "accounts", str(portal.folder / "accounts.xlsx")),
            ("customer", "list"),
        )
    ]
    answers += [("a command line", line) for line in _command_lines(portal)]
    context.close()
    # The tokens are secrets too: people with the right may see them, files may not hold them.
    CANARIES["the phone's own token"] = own.split("/")[3]
    CANARIES["the customer's site token"] = site.split("/")[3]
    CANARIES["the administrator's password"] = PASSWORD
    portal.stop()  # flushes what waits
    return answers


def text_at(context: BrowserContext, url: str) -> str:
    """Return an answer as text; of a workbook, the text of all its parts."""
    answer = context.request.get(url)
    body = answer.body()
    if body[:2] != b"PK":
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as workbook:
        return "".join(
            workbook.read(name).decode("utf-8", "replace") for name in workbook.namelist()
        )


def test_no_page_export_command_or_error_shows_one(used: list[tuple[str, str]]) -> None:
    tokens = {"the phone's own token", "the customer's site token"}  # shown to whom they are for
    for where, text in used:
        for name, canary in CANARIES.items():
            if name not in tokens:
                assert canary not in text, f"{name} in {where}"


def test_no_file_of_the_installation_holds_one(portal: Portal, used: object) -> None:
    with zipfile.ZipFile(portal.folder / "accounts.xlsx") as workbook:
        workbook.extractall(portal.folder / "accounts")
    searched = 0
    for file in [*portal.folder.rglob("*"), *_backup_of(portal)]:
        if file.is_file() and file.parent.name not in {"keys", "tls"}:
            data = file.read_bytes()
            searched += len(data)
            for name, canary in CANARIES.items():
                assert canary.encode() not in data, f"{name} in {file.name}"
    assert searched > 100_000, "the database was among them"


def _backup_of(portal: Portal) -> list[Path]:
    """Back the database up, as SQLite does while it is in use."""
    copy = portal.folder / "backup.sqlite3"
    with sqlite3.connect(portal.folder / "portal.sqlite3") as source, sqlite3.connect(copy) as into:
        source.backup(into)
    source.close()
    into.close()
    return [copy]


def test_no_temporary_file_or_command_line_holds_one(used: list[tuple[str, str]]) -> None:
    began = used[0][1]
    lines = [text for where, text in used if where == "a command line"]
    assert any("portal" in line for line in lines)
    recent = [
        file
        for file in Path(tempfile.gettempdir()).glob("*")
        if file.is_file() and file.stat().st_mtime >= float(began)
    ]
    texts = [*lines, *(file.read_bytes().decode("latin-1") for file in recent)]
    for name, canary in CANARIES.items():
        assert not any(canary in text for text in texts), name


def _command_lines(portal: Portal) -> list[str]:
    """Return the command lines of the portal's processes: they are a session of their own."""
    assert portal.server
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if os.getsid(int(entry.name)) == portal.server.pid:
                found.append((entry / "cmdline").read_bytes().decode())
    return found
