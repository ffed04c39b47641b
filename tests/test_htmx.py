from __future__ import annotations

import json

import pytest
from flask import Flask, Response, flash, make_response

from portal import htmx

HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "test"
    app.add_url_rule("/devices/<mac>", "devices.show", lambda mac: mac)
    return app


@pytest.mark.parametrize(
    ("headers", "partial"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        (HX, True),
        ({**HX, "HX-Request-Type": "full"}, False),
        ({**HX, "HX-Boosted": "true"}, False),
        ({**HX, "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_partial_is_wanted_only_for_a_part_of_a_page(
    app: Flask, headers: dict[str, str], partial: bool
) -> None:
    with app.test_request_context(headers=headers):
        assert htmx.wants_partial() is partial


def test_write_leads_on_with_303(app: Flask) -> None:
    with app.test_request_context():
        response = htmx.see_other("devices.show", mac="001565aabbcc", _anchor="ports")
    assert response.status_code == 303
    assert response.location == "/devices/001565aabbcc#ports"
    assert "HX-Request" in response.vary


def test_write_by_htmx_leads_on_with_a_header_as_fetch_would_follow_a_303(app: Flask) -> None:
    with app.test_request_context(headers=HX):
        response = htmx.see_other("devices.show", mac="001565aabbcc", _anchor="ports")
    assert response.status_code == 204
    assert response.headers["HX-Redirect"] == "/devices/001565aabbcc#ports"


def test_anchor_on_the_same_page_is_dropped_since_it_would_not_load_it(app: Flask) -> None:
    headers = {**HX, "HX-Current-URL": "https://localhost/devices/001565aabbcc#top"}
    with app.test_request_context(headers=headers):
        response = htmx.see_other("devices.show", mac="001565aabbcc", _anchor="ports")
    assert response.headers["HX-Redirect"] == "/devices/001565aabbcc"


def test_toast_travels_in_the_answer_to_a_fragment(app: Flask) -> None:
    with app.test_request_context(headers=HX):
        htmx.toast("Saved “Tür”")
        response = htmx.deliver_toasts(make_response("fragment"))
    trigger = response.headers["HX-Trigger"]
    assert trigger.isascii()
    assert json.loads(trigger) == {
        "portal:toast": {"toasts": [{"kind": "success", "message": "Saved “Tür”"}]}
    }


@pytest.mark.parametrize("headers", [{}, HX])
def test_toast_waits_for_the_page_that_a_redirect_leads_to(
    app: Flask, headers: dict[str, str]
) -> None:
    with app.test_request_context(headers=headers):
        flash("Saved")
        response: Response = htmx.deliver_toasts(htmx.see_other("devices.show", mac="0"))
        assert "HX-Trigger" not in response.headers
        assert htmx.get_flashed_messages() == ["Saved"]
