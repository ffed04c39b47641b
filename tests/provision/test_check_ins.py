"""How check-ins leave the memory of a process."""

from __future__ import annotations

import threading

from sqlalchemy import select

from portal.models import CheckIn
from tests.provision.asking import MAC


def test_an_app_that_is_stopped_has_written_what_waits_and_leaves_no_thread(
    app, phone, urls, session
):
    before = set(threading.enumerate())
    phone(urls[1] + f"{MAC}.cfg")
    (thread,) = set(threading.enumerate()) - before
    app.extensions["check_ins"].stop()
    assert not thread.is_alive()
    assert session.scalars(select(CheckIn.filename)).all() == [f"{MAC}.cfg"]
    app.extensions["check_ins"].stop()  # twice does no harm
