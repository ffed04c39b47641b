"""The Trust tab: lock, unlock, new proofs, an answer to a reset."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.devices import setup_service, trust_service
from portal.marks import version_of
from portal.models import AuditEntry
from tests.browsing import send, text_of
from tests.factories import ACTOR, make_customer, make_device

URL = "/devices/805ec0d57d72"
TAB = f"{URL}?tab=trust"


@pytest.fixture
def device(session, sealer):
    device = make_device(session, "805ec0d57d72", "T31G", make_customer(session, "Acme"))
    setup_service.ensure_proofs(device, sealer)
    device.bound_at = datetime.now(UTC)
    session.commit()
    return device


def test_support_locks_with_a_reason_and_unlocks(client_as, session, device):
    operator = client_as("operator")
    assert send(operator, f"{URL}/lock", {"reason": ""}, page=f"{URL}/lock").status_code == 422
    assert (
        send(operator, f"{URL}/lock", {"reason": "lost in a taxi"}, page=f"{URL}/lock").status_code
        == 303
    )
    page = text_of(operator.get(TAB))
    assert "lost in a taxi" in page
    assert "The phone is locked" in page
    token = device.token_hash
    send(operator, f"{URL}/unlock", {"same": "yes"}, page=TAB)
    session.refresh(device)
    assert (device.locked_at, device.token_hash) == (None, token)
    assert device.window_by_person


def test_unlocked_with_new_proofs_the_old_end(client_as, session, device):
    operator = client_as("operator")
    send(operator, f"{URL}/lock", {"reason": "stolen"}, page=f"{URL}/lock")
    send(operator, f"{URL}/unlock", page=TAB)
    session.refresh(device)
    assert device.token_hash is None


def test_a_reset_is_allowed_once_or_refused(client_as, session, device):
    device.reset_at, device.reset_address = datetime.now(UTC), "198.51.100.9"
    session.commit()
    operator = client_as("operator")
    page = text_of(operator.get(TAB))
    assert "Allow once" in page
    assert "came from 198.51.100.9" in page
    send(operator, f"{URL}/refuse-reset", page=TAB)
    session.refresh(device)
    assert device.reset_at is None
    answer = send(operator, f"{URL}/refuse-reset", {"version": version_of(device)})
    assert "has not asked" in operator.get(answer.location).text


def test_new_proofs_are_made_once_until_used(client_as, session, device):
    operator = client_as("operator")
    before = device.token_hash
    send(operator, f"{URL}/rotate", page=TAB)
    session.refresh(device)
    assert (device.old_token_hash, device.old_proofs) == (before, "valid")
    assert "stay good until it uses the new" in operator.get(TAB).text


def test_a_viewer_changes_no_trust(client_as, device):
    viewer = client_as("viewer")
    for act in ("lock", "unlock", "refuse-reset", "rotate"):
        assert send(viewer, f"{URL}/{act}", {"reason": "x"}).status_code == 403
    assert "Lock" not in viewer.get(TAB).text


def test_every_act_is_audited(session, sealer, device):
    now = datetime.now(UTC)
    trust_service.lock(session, ACTOR, now, device, "lost")
    trust_service.unlock(session, ACTOR, now, device, 60, is_same_phone=True)
    trust_service.rotate_proofs(session, ACTOR, sealer, device)
    device.reset_at = now
    trust_service.refuse_reset(session, ACTOR, device)
    session.flush()
    actions = {entry.action for entry in session.query(AuditEntry)}
    assert {
        "device.lock",
        "device.unlock",
        "device.rotate_proofs",
        "device.refuse_reset",
    } <= actions
