"""A change of many devices as a job: it waits, is made or taken back, or fails as a whole."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import customer_limits
from portal.audit import Actor
from portal.devices import bulk_queries, bulk_service, bulk_undo
from portal.devices.bulk_service import Tell
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.imports.bulk import in_bulk
from portal.models import BulkChange

if TYPE_CHECKING:
    from flask import Flask

KIND = "bulk"
STOPPED = "The portal was stopped meanwhile, so nothing is changed; do it again"
FAILED = "The portal failed at this, so nothing is changed; its log says why"
CHANGED = "Somebody changed one of these devices at the same moment; do it again"
_log = logging.getLogger(__name__)


def change_devices(app: Flask, bulk_id: int) -> None:
    """Make a change that waits for it, or take it back; all in one transaction."""
    session, jobs = db.session(), app.extensions["jobs"]
    begin_write()
    begun = bulk_service.begin(session, bulk_queries.lock_bulk(session, bulk_id), datetime.now(UTC))
    session.commit()
    if not begun:
        return
    failure = ""
    try:
        begin_write()
        with in_bulk(session):
            if bulk := bulk_queries.find_bulk(session, bulk_id):
                customer_limits.limit_as(session, bulk.queued_by)
            do(app, session, bulk_id, jobs.teller(bulk_id, KIND))
        session.commit()
    except RuleBroken as broken:
        failure = broken.message
    except (IntegrityError, StaleDataError):
        failure = CHANGED
    except Exception:
        _log.exception("bulk change %s", bulk_id)
        failure = FAILED
    session.rollback()
    customer_limits.limit(session, None)
    if failure:
        begin_write()
        if bulk := bulk_queries.lock_bulk(session, bulk_id):
            bulk_service.fail(bulk, failure)
        session.commit()
    jobs.forget(bulk_id, KIND)


def do(app: Flask, session: Session, bulk_id: int, tell: Tell) -> None:
    """Make a queued change, or take it back, in the transaction that is open."""
    bulk = bulk_queries.lock_bulk(session, bulk_id)
    if bulk is None:
        return
    actor, config = Actor(bulk.queued_by, bulk.queued_from), app.config["PORTAL"]
    now = datetime.now(UTC)
    if bulk.is_undo:
        bulk_undo.undo(session, actor, config, now, bulk, app.extensions["sealer"], tell)
    else:
        bulk_service.apply_change(session, actor, config, now, bulk, bulk.value, tell)


def take_up(session: Session) -> list[int]:
    """At the start of the worker: what had begun was interrupted. Returns what waits."""
    waits: list[int] = []
    for bulk in bulk_service.waiting(session):
        if bulk.started_at is None:
            waits.append(bulk.id)
        else:
            bulk_service.fail(bulk, STOPPED)
    return waits


def is_long(bulk: BulkChange) -> bool:
    """Shall nobody wait for it?"""
    from portal.devices.bulk import AT_ONCE

    return bulk.count > AT_ONCE
