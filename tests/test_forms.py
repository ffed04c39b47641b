from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from wtforms import StringField

from portal.errors import RuleBroken
from portal.forms import Form, value
from portal.values import parse_mac, parse_networks


class DeviceForm(Form):
    mac = StringField("MAC", [value(parse_mac)])
    networks = StringField("Networks", [value(parse_networks)])


@pytest.fixture(autouse=True)
def request_context() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", WTF_CSRF_ENABLED=False)
    with app.test_request_context(
        method="POST", data={"mac": "00:15:65:AA:BB:CC", "networks": "192.0.2.1"}
    ):
        yield


def test_valid_field_holds_what_the_parser_returns() -> None:
    form = DeviceForm()
    assert form.validate_on_submit()
    assert form.mac.data == "001565aabbcc"
    assert form.networks.data == ["192.0.2.1/32"]


def test_parser_says_at_the_field_what_is_wrong() -> None:
    form = DeviceForm()
    form.mac.data = "nonsense"
    assert not form.validate()
    assert "“nonsense” is not a MAC address" in form.mac.errors[0]
    assert form.networks.data == "192.0.2.1"


def test_broken_rule_shows_at_its_field_beside_what_was_typed() -> None:
    form = DeviceForm()
    assert form.validate_on_submit()
    form.reject(RuleBroken("Bakery Meyer has it", "mac"))
    assert form.mac.errors == ["Bakery Meyer has it"]
    assert form.mac.data == "00:15:65:AA:BB:CC"


@pytest.mark.parametrize("field", [None, "number"])
def test_broken_rule_without_a_field_here_shows_at_the_top(field: str | None) -> None:
    form = DeviceForm()
    assert form.validate_on_submit()
    form.reject(RuleBroken("T31G has 2 ports", field))
    assert form.form_errors == ["T31G has 2 ports"]
