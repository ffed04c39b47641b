from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.devices import view_service
from portal.marks import version_of
from portal.models import ListChoice, SavedView
from portal.users import service as users
from tests.browsing import send, text_of
from tests.factories import ACTOR, make_customer, make_device


@pytest.fixture
def operator(client_as, session):
    make_device(session, "001565aabbcc", "T31G", make_customer(session, "Alder"), serial="SN7")
    session.commit()
    return client_as("operator")


def test_a_view_is_saved_by_name_and_replaced(session, operator):
    data = {"name": "Mine", "status": "waiting", "sort": "mac", "dir": "desc"}
    answer = send(operator, "/devices/views", data)
    assert answer.location == "/devices?status=waiting&sort=mac&dir=desc"
    send(operator, "/devices/views", {"name": "mine", "q": "alder"})
    (view,) = session.scalars(select(SavedView))
    assert view.args == {"q": "alder"}
    page = operator.get("/devices")
    assert '<a href="/devices?q=alder">mine</a>' in page.text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "", "q": "a"}, "Give the view a name"),
        ({"name": "All"}, "Filter or sort the list first"),
    ],
)
def test_a_view_that_says_nothing_is_refused(session, operator, data, sentence):
    send(operator, "/devices/views", data)
    assert sentence in text_of(operator.get("/devices"))
    assert session.scalar(select(SavedView)) is None


@pytest.fixture
def of_another(session):
    """Two views of somebody else, the second shared."""
    other = users.create_user(session, ACTOR, "olga", "correct horse battery", role="operator")
    made = [
        view_service.save_view(session, ACTOR, other, name, {"q": "a"}, name == "Ours")
        for name in ("Own", "Ours")
    ]
    session.commit()
    return made


def test_others_see_shared_views_and_cannot_delete_them(session, client_as, of_another):
    viewer = client_as("viewer")
    make_device(session)
    session.commit()
    words = text_of(viewer.get("/devices"))
    assert "Ours of olga" in words
    assert "Own" not in words
    own, ours = of_another
    assert send(viewer, f"/devices/views/{own.id}/delete").status_code == 404
    send(viewer, f"/devices/views/{ours.id}/delete", {"version": version_of(ours)})
    assert "is not yours" in text_of(viewer.get("/devices"))
    assert len(session.scalars(select(SavedView)).all()) == 2


def test_administrators_delete_shared_views(session, client_as, of_another):
    ours = of_another[1]
    send(client_as("admin"), f"/devices/views/{ours.id}/delete", {"version": version_of(ours)})
    assert session.scalars(select(SavedView.name)).all() == ["Own"]


def test_viewers_share_nothing(session, client_as):
    viewer = client_as("viewer")
    assert "for everybody" not in viewer.get("/devices").text
    send(viewer, "/devices/views", {"name": "Mine", "q": "a", "shared": "1"})
    assert session.scalars(select(SavedView)).one().is_shared is False


def heads(page):
    return re.findall(r"<th scope=\"col\"[^>]*>(?:<a[^>]*>)?([A-Z][^<]*)", page.text)


def test_columns_are_kept_for_the_user_alone(session, operator, client_as):
    data = {"column": ["serial", "seen", "nonsense"], "compact": "1", "q": "alder"}
    assert send(operator, "/devices/columns", data).location == "/devices?q=alder"
    page = operator.get("/devices")
    assert heads(page) == ["MAC", "Last seen", "Serial number"]
    assert "SN7" in text_of(page)
    assert "devices compact" in page.text
    assert "Inventory id" in heads(client_as("viewer").get("/devices"))


def test_columns_can_be_as_usual_again(session, operator):
    send(operator, "/devices/columns", {"column": ["serial"], "compact": "1"})
    send(operator, "/devices/columns", {"column": ["serial"], "reset": "1"})
    assert "Inventory id" in heads(operator.get("/devices"))
    choice = session.scalars(select(ListChoice)).one()
    assert (choice.columns, choice.is_compact) == ([], False)


def test_filters_in_force_are_chips_that_can_be_taken_away(operator):
    page = operator.get("/devices?q=alder&model=T31G&sort=mac&dir=asc")
    assert "Model" in text_of(page)
    assert (
        'href="/devices?q=alder&amp;sort=mac&amp;dir=asc" aria-label="Take the filter away: Model'
        in page.text
    )
    assert '<a href="/devices?sort=mac&amp;dir=asc">Clear all</a>' in page.text


def test_the_head_of_a_column_sorts_and_turns_around(operator):
    page = operator.get("/devices?sort=mac&dir=asc")
    assert 'aria-sort="ascending"' in page.text
    assert 'href="/devices?sort=mac&amp;dir=desc"' in page.text
    assert 'name="sort" value="mac" form="filters"' in page.text


def test_a_value_that_is_no_choice_is_shown_and_finds_nothing(operator):
    page = operator.get("/devices?customer=99&firmware=1.2.3")
    assert "99 (none)" in page.text
    assert "1.2.3 (none)" in page.text
    assert "No device matches" in text_of(page)
