"""Indexes of some rows only: SQLite takes them where a statement says their condition literally."""

from __future__ import annotations

from sqlalchemy import select, text

from portal.customer_limits.within import VISIBLE, Limits
from portal.extensions import db
from portal.models import AuditEntry, Device, Port
from portal.models.device import DEVICE_SAYS, PORT_SAYS


def plan_of(session, statement):
    told = str(statement.compile(db.engine, compile_kwargs={"literal_binds": True}))
    return "\n".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {told}")))


def test_devices_and_ports_that_say_anything_are_found_by_index(session):
    devices = select(Device.id).where(text(DEVICE_SAYS))
    assert "USING INDEX ix_devices_says" in plan_of(session, devices)
    ports = select(Port.device_id).where(text(PORT_SAYS))
    assert "INDEX ix_ports_says" in plan_of(session, ports)


def test_that_a_device_left_another_customer_is_found_by_index(session):
    seen = VISIBLE[AuditEntry](Limits(frozenset({1}), "somebody"))
    plan = plan_of(session, select(AuditEntry.id).where(seen))
    assert "ix_audit_entries_left_customer (object_id=?)" in plan
