"""What is forgotten of phones' requests, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from portal.config import Config
from portal.models import CheckIn, CheckInHour
from portal.provision import check_ins, forgetting
from portal.provision.access import WAS_HERE
from tests.provision.asking import MAC, flush

NOW = datetime.now(UTC)
KEPT = timedelta(seconds=Config().check_in_keep_s)


@pytest.fixture
def old(session):
    """Make a check-in that old, and its count."""

    def make(age, count=1):
        row = {
            "at": NOW - age,
            "filename": "y000.cfg",
            "protocol": "https",
            "address": "192.0.2.7",
            "user_agent": "",
            "proof": "",
            "status": 404,
            "reason": "no proof",
            "tag": "",
        }
        session.execute(insert(CheckIn), [row] * count)
        check_ins.count(session.connection(), [(row["at"], 404, "no proof")] * count)
        session.commit()

    return make


def files(session):
    return session.scalars(select(CheckIn.filename).order_by(CheckIn.at)).all()


def test_with_a_new_check_in_old_ones_go_and_younger_ones_stay(app, phone, urls, session, old):
    old(KEPT + timedelta(hours=2))
    old(KEPT - timedelta(hours=2))
    phone(urls[1] + f"{MAC}.cfg")
    flush(app)
    assert files(session) == ["y000.cfg", f"{MAC}.cfg"]
    hours = session.scalars(select(CheckInHour.hour)).all()
    assert len(hours) == 2
    assert min(hours) > NOW - KEPT - timedelta(hours=1)


def test_nothing_is_forgotten_where_all_is_kept(app, phone, urls, session, old, monkeypatch):
    monkeypatch.setattr(app.extensions["check_ins"], "_keep", timedelta(0))
    old(timedelta(days=4_000))
    phone(urls[1] + f"{MAC}.cfg")
    flush(app)
    assert len(files(session)) == 2


def test_many_go_a_few_at_a_time_the_oldest_first(session, old):
    for days in (300, 400, 200):
        old(timedelta(days=days), count=3)
    before = NOW - KEPT
    assert forgetting.forget(session.connection(), before, most=4) == 4
    assert session.scalar(select(func.min(CheckIn.at))) == NOW - timedelta(days=300)
    assert forgetting.forget(session.connection(), before, most=4) == 4
    assert forgetting.forget(session.connection(), before, most=4) == 1
    assert forgetting.forget(session.connection(), before, most=4) == 0


def test_as_long_as_a_phone_that_was_reset_is_known_by_them_check_ins_are_kept():
    least = int(WAS_HERE.total_seconds())
    assert Config(check_in_keep_s=least).check_in_keep_s == least
    for wrong in (least - 1, -1):
        with pytest.raises(ValueError, match=f"at least {least} \\(30 days\\), not {wrong}"):
            Config(check_in_keep_s=wrong)


def test_what_cannot_be_forgotten_now_costs_no_check_in(app, phone, urls, session, old, caplog):
    def fail(*_given):
        raise check_ins.OperationalError("delete", {}, Exception("database is locked"))

    old(KEPT + timedelta(days=1))
    phone(urls[1] + f"{MAC}.cfg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forgetting, "forget", fail)
        flush(app)
    assert files(session) == ["y000.cfg", f"{MAC}.cfg"]
    assert "old check-ins were not forgotten" in caplog.text
    phone(urls[1] + f"{MAC}.cfg")
    flush(app)
    assert files(session) == [f"{MAC}.cfg"] * 2
