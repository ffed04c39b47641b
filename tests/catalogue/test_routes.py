from __future__ import annotations

import pytest

from portal.vendors import FAMILIES
from tests.factories import make_device

BASE = {"base_url": "https://localhost"}


def test_the_catalogue_lists_families_and_counts_devices(client_as, session):
    make_device(session, model="T46U")
    session.commit()
    page = client_as("viewer").get("/catalogue", **BASE)
    assert page.status_code == 200
    for family in FAMILIES.values():
        assert f'href="/catalogue/{family.key}"' in page.text
    assert '<a href="/devices?family=yealink">1</a>' in page.text


def test_a_search_answers_with_the_rows_alone(client_as):
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    answer = client_as("viewer").get("/catalogue?q=T46U", headers=headers, **BASE)
    assert "<html" not in answer.text
    assert "yealink" in answer.text
    assert "snom" not in answer.text


@pytest.mark.parametrize("key", FAMILIES)
def test_every_family_has_its_page(client_as, key):
    page = client_as("viewer").get(f"/catalogue/{key}", **BASE)
    assert page.status_code == 200
    assert "How sure the facts are" in page.text
    assert page.text.count('<th scope="row">') >= len(FAMILIES[key].models)


def test_a_family_that_is_none_is_not_found(client_as):
    assert client_as("viewer").get("/catalogue/nobody", **BASE).status_code == 404


def test_strangers_are_sent_to_sign_in(client_as):
    assert client_as("").get("/catalogue", **BASE).status_code == 303
