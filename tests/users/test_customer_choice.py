"""The customers that a user is limited to, chosen on the user's page."""

from __future__ import annotations

import re

import pytest

from portal.audit import Actor
from portal.users import limit_service, queries, service
from tests.browsing import hidden, send, text_of
from tests.factories import make_customer

GOOD = "four unrelated words"


@pytest.fixture
def acme(session):
    made = [make_customer(session, name) for name in ("Acme", "Example East", "Example West")]
    session.commit()
    return made[0]


@pytest.fixture
def alex(session, acme):
    user = service.create_user(session, Actor("tests"), "alex", GOOD, "operator")
    session.commit()
    return user


def form_of(client, user, **typed):
    version = hidden(client.get(f"/users/{user.id}"), "version")
    return {"version": version, "role": "operator", "is_enabled": "y", "sees": "some", **typed}


def ticked(answer):
    return re.findall(r'name="customers" value="(\d+)"[^>]* checked', answer.text)


def sees(session, name="alex"):
    session.rollback()
    user = queries.find_user_named(session, name)
    return [customer.name for customer in user.customers] if user.is_limited else "all"


def test_the_only_customer_that_is_found_is_ticked_and_nothing_is_saved(
    client_as, session, alex, acme
):
    client = client_as("admin")
    typed = form_of(client, alex, find_customer="acm")
    answer = send(client, f"/users/{alex.id}/customers", typed)
    assert ticked(answer) == [str(acme.id)]
    assert sees(session) == "all"
    while_typing = send(client, f"/users/{alex.id}/customers?typing=1", typed)
    assert f'value="{acme.id}"' in while_typing.text
    assert ticked(while_typing) == []


def test_of_several_one_ticks_those_that_are_meant(client_as, session, alex, acme):
    client = client_as("admin")
    typed = form_of(client, alex, find_customer="exam", customers=[acme.id])
    answer = send(client, f"/users/{alex.id}/customers", typed)
    assert ticked(answer) == [str(acme.id)]
    assert "Found, not ticked" in text_of(answer)
    refused = send(client, f"/users/{alex.id}", typed)
    assert refused.status_code == 422
    assert "2 customers’ names hold “exam”: tick those meant" in text_of(refused)
    east = re.search(r'value="(\d+)"[^>]*>\s*<label[^>]*>Example East', answer.text)[1]
    typed["customers"] = [acme.id, east]
    assert send(client, f"/users/{alex.id}", typed).status_code == 303
    assert sees(session) == ["Acme", "Example East"]
    assert "operator sees only Acme, Example East" in text_of(client.get("/users"))


def test_a_name_that_is_typed_and_saved_at_once_is_taken(client_as, session, alex):
    client = client_as("admin")
    send(client, f"/users/{alex.id}", form_of(client, alex, find_customer=" acme "))
    assert sees(session) == ["Acme"]
    answer = send(client, f"/users/{alex.id}", form_of(client, alex, find_customer="nobody"))
    assert "No customer’s name holds “nobody”" in text_of(answer)
    assert answer.status_code == 422


def test_a_limit_to_nothing_and_of_an_administrator_is_refused(client_as, session, alex, acme):
    client = client_as("admin")
    answer = send(client, f"/users/{alex.id}", form_of(client, alex))
    assert "Choose at least one customer" in text_of(answer)
    typed = form_of(client, alex, role="admin", customers=[acme.id])
    assert "alex is an administrator" in text_of(send(client, f"/users/{alex.id}", typed))
    assert sees(session) == "all"
    assert queries.find_user_named(session, "alex").role == "operator"


def test_who_becomes_an_administrator_sees_all_again_in_one_act(client_as, session, alex, acme):
    limit_service.limit_to_customers(session, Actor("t"), alex, [acme])
    session.commit()
    client = client_as("admin")
    typed = form_of(client, alex, role="admin", sees="all", customers=[acme.id])
    assert send(client, f"/users/{alex.id}", typed).status_code == 303
    assert sees(session) == "all"
    assert queries.find_user_named(session, "alex").role == "admin"


def test_a_new_user_is_limited_from_the_first_click(client_as, session, acme):
    client = client_as("admin")
    typed = {"name": "kim", "role": "viewer", "sees": "some"}
    again = send(client, "/users/new/customers", {**typed, "find_customer": "acme"})
    assert (ticked(again), hidden(again, "name")) == ([str(acme.id)], "kim")
    assert send(client, "/users", typed).status_code == 422
    assert queries.find_user_named(session, "kim") is None
    send(client, "/users", {**typed, "customers": [acme.id]})
    assert sees(session, "kim") == ["Acme"]


def test_a_limit_that_somebody_else_set_is_not_overwritten_unseen(client_as, session, alex, acme):
    client = client_as("admin")
    typed = form_of(client, alex, sees="all")
    limit_service.limit_to_customers(session, Actor("t"), alex, [acme])
    session.commit()
    answer = send(client, f"/users/{alex.id}", typed)
    assert answer.status_code == 409
    assert "Sees Acme all customers" in text_of(answer)
    assert sees(session) == ["Acme"]
