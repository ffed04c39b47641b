"""Every action that the code records has words, and is found in a group."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.audit.words import ACTIONS, GROUPS, actions_of, words_for

PORTAL = Path(__file__).parent.parent.parent / "portal"
# What writes entries, or hands an action on to what does, and at which place it takes the action:
# audit.record and record_export, the exports, the phones' road.
RECORDS = {"record": 2, "record_export": 2, "send_list": 2, "_exported": 3, "_tell": 2}
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


def calls() -> Iterator[tuple[Path, ast.Call, ast.Module]]:
    for path in sorted(PORTAL.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in RECORDS:
                    yield path, node, tree


def texts_in(nodes: list[ast.expr]) -> set[str]:
    return {
        one.value
        for node in nodes
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
        if ACTION.fullmatch(one.value)
    }


def action_of(call: ast.Call) -> ast.expr:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    named = [keyword.value for keyword in call.keywords if keyword.arg == "action"]
    return named[0] if named else call.args[RECORDS[name]]


def actions_in(call: ast.Call, tree: ast.Module) -> set[str]:
    """Return the actions that a call may record: written there, or given to the name used there."""
    action = action_of(call)
    assigned = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(action, ast.Name)
        if any(isinstance(target, ast.Name) and target.id == action.id for target in node.targets)
    ]
    return texts_in([action, *assigned])


def recorded() -> set[str]:
    return set().union(*(actions_in(call, tree) for _path, call, tree in calls()))


def test_every_recorded_action_has_words():
    found = recorded()
    assert {"port.assign", "device.lock", "site.renew_site_address", "audit.export"} <= found
    assert found <= set(ACTIONS), f"portal/audit/words.py lacks {sorted(found - set(ACTIONS))}"


def test_every_call_says_its_action_where_the_test_sees_it():
    """A parameter called `action` is handed on; its caller is looked at instead."""
    for path, call, tree in calls():
        action = action_of(call)
        hands_on = isinstance(action, ast.Name) and action.id == "action"
        assert hands_on or actions_in(call, tree), f"{path}:{call.lineno} names no action"


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_action_is_in_a_group(action):
    assert any(action in actions_of(group) for group in GROUPS)


def test_an_action_of_a_later_portal_keeps_its_name():
    assert words_for("robot.dance") == "robot.dance"
    assert actions_of("robots") == []
