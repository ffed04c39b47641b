"""The OpenAPI document: whole, sound, and without promises that no route keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from portal.api import describe
from portal.api.blueprint import NAMES
from tests.browsing import text_of

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def told(app) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json


def operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield method, path, operation


def references(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        if isinstance(ref := told.get("$ref"), str):
            yield ref
        for value in told.values():
            yield from references(value)
    elif isinstance(told, list):
        for value in told:
            yield from references(value)


def found(told: dict[str, Any], ref: str) -> Any:
    assert ref.startswith("#/"), ref
    for name in ref[2:].split("/"):
        told = told[name]
    return told


def test_it_says_what_it_is(told):
    assert told["openapi"] == "3.0.3"
    assert told["info"]["title"] == "Provisioning portal"
    assert told["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert told["security"] == [{"token": []}]


def test_every_route_is_there_and_nothing_else(app, told):
    routes = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(NAMES)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(method, path) for method, path, _ in operations(told)} == routes


def test_every_answer_has_a_schema(told):
    for method, path, operation in operations(told):
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert good, (method, path)
        for status, answer in operation["responses"].items():
            answer = found(told, answer["$ref"]) if "$ref" in answer else answer
            assert answer["description"], (method, path, status)
            if status != "204":
                assert answer["content"], (method, path, status)
                assert all(body["schema"] for body in answer["content"].values())


def test_every_refusal_has_the_one_shape(told):
    for method, path, operation in operations(told):
        assert {"401", "403"} <= operation["responses"].keys(), (method, path)
        for status in ("401", "403", "404", "409", "422"):
            if answer := operation["responses"].get(status):
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}
    properties = told["components"]["schemas"]["Refusal"]["properties"]
    assert set(properties) == {"code", "message", "field"}


def test_every_reference_leads_somewhere(told):
    for ref in references(told):
        assert found(told, ref), ref


def test_every_variable_of_an_address_is_described(told):
    for method, path, operation in operations(told):
        given = [*told["paths"][path].get("parameters", []), *operation.get("parameters", [])]
        in_path = {parameter["name"] for parameter in given if parameter["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), (method, path)
        assert all(parameter["schema"] for parameter in given)
        assert all(parameter["required"] for parameter in given if parameter["in"] == "path")


def test_every_operation_has_a_name_a_sentence_and_its_scopes(told):
    names = [operation["operationId"] for _, _, operation in operations(told)]
    assert len(names) == len(set(names))
    for _, _, operation in operations(told):
        assert operation["summary"].endswith(".")
        assert "Needs the scope “" in operation["description"]
        assert operation["tags"][0] in {tag["name"] for tag in told["tags"]}


def test_no_field_that_comes_out_is_a_password(told):
    secret = re.compile("password|secret|token|sealed|pin", re.IGNORECASE)
    for name in ("Device", "Account", "Customer", "Profile", "ProfileVersion", "Import"):
        fields = told["components"]["schemas"][name]["properties"]
        assert not [field for field in fields if secret.search(field)], name


def test_form_and_answer_of_an_upload_are_described(told):
    upload = told["paths"]["/api/v1/imports"]["post"]
    form = upload["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert "file" in str([found(told, ref) for ref in references(form)] or form)
    preview = told["components"]["schemas"]["Preview"]["properties"]
    assert set(preview) == {"file_error", "questions", "summary", "rows", "left_out"}


def test_page_shows_every_operation_and_loads_nothing_from_elsewhere(app):
    page = app.test_client().get("/api/v1/")
    words = text_of(page)
    for method, path, _ in operations(describe.document()):
        assert f"{method.upper()} {path}" in words
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page.text)
    for anchor in set(re.findall(r'href="#([^"]+)"', page.text)):
        assert f'id="{anchor}"' in page.text


def test_document_is_made_once_for_an_app(app):
    assert describe.document() is describe.document()
