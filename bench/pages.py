"""Best of seven times, and statements, of every page that lists or counts, at 100,000 devices.

Processor time is what counts: the machine may do other things meanwhile.

``python -m bench.pages [FOLDER [WORD]]``

With FOLDER the data is made there and used again the next time; else in a temporary folder. With
WORD only pages with it in their name or address are measured.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.estate import ADMIN, BUSY, LARGE, LIMITED, OWN, fill, mac_of
from bench.imports import installation

PAGE_MS, SEARCH_MS = 200, 100
TIMES = 7

SEARCHES = {
    "whole MAC": "80:5e:c0:00:27:11",
    "last 4 digits": "2711",
    "last 6 digits": "002711",
    "two digits": "27",
    "serial": "SN0077",
    "user name": "149999",
    "number": "1001",
    "customer": "customer+1",
    "model": "T46U",
    "a word": "reception",
    "nothing found": "zzzzzz",
}
FILTERS = (
    "q=reception", "q=2711", "q=customer+1", f"customer={LARGE}", "customer=77", "model=T46U",
    "vendor=Yealink", "family=yealink", "firmware=1.86.0.5", f"profile={LARGE}", "profile=7",
    "state=assigned", "state=stock", "state=retired", "seen=never", "seen=yes", "behind=1",
    "ports=not-used", "ports=partly", "ports=full",
    *(f"status={key}" for key in ("retired", "locked", "reset", "no-model", "refused", "late",
                                  "pending", "ok", "stock", "waiting", "never")),
    "status=ok&ports=partly", f"status=pending&profile={LARGE}", "status=ok&model=T46U&q=workshop",
    f"ports=full&customer={LARGE}", "q=reception&sort=customer&dir=asc",
    "status=ok&sort=profile&dir=asc", "ports=partly&sort=free&dir=asc", "behind=1&seen=yes",
    f"customer={LARGE}&status=never&ports=not-used", "vendor=Yealink&firmware=1.86.0.5&q=SN",
    "page=1900", "status=ok&page=500", "q=reception&page=300", "sort=customer&dir=asc&page=1900",
)  # fmt: skip


def pages() -> Iterator[tuple[str, str]]:
    """Yield name and address of each page; searches are named so, as they must be faster."""
    from portal.devices.filters import SORTS

    yield "dashboard", "/"
    yield "dashboard: a week", "/?hours=168"
    for reason in ("set-up window is closed", "device is locked", "wrong password"):
        yield f"refusals: {reason}", f"/refusals?reason={reason}"
    for kind, text in SEARCHES.items():
        yield f"search: {kind}", f"/search?q={text}"
    yield "inventory", "/devices"
    for text in FILTERS:
        yield f"inventory: {text}", f"/devices?{text}"
    for sort in sorted(SORTS):
        for direction in ("asc", "desc"):
            yield f"inventory: by {sort} {direction}", f"/devices?sort={sort}&dir={direction}"
    yield from _device_pages()
    yield from _list_pages()
    yield from _profile_pages()
    yield from _other_pages()


def _device_pages() -> Iterator[tuple[str, str]]:
    device = f"/devices/{mac_of(BUSY)}"
    for tab in ("settings", "files", "timeline", "trust", "uploads"):
        yield f"device: {tab}", f"{device}?tab={tab}"
    for kind in ("fetches", "refusals", "changes", "imports", "notes"):
        yield f"device: time line: {kind}", f"{device}?tab=timeline&kind={kind}"
    yield "device: time line, page 100", f"{device}?tab=timeline&page=100"
    yield "device: edit", f"{device}/edit"
    yield "device: settings form", f"{device}/settings"
    yield "device: fill ports", f"{device}/fill"
    yield "device: replace", f"{device}/replace"
    yield "device: port", f"{device}/ports/1"
    yield "device: accounts for a port", f"{device}/ports/2/accounts"
    yield "device: accounts for a port, 1", f"{device}/ports/2/accounts?q=1"
    yield "device: move an account", f"{device}/ports/1/move?q=reception"
    yield "device: new", "/devices/new"
    for number, (kind, value) in enumerate(
        (("profile", 1), ("customer", 2), ("state", "stock"), ("window", 60)), start=1
    ):
        for first in (0, 4):  # the administrator's, the limited user's
            yield f"bulk: {kind}", f"/devices/bulk/{first + number}"
            yield f"bulk: {kind}, preview", f"/devices/bulk/{first + number}?value={value}"
    yield "labels", f"/labels?mac={mac_of(BUSY)}"


def _list_pages() -> Iterator[tuple[str, str]]:
    yield "accounts", "/accounts"
    for text in (
        "q=1001", "q=person+77", "q=zzz", f"customer={LARGE}", "use=free", "use=used",
        "state=enabled", "state=disabled", "state=due", "use=free&state=enabled", "page=900",
        f"use=used&customer={LARGE}&q=10", "use=used&page=900",
    ):  # fmt: skip
        yield f"accounts: {text}", f"/accounts?{text}"
    for what in ("new", "range", "77", f"{BUSY}"):
        yield f"accounts: {what}", f"/accounts/{what}"
    for text in ("", "?q=customer+1", "?page=10"):
        yield f"customers{text}", f"/customers{text}"
    for name in ("", "/edit", "/settings", "/trust", "/installing", "/contacts", "/delete",
                 "/contacts?q=contact+7", "/contacts?page=40", "/contacts/import"):  # fmt: skip
        yield f"customer{name}", f"/customers/{LARGE}{name}"
    for text in ("", "?q=192.0.2", "?q=805ec1000f", "?show=ignored", "?show=literal", "?show=all",
                 "?customer=1", "?page=90"):  # fmt: skip
        yield f"unknown phones{text}", f"/unknown-phones{text}"


def _profile_pages() -> Iterator[tuple[str, str]]:
    for text in ("", "?q=profile+1", "?state=unused", "?state=draft", "?family=any"):
        yield f"profiles{text}", f"/profiles{text}"
    for name in ("", "/publish", "/copy", "/edit", "/delete", "/versions/7/again"):
        yield f"profile of 40,000{name}", f"/profiles/{LARGE}{name}"
    yield "profile of 40,000/publish?find", f"/profiles/{LARGE}/publish?find=reception"
    yield "profile below it", "/profiles/2"


def _other_pages() -> Iterator[tuple[str, str]]:
    yield "audit", "/audit"
    for text in (
        "q=desk+7", "q=zzzz", "user=user+12", "group=device", "group=profile", "group=import",
        f"object=device:{BUSY}", "import_id=1", "since=2026-01-01", "until=2030-01-01",
        "user=user+12&group=port&q=desk",
    ):  # fmt: skip
        yield f"audit: {text}", f"/audit?{text}"
    for text in ("",):
        yield f"imports{text}", f"/imports{text}"
    for number, kind in ((1, "result"), (2, "preview")):
        for text in ("", "?page=400", "?outcome=changed&page=300", "?outcome=left_out"):
            yield f"import: {kind}{text}", f"/imports/{number}{text}"
    yield "import: undo", "/imports/1/undo"
    for name in ("/catalogue", "/catalogue?q=T46", "/catalogue/yealink", "/catalogue/custom",
                 "/firmware", "/firmware/7/delete", "/security", "/certificates",
                 "/certificates?q=805ec0", "/certificates?page=90", "/users", "/users/10",
                 "/users/new", "/tokens", "/tokens/all", "/tokens/all?page=30", "/settings",
                 "/settings/edit", "/me"):  # fmt: skip
        yield name[1:], name


# These are asked for as a script does: the page would be left at once for what is meant.
FRAGMENTS = ("search", "device: accounts")
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@contextmanager
def counted(engine: Any) -> Iterator[list[str]]:
    """Give the list of statements that run inside."""
    from sqlalchemy import event

    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def measure(app: Any, word: str) -> bool:
    """Print a line for each page and person; returns whether all kept to their time."""
    from portal.extensions import db

    kept = True
    with app.app_context():
        engine = db.engine
    for who in (ADMIN, LIMITED):
        client = signed_in_as(app, who)
        print(f"\n{who:44} {'cpu ms':>7} {'of':>5} {'wall':>7} {'statements':>11}")
        for name, url in pages():
            if word not in name and word not in url:
                continue
            is_part = name.startswith(FRAGMENTS)
            asked = {"headers": PARTIAL if is_part else {}, "buffered": True}
            status = client.get(url, **asked).status_code
            if status in {403, 404} and (who == LIMITED or name.startswith("bulk")):
                continue  # not for this person
            if status != 200:
                print(f"{name:44} answers {status}")
                kept = False
                continue
            (ms, wall), statements = best_of(client, url, asked, engine)
            most = SEARCH_MS if name.startswith("search") else PAGE_MS
            kept = kept and ms <= most
            missed = "" if ms <= most else "  MISSED"
            print(f"{name:44} {ms:7.1f} {most:5} {wall:7.1f} {statements:11}{missed}", flush=True)
    return kept


def best_of(
    client: Any, url: str, asked: dict[str, Any], engine: Any
) -> tuple[tuple[float, float], int]:
    """Return the best processor time and its wall time in ms, and the count of statements."""
    times: list[tuple[float, float]] = []
    for _ in range(TIMES):
        with counted(engine) as statements:
            start = time.process_time(), time.perf_counter()
            client.get(url, **asked)
            ends = time.process_time(), time.perf_counter()
        times.append((1000 * (ends[0] - start[0]), 1000 * (ends[1] - start[1])))
    return min(times), len(statements)


def signed_in_as(app: Any, who: str) -> Any:
    """Return a client with an administrator, or an operator who is limited to three customers."""
    from sqlalchemy import select

    from portal.audit import Actor
    from portal.extensions import db
    from portal.models import Customer, User
    from portal.users import limit_service
    from portal.users import service as users
    from tests.browsing import signed_in

    with app.app_context():
        session, actor = db.session(), Actor("bench")
        user = session.scalar(select(User).where(User.name == who))
        if user is None:
            role = "admin" if who == ADMIN else "operator"
            user = users.create_user(session, actor, who, "four unrelated words", role=role)
            if who == LIMITED:
                own = session.scalars(select(Customer).where(Customer.id.in_(OWN))).all()
                limit_service.limit_to_customers(session, actor, user, own)
        session.commit()
        return signed_in(app, user)


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        if (folder / "portal.sqlite3").exists():
            app = existing(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            app = installation(folder)
            with app.app_context():
                fill(datetime.now(UTC))
        sys.exit(0 if measure(app, "".join(sys.argv[2:3])) else 1)


def existing(folder: Path) -> Any:
    from portal import create_app
    from portal.cli import first_run
    from portal.config import Config

    app = create_app(Config.load({}, instance=folder, check_in_flush_s=3600))
    app.testing = True
    with app.app_context():
        first_run.migrate()
    return app


if __name__ == "__main__":
    main()
