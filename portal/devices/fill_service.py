"""Fill ports with accounts, as a plan says: one act, taken back as one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.config import Config
from portal.crypto import Sealer
from portal.devices.fill import FillRow
from portal.devices.port_service import assign_port, label_port
from portal.errors import RuleBroken
from portal.models import Device
from portal.sip_accounts import service as accounts


def fill_ports(
    session: Session,
    actor: Actor,
    config: Config,
    sealer: Sealer,
    now: datetime,
    device: Device,
    rows: Iterable[FillRow],
) -> int:
    """Do what `rows` (fill.plan) say, all or nothing. Returns how many ports got their account.

    Raises RuleBroken while a row has a problem, and where an account does not fit on the device.
    """
    rows = list(rows)
    if problems := [row for row in rows if row.outcome == "problem"]:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise RuleBroken(f"Port {problems[0].number}: {problems[0].text}{more}", "accounts")
    done = [row for row in rows if row.is_done]
    actor = actor.in_one_act()
    labels = {row.number: row.leaves[0].label for row in done if row.leaves}
    for row in done:  # first all off, so that accounts may change places among these ports
        for port in row.leaves:
            assign_port(session, actor, config, now, port.device, port.number, None)
            label_port(session, actor, now, port.device, port.number, "")
        if row.now:
            assign_port(session, actor, config, now, device, row.number, None)
    for row in done:
        account = row.account or accounts.create_account(
            session, actor, sealer, row.user, customer=device.customer
        )
        assign_port(session, actor, config, now, device, row.number, account, sealer)
        if labels.get(row.number):
            label_port(session, actor, now, device, row.number, labels[row.number])
    session.flush()
    return len(done)
