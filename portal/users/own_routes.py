"""One's own page: password, second factors, where one is signed in."""

from __future__ import annotations

from flask import render_template, session
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.extensions import begin_write, db
from portal.models.base import utc_now
from portal.security import current_actor, lacks_second_factor, require
from portal.users import queries, sign_in_service
from portal.users.blueprint import bp, config, here


@bp.get("/me")
@require("own.account")
def own() -> ResponseReturnValue:
    database, user = db.session(), here().user
    return render_template(
        "users/own.html",
        user=user,
        passkeys=queries.passkeys_of(database, user),
        codes_left=queries.count_recovery_codes(database, user),
        sign_ins=queries.open_sign_ins(database, user, config(), utc_now()),
        here=here().sign_in,
        must=lacks_second_factor(),
        go_on=session.get("go_on", ""),
    )


@bp.post("/me/sign-ins/<int:sign_in_id>/end")
@require("own.account")
def end_sign_in(sign_in_id: int) -> ResponseReturnValue:
    begin_write()
    ended = sign_in_service.end_all(
        db.session(), current_actor(), here().user, utc_now(), but=here().sign_in, only=sign_in_id
    )
    db.session.commit()
    htmx.toast("That sign-in has ended" if ended else "That sign-in had ended already", "info")
    return htmx.see_other("users.own")


@bp.post("/me/sign-ins/end-others")
@require("own.account")
def end_other_sign_ins() -> ResponseReturnValue:
    begin_write()
    sign_in_service.end_all(
        db.session(), current_actor(), here().user, utc_now(), but=here().sign_in
    )
    db.session.commit()
    htmx.toast("All other sign-ins have ended")
    return htmx.see_other("users.own")
