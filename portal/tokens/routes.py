"""One's own API tokens, and the list of everybody's."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.confirming import Question, ask, press
from portal.extensions import begin_write, db
from portal.models import ApiToken
from portal.paging import Pages, page_number
from portal.security import can, current_actor, current_user, require, require_fresh, role_of
from portal.tokens import queries, service
from portal.tokens.forms import TokenForm
from portal.tokens.rights import SCOPES, state_of
from portal.writing import attempt

bp = Blueprint("tokens", __name__, url_prefix="/tokens")
security.guard(bp)


@bp.get("")
@require("own.tokens")
def index() -> ResponseReturnValue:
    return _page(TokenForm(formdata=None))


@bp.post("")
@require("own.tokens")
@require_fresh
def create() -> ResponseReturnValue:
    begin_write()
    session, form, now = db.session(), TokenForm(), datetime.now(UTC)
    form.offer(role_of(current_user()))
    if not form.validate_on_submit():
        return _page(form, status=422)
    made: list[tuple[ApiToken, str]] = []
    status = attempt(
        form,
        lambda: made.append(
            service.create_token(
                session,
                current_actor(),
                now,
                current_user(),
                form.name.data,
                form.scopes.data or (),
                form.days.data,
            )
        ),
    )
    if status:
        return _page(form, status=status)
    token, text = made[0]
    return render_template("tokens/made.html", token=token, text=text, scopes=SCOPES)


@bp.get("/all")
@require("user.manage")
def everybodys() -> ResponseReturnValue:
    size, number = current_app.config["PORTAL"].rows_per_page, page_number(request.args.get("page"))
    tokens, total = queries.page_of_tokens(db.session(), number, size)
    return render_template(
        "tokens/all.html", rows=_rows(tokens), pages=Pages(number, size, total), scopes=SCOPES
    )


@bp.get("/<int:token_id>/revoke")
@require("own.tokens")
def ask_revoke(token_id: int) -> ResponseReturnValue:
    return ask(_revoking(_find(db.session(), token_id)))


@bp.post("/<int:token_id>/revoke")
@require("own.tokens")
def revoke(token_id: int) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    token = _find(session, token_id)

    def verb() -> str:
        service.revoke_token(session, current_actor(), now, token)
        return f"The token “{token.name}” is revoked; programs that use it are refused"

    asked = _revoking(token)
    return press(asked, verb) or htmx.go_to(asked.back)


def _find(session: Session, token_id: int) -> ApiToken:
    """Return a token that the person may revoke: an own one, any for administrators."""
    token = queries.find_token(session, token_id) or abort(404)
    if token.user_id != current_user().id and not can("user.manage"):
        abort(403)
    return token


def _rows(tokens: list[ApiToken]) -> list[tuple[ApiToken, str]]:
    now = datetime.now(UTC)
    return [(token, state_of(token, now)) for token in tokens]


def _page(form: TokenForm, status: int = 200) -> ResponseReturnValue:
    form.offer(role_of(current_user()))
    rows = _rows(queries.tokens_of(db.session(), current_user()))
    return render_template("tokens/index.html", form=form, rows=rows, scopes=SCOPES), status


def _revoking(token: ApiToken) -> Question:
    is_own = token.user_id == current_user().id
    whose = "" if is_own else f" of {token.user.name}"
    return Question(
        [token],
        f"Revoke the token “{token.name}”{whose}?",
        "Programs that use it are refused from now on. This cannot be undone.",
        "Revoke",
        url_for("tokens.index" if is_own else "tokens.everybodys"),
    )
