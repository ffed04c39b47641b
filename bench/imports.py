"""Time and memory of an import against openpyxl's own time to iterate the file: ``make bench``.

Each size runs in a process of its own, in which everything is measured in one run.
"""

from __future__ import annotations

import gc
import io
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZES = (20_000, 200_000)
# Most times openpyxl's: upload to preview, storing. Most of growth in MiB and of a page in ms.
PREVIEW = {20_000: 1.2, 200_000: 0.8}
STORED = 0.5
GROWTH_MIB = 400
PAGE_MS = 200


def workbook(rows: int) -> bytes:
    """Return a list of phones, five columns wide."""
    from openpyxl import Workbook

    made = Workbook(write_only=True)
    sheet = made.create_sheet("Shipment")
    sheet.append(["MAC", "Model", "Serial number", "Description", "Inventory ID"])
    for number in range(rows):
        mac = f"00:15:65:{number >> 16:02X}:{number >> 8 & 255:02X}:{number & 255:02X}"
        sheet.append([mac, "T46U", f"31072{number:08}", f"Desk {number}", f"INV-{number:06}"])
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def iterated(data: bytes) -> float:
    """Return the seconds that openpyxl in read-only mode needs to iterate the file."""
    from openpyxl import load_workbook

    start = time.perf_counter()
    book = load_workbook(io.BytesIO(data), read_only=True)
    for row in book.active.iter_rows(values_only=True):
        assert row
    book.close()
    return time.perf_counter() - start


def grown_mib(before: int) -> float:
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def installation(folder: Path) -> Any:
    """Return the app of a new installation in `folder`."""
    from portal import create_app, crypto
    from portal.cli import first_run
    from portal.config import Config

    config = Config.load({}, instance=folder, check_in_flush_s=3600)
    crypto.write_key_file(config.sealing_key_file, crypto.new_sealing_key())
    crypto.write_key_file(config.session_key_file, crypto.new_token().encode())
    app = create_app(config)
    app.testing = True
    with app.app_context():
        first_run.migrate()
    return app


def operator(app: Any) -> Any:
    """Return a client in which an operator is signed in."""
    from portal import crypto
    from portal.audit import Actor
    from portal.extensions import db
    from portal.models.base import utc_now
    from portal.users import service as users
    from portal.users import sign_in_service

    with app.app_context():
        user = users.create_user(
            db.session(), Actor("bench"), "bench", "four unrelated words", role="operator"
        )
        key = crypto.new_token()
        sign_in_service.start(
            db.session(), Actor("bench"), user, "password", key, "", "", utc_now()
        )
        db.session.commit()
        client = app.test_client()
        with client.session_transaction(base_url="https://localhost") as cookie:
            cookie.update(user_id=user.id, key=key)
    return client


def measure(rows: int) -> None:
    data = workbook(rows)
    base = min(iterated(data) for _ in range(3 if rows < 50_000 else 1))
    from tests.browsing import send

    with tempfile.TemporaryDirectory() as folder:
        app = installation(Path(folder))
        client = operator(app)
        client.get("/imports")
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        answer = send(client, "/imports", {"file": (io.BytesIO(data), "list.xlsx")}, None)
        url = answer.location
        page = client.get(url).text
        preview = time.perf_counter() - start
        assert f"{rows:,} new" in page, page[:2000]
        told = [("preview", preview / base, PREVIEW[rows], "× openpyxl")]
        told.append(("growth after preview", grown_mib(before), GROWTH_MIB, "MiB"))
        told.append(("preview page", slowest(client, url), PAGE_MS, "ms"))
        digest = re.search(r'name="version" value="(\w+)"', page)[1]
        stored = store(app, int(url.rpartition("/")[2]), digest)
        told.append(("stored", stored / base, STORED, "× openpyxl"))
        client.get(url)
        told.append(("result page", slowest(client, url), PAGE_MS, "ms"))
        told.append(("growth", grown_mib(before), GROWTH_MIB, "MiB"))
    print(f"{rows:,} rows; openpyxl iterates them in {base:.2f} s")
    for name, value, most, unit in told:
        print(f"  {name:22} {value:8.2f} of {most:6} {unit:10} {'' if value <= most else 'MISSED'}")


def slowest(client: Any, url: str) -> float:
    """Return the milliseconds of the slowest page of a list."""
    times = []
    for place in ("", "?page=2", "?page=2000", "?outcome=new&page=3999", "?outcome=new&page=77"):
        start = time.perf_counter()
        assert client.get(url + place).status_code == 200
        times.append((time.perf_counter() - start) * 1000)
    return max(times)


def store(app: Any, import_id: int, digest: str) -> float:
    """Return the seconds that storing takes, from the click on, without reading the file again."""
    from datetime import UTC, datetime

    from portal.audit import Actor
    from portal.extensions import begin_write, db
    from portal.imports import previews, queries, service

    with app.app_context():
        session = db.session()
        ready = previews.preview_of(session, queries.find_import(session, import_id))
        session.commit()
        start = time.perf_counter()
        begin_write()
        upload = queries.lock_import(session, import_id)
        service.apply_upload(
            session,
            Actor("bench"),
            app.extensions["sealer"],
            app.config["PORTAL"],
            datetime.now(UTC),
            upload,
            digest,
            ready=ready,
        )
        db.session.commit()
        return time.perf_counter() - start


def main() -> None:
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
        return
    for rows in SIZES:
        subprocess.run([sys.executable, "-m", "bench.imports", str(rows)], check=True)


if __name__ == "__main__":
    main()
