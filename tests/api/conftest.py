"""Clients of the API: a token of a user of some role, with some scopes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.audit import Actor
from portal.extensions import db
from portal.tokens import service
from portal.tokens.rights import offered_to
from portal.users import service as users
from tests.conftest import PASSWORD

_numbers = itertools.count(1)


class Program:
    """A program with a token; `text` is the token."""

    def __init__(self, app: Flask, text: str) -> None:
        self._client, self.text = app.test_client(use_cookies=False), text

    def __call__(self, method: str, path: str, **told: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.text}", **told.pop("headers", {})}
        url = path if path.startswith("/api") else f"/api/v1{path}"
        return self._client.open(url, method=method, headers=headers, **told)

    def get(self, path: str, **told: Any) -> Any:
        answer = self("GET", path, **told)
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture
def program(app: Flask, session: Session) -> Callable[..., Program]:
    """Return a function that makes a program: role, then scopes; all of the role's by default."""

    def make(role: str = "admin", *scopes: str, **told: Any) -> Program:
        user = users.create_user(
            session, Actor("tests"), f"{role}-{next(_numbers)}", PASSWORD, role=role
        )
        now = told.pop("now", datetime.now(UTC))
        _, text = service.create_token(
            session, Actor("tests"), now, user, "test", scopes or offered_to(role), **told
        )
        session.commit()
        return Program(app, text)

    return make


@pytest.fixture
def statements(session: Session) -> Callable[[], AbstractContextManager[list[str]]]:
    """Return a context in which statements are collected, nothing being loaded before."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(*told: Any) -> None:
            if told[2] != "BEGIN":
                seen.append(told[2])

        session.expunge_all()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return collect
