"""Long work: a queue beside the database (huey), worked off by one process that serves no page.

The queue only says that there is work. What becomes of it stands in the database, so that nothing
is lost or done twice whenever a process ends. How far a job is stands in the queue's file: while a
list is stored, SQLite lets nobody else write to the database.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from portal.config import Config

_TOLD_EVERY_S = 0.3
_FAILED = "The portal failed to import this list, so nothing of it is stored; its log says why"
_log = logging.getLogger(__name__)


class Jobs:
    """The queue of an installation; its file is opened when it is used first."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @cached_property
    def huey(self) -> Any:
        """Return the queue."""
        from huey import SqliteHuey

        return SqliteHuey("portal", filename=str(self._file), results=False, fsync=True)

    @cached_property
    def ask_for_import(self) -> Callable[[int], object]:
        """Have a list imported that waits for it; asking twice does no harm."""
        task: Callable[[int], object] = self.huey.task(name="store_import")(_store_import)
        return task

    @cached_property
    def ask_for_bulk_change(self) -> Callable[[int], object]:
        """Have a bulk change made, or taken back, that waits for it."""
        task: Callable[[int], object] = self.huey.task(name="change_devices")(_change_devices)
        return task

    def know_tasks(self) -> None:
        """Let the worker know what it may be asked for."""
        _ = self.ask_for_import, self.ask_for_bulk_change

    def progress(self, number: int, kind: str = "import") -> tuple[int, int] | None:
        """Return how much of a job is done and of how much, None before the first."""
        told = self.huey.get(f"{kind}-{number}", peek=True)
        return (told[0], told[1]) if told else None

    def tell(self, number: int, done: int, total: int, kind: str = "import") -> None:
        """Say how many rows of a job are done, and of how many."""
        self.huey.put(f"{kind}-{number}", (done, total))

    def teller(self, number: int, kind: str = "import") -> Callable[[int, int], None]:
        """Return what a job calls at every row; it tells a few times a second."""
        told_at = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal told_at
            if (now := time.monotonic()) > told_at + _TOLD_EVERY_S:
                told_at = now
                self.tell(number, done, total, kind)

        return tell

    def forget(self, number: int, kind: str = "import") -> None:
        """Say no more of a job."""
        self.huey.delete(f"{kind}-{number}")


def store_import(app: Flask, import_id: int) -> None:
    """Import a list that waits for it, all or nothing, and note what became of it."""
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm.exc import StaleDataError

    from portal.errors import RuleBroken
    from portal.extensions import begin_write, db
    from portal.imports import job_service, previews, service

    session, jobs = db.session(), app.extensions["jobs"]
    begin_write()
    begun = job_service.begin(session, import_id, datetime.now(UTC))
    session.commit()
    if not begun:
        return
    failure = ""
    try:
        _apply(app, import_id)
        session.commit()
    except RuleBroken as broken:
        failure = broken.message
    except (IntegrityError, StaleDataError):
        failure = service.CHANGED
    except Exception:
        _log.exception("import %s", import_id)
        failure = _FAILED
    session.rollback()
    if failure:
        begin_write()
        job_service.fail(session, import_id, failure)
        session.commit()
    previews.forget()  # nobody looks at them in this process
    jobs.forget(import_id)


def _apply(app: Flask, import_id: int) -> None:
    from portal import customer_limits
    from portal.extensions import begin_write, db
    from portal.imports import job_service, previews, queries, service

    session = db.session()
    upload = queries.find_import(session, import_id)
    if upload is None:
        return
    customer_limits.limit_as(session, upload.queued_by)
    ready = previews.preview_of(session, upload)
    session.commit()
    begin_write()
    upload = queries.lock_import(session, import_id) or upload
    service.apply_upload(
        session,
        job_service.actor_of(upload),
        app.extensions["sealer"],
        app.config["PORTAL"],
        datetime.now(UTC),
        upload,
        upload.plan_digest,
        service.is_all_or_nothing(upload),
        ready,
        app.extensions["jobs"].teller(import_id),
    )


def take_up(app: Flask) -> None:
    """At the start of the worker: what had begun was interrupted, what waits is asked for again."""
    from portal.devices import bulk_jobs
    from portal.extensions import begin_write, db
    from portal.imports import job_service

    session = db.session()
    begin_write()
    job_service.fail_interrupted(session)
    bulk_waits = bulk_jobs.take_up(session)
    session.commit()
    for bulk_id in bulk_waits:
        app.extensions["jobs"].ask_for_bulk_change(bulk_id)
    for import_id in job_service.waiting(session):
        app.extensions["jobs"].ask_for_import(import_id)
    session.commit()


@cache
def _app() -> Flask:
    """Return the app of this worker."""
    from portal import serving_app

    return serving_app()


def _store_import(import_id: int) -> None:
    with _app().app_context():
        store_import(_app(), import_id)


def _change_devices(bulk_id: int) -> None:
    from portal.devices import bulk_jobs

    with _app().app_context():
        bulk_jobs.change_devices(_app(), bulk_id)


def _take_up() -> None:
    with _app().app_context():
        take_up(_app())


def work(config: Config, parent: int) -> None:
    """Work off the queue in a child process until this one, or its `parent`, ends.

    A second one waits until the first has ended, so there is one at a time.
    """
    from huey.consumer import Consumer, ConsumerStopped, Worker

    with config.jobs_lock_file.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if os.getppid() != parent:
                    return
                time.sleep(0.5)
        if os.getppid() != parent:
            return
        jobs = Jobs(config.jobs_file)
        jobs.know_tasks()
        jobs.huey.on_startup()(_take_up)

        class _Worker(Worker):  # type: ignore[misc]
            """Ends when the consumer was killed; it has the lock too."""

            def loop(self, now: Any = None) -> None:
                if os.getppid() != consumer_id:
                    self.stop_flag.set()
                else:
                    super().loop(now)

        class _Consumer(Consumer):  # type: ignore[misc]
            """Ends with the process that started it."""

            worker_class = _Worker

            def loop(self, health_check_ts: float | None = None) -> Any:
                if os.getppid() != parent:
                    self.stop(graceful=True)
                    raise ConsumerStopped
                return super().loop(health_check_ts)

        consumer_id = os.getpid()
        _Consumer(
            jobs.huey,
            periodic=False,
            max_delay=0.5,
            worker_type="process",
            health_check_interval=2,
        ).run()
