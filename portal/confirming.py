"""Questions that a person answers by sending them; asked anew when what they are about changed.

Every button that acts on something goes this way: its form carries marks.version_of what it acts
on, drawn by shared/_confirm.html.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Response, make_response, render_template, request

from portal import htmx
from portal.audit.since import done_since
from portal.extensions import db
from portal.forms import ConfirmForm, VersionedForm
from portal.marks import drawn_at, version_of
from portal.security import can, current_user
from portal.writing import attempt


@dataclass(frozen=True)
class Question:
    """What a person is asked before something is done to the first of `of`.

    The mark is made of all of them. `text` says what comes of it, `act` labels the button, `back`
    is where Cancel leads.
    """

    of: Sequence[Any]
    question: str
    text: str
    act: str
    back: str
    is_harmless: bool = False


def ask(asked: Question) -> Response:
    """Answer with the page of the question, for browsers without script."""
    return _page(asked, version_of(*asked.of), 200)


def overtaken(asked: Question) -> Response | None:
    """Return the question asked anew, with 409, where something changed since the form was drawn.

    None: it is as the person saw it.
    """
    form, version = ConfirmForm(), version_of(*asked.of)
    if not form.is_stale(version):
        return None
    answer = _page(asked, version, 409, since=meanwhile(asked.of[0], form))
    db.session.rollback()
    return answer


def act(asked: Question, verb: Callable[[], object]) -> Response | None:
    """Do what was asked and commit. Returns the answer that refuses it; None: it is done."""
    if answer := overtaken(asked):
        return answer
    form, version = ConfirmForm(), version_of(*asked.of)
    if status := attempt(form, verb):
        return _page(asked, version, status, error=" ".join(form.form_errors))
    return None


def press(asked: Question, verb: Callable[[], str]) -> Response | None:
    """Do the same for a button in a page: a toast says what `verb` returns, or why not.

    Returns the question asked anew; None: the page that has the button shall be shown.
    """
    if answer := overtaken(asked):
        return answer
    form, said = ConfirmForm(), []
    if attempt(form, lambda: said.append(verb())):
        htmx.toast(" ".join(form.form_errors), "error")
    else:
        htmx.toast(said[0])
    return None


def meanwhile(thing: Any, form: VersionedForm) -> list[str]:
    """Return in words what people did to `thing` since a form was drawn that is stale."""
    at = drawn_at(form.was_made_from)
    if at is None or not can("audit.view"):
        return []
    return done_since(db.session(), thing, at, datetime.now(UTC), current_user().name)


def _page(
    asked: Question, version: str, status: int, error: str = "", since: Sequence[str] | None = None
) -> Response:
    page = render_template(
        "shared/confirm.html",
        asked=asked,
        version=version,
        error=error,
        since=since,
        sent=[pair for pair in request.form.items(multi=True) if pair[0] not in _OWN],
    )
    answer = htmx.varies(make_response(page, status))
    return htmx.into_body(answer) if htmx.wants_partial() else answer


# What each form has anew.
_OWN = ("csrf_token", "version")
