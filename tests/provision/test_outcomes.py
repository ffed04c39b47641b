"""Check-ins in fixed words: every reason of the road is known, and hours add up."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import portal.provision
from portal.provision import outcomes

HOUR = datetime(2026, 2, 14, 13, 0, tzinfo=UTC)
FOLDER = Path(portal.provision.__file__).parent


def reasons_in_code():
    """Return the texts of Refused("…") and Decision(gives, "…"), and those access.py returns."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= {text for told in told_by(node, path.stem) for text in beginnings(told)}
    return found


def told_by(node, module):
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Refused", "Decision"}:
        place = 0 if node.func.id == "Refused" else 1
        return node.args[place : place + 1]
    return [node.value] if isinstance(node, ast.Return) and module == "access" else []


def beginnings(told):
    """Return the literal texts of an expression; of one with values in it, how it begins."""
    if isinstance(told, ast.IfExp):
        return beginnings(told.body) + beginnings(told.orelse)
    if isinstance(told, ast.JoinedStr):
        told = told.values[0]
    is_text = isinstance(told, ast.Constant) and isinstance(told.value, str)
    return [told.value] if is_text and told.value else []


def test_every_reason_of_the_road_is_counted_under_words_of_its_own():
    reasons = reasons_in_code()
    assert "wrong site token" in reasons
    assert "set-up window is closed" in reasons
    unknown = {reason for reason in reasons if outcomes.kind_of(reason) == outcomes.OTHER}
    assert not unknown, f"add to outcomes.REASONS: {unknown}"


def test_words_fit_their_column():
    assert max(map(len, [*outcomes.REASONS, outcomes.OTHER])) <= 60


def test_details_of_a_reason_are_not_counted_apart():
    assert outcomes.kind_of("cannot be made: no template “x”") == "cannot be made"
    assert outcomes.kind_of("something new") == "another reason"
    assert outcomes.kind_of("") == ""


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        (200, "", "served"),
        (206, "", "served"),
        (304, "", "unchanged"),
        (201, "", "received"),
        (200, "set-up window is closed", "harmless"),
        (404, "wrong site token", "refused"),
        (401, "no proof", "asked"),
        (404, "optional file, not offered", "absent"),
        (404, "fault in the portal, see its log", "fault"),
    ],
)
def test_what_came_of_a_request(status, reason, outcome):
    assert outcomes.outcome_of(status, reason) == outcome


def test_requests_are_counted_by_the_hour_they_came_in():
    told = [
        (HOUR.replace(minute=1), 200, ""),
        (HOUR.replace(minute=59, second=59), 200, ""),
        (HOUR.replace(hour=14), 404, "wrong site token"),
    ]
    assert outcomes.by_hour(told) == {
        (HOUR, "served", ""): 2,
        (HOUR.replace(hour=14), "refused", "wrong site token"): 1,
    }
