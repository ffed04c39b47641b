"""Fixtures: an installation of its own for each test, its database migrated once and copied."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal import create_app, crypto, passwords
from portal.audit import Actor
from portal.config import Config
from portal.extensions import db
from portal.users import service as users
from portal.vendors import FAMILIES
from tests import quick
from tests.browsing import signed_in
from tests.world import make_blank

_MEMORY = Path("/dev/shm")  # Linux: a file system in memory
_ROOM_BYTES = 2 * 2**30


def pytest_configure() -> None:
    """Put the tests' folders into memory where there is room, as SQLite waits for disks.

    A folder goes when its test has passed (pyproject.toml), so that they need a small part of it.
    Look for garbage less often: each time costs more than what is found, a fifth of all time.
    """
    gc.set_threshold(20_000, 10, 10)
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with files that take minutes, so that none of them is the last, on one core alone."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)


@pytest.fixture(scope="session", autouse=True)
def quick_apps() -> Iterator[None]:
    """Spend no minutes on compiling the same again; passwords are hashed at argon2's least cost."""
    with pytest.MonkeyPatch.context() as patch:
        quick.compile_once(patch)
        patch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))
        gc.freeze()  # what is loaded by now is no garbage
        yield


PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def blank_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with keys and an empty, migrated database; copied, never used."""
    folder = tmp_path_factory.mktemp("instance")
    make_blank(folder)
    return folder


@pytest.fixture
def config(blank_instance: Path, tmp_path: Path) -> Config:
    folder = tmp_path / "instance"
    shutil.copytree(blank_instance, folder)
    # Check-ins are flushed by hand in tests, never by the clock.
    return Config.load({}, instance=folder, public_url="https://portal.test", check_in_flush_s=3600)


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    app = create_app(config)
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        app.extensions["check_ins"].stop()
        db.engine.dispose()
    FAMILIES.put_custom([])


@pytest.fixture
def session(app: Flask) -> Session:
    return db.session()


@pytest.fixture
def sealer(app: Flask) -> crypto.Sealer:
    return app.extensions["sealer"]


@pytest.fixture
def actor() -> Actor:
    return Actor("tester")


@pytest.fixture
def client_as(app: Flask, session: Session) -> Callable[[str], FlaskClient]:
    """Return a function that signs in a user of the given role."""

    def sign_in(role: str) -> FlaskClient:
        if not role:
            return app.test_client()
        user = users.create_user(session, Actor("tests"), f"{role}-user", PASSWORD, role=role)
        session.commit()
        return signed_in(app, user)

    return sign_in
