"""Who may do what on the admin pages: roles, permissions, sign-in, CSRF, security headers.

All of it hangs on blueprints, by `guard`; phones never meet any of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from portal import customer_limits, error_pages, htmx, kept, signed_in
from portal.audit import Actor
from portal.extensions import db
from portal.forms import ProofForm, SignInForm
from portal.models import User
from portal.signed_in import Present

VIEWER, OPERATOR, ADMIN = "viewer", "operator", "admin"
ROLES = (VIEWER, OPERATOR, ADMIN)

_ALL = frozenset(ROLES)
_SUPPORT = frozenset({OPERATOR, ADMIN})
_ADMIN = frozenset({ADMIN})

PERMISSIONS: Mapping[str, frozenset[str]] = {
    "device.view": _ALL,
    "device.edit": _SUPPORT,
    "device.create": _SUPPORT,
    "device.delete": _ADMIN,
    "device.resync": _SUPPORT,
    "window.open": _SUPPORT,
    "trust.edit": _SUPPORT,  # lock, unlock, new proofs
    "trust.level": _ADMIN,
    "trust.view": _SUPPORT,
    "account.view": _ALL,
    "account.edit": _ADMIN,
    "customer.view": _ALL,
    "customer.edit": _ADMIN,
    "contact.view": _ALL,
    "contact.edit": _SUPPORT,
    "profile.view": _ALL,
    "profile.edit": _ADMIN,
    "profile.publish": _ADMIN,
    "import.run": _SUPPORT,
    "import.discard": _ADMIN,  # what others uploaded
    "family.view": _ALL,
    "family.edit": _ADMIN,
    "certificate.view": _ALL,
    "certificate.edit": _ADMIN,
    "firmware.view": _ALL,
    "firmware.edit": _ADMIN,
    "audit.view": _SUPPORT,
    "checklist.dismiss": _ADMIN,
    "settings.edit": _ADMIN,  # what holds for the whole portal
    "user.manage": _ADMIN,
    "secret.show": _ADMIN,
    "own.password": _ALL,  # also for who must change it first
    "own.account": _ALL,  # also for who must set up a second factor first
    "own.tokens": _ALL,
}
# Declared by views that strangers may see; held by everybody.
PUBLIC = "public"

# For app.config. The token of a form lives as long as the session.
FLASK_SETTINGS: Mapping[str, Any] = {
    "SESSION_COOKIE_NAME": "__Host-portal",
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_PATH": "/",
    "WTF_CSRF_TIME_LIMIT": None,
}

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What a stranger may send: a sign-in form, with a form from before the sign-in ended. With a cookie
# that this portal signed, MAX_CONTENT_LENGTH holds; a view may ask for more.
STRANGER_MAX_BYTES = 64 * 1024
_BEFORE_SECOND_FACTOR = frozenset({"own.password", "own.account"})

P = ParamSpec("P")
R = TypeVar("R")


def require(
    permission: str, *, has_long_texts: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only users with `permission` into a view; stands directly under its route.

    `has_long_texts`: for them the view's form may hold texts as large as an uploaded file.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"security.PERMISSIONS has no “{permission}”")

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not can(permission):
                abort(403)
            return view(*args, **kwargs)

        checked._permission = permission  # type: ignore[attr-defined]
        checked._has_long_texts = has_long_texts  # type: ignore[attr-defined]
        return checked

    return decorate


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Let strangers into a view; stands directly under its route."""
    view._permission = PUBLIC  # type: ignore[attr-defined]
    return view


def require_fresh(view: Callable[P, R]) -> Callable[P, R]:
    """Let nobody into a view who did not type a password or code in the last ten minutes.

    Stands under `require`, on the views that show or make a secret and on the pages that lead
    there: `@bp.get(…)`, `@require("secret.show")`, `@require_fresh`. Who is asked goes on where
    they wanted to go: to the page, or to sending what they had typed once more.
    """
    view._needs_proof = True  # type: ignore[attr-defined]
    return view


def can(permission: str) -> bool:
    """May the signed-in user do this? False when nobody is signed in."""
    user = signed_in_user()
    return user is not None and role_of(user) in PERMISSIONS[permission]


def role_of(user: User) -> str:
    """Return the role that counts: what all customers share is not for one limited to some."""
    return OPERATOR if user.is_limited and user.role == ADMIN else user.role


def present() -> Present | None:
    """Return who is signed in, with the sign-in itself; None outside guarded requests too."""
    found = g.get("present")
    return found if isinstance(found, Present) else None


def signed_in_user() -> User | None:
    found = present()
    return found.user if found else None


def forget() -> None:
    """Take the sign-in from this browser, and from the rest of this request."""
    signed_in.end()
    g.present = None


def lacks_second_factor() -> bool:
    """Must the signed-in user set one up before anything else?"""
    found = present()
    return found is not None and found.lacks_second_factor(current_app.config["PORTAL"])


def current_user() -> User:
    """Return who is signed in; for views that `require` something."""
    return signed_in_user() or abort(401)


def current_actor() -> Actor:
    """Return who is signed in, as verbs and the audit want it."""
    return Actor(current_user().name, request.remote_addr or "")


def guard(bp: Blueprint) -> None:
    """Put `bp` behind sign-in, permissions, CSRF and security headers; with our error pages."""
    bp.before_request(_admit)
    bp.after_request(finish)
    for status in error_pages.STATUSES:
        bp.register_error_handler(status, error_pages.answer)


def finish(response: Response) -> Response:
    """Add security headers, and the toasts that wait for a fragment."""
    for name, text in HEADERS.items():
        response.headers[name] = text
    return htmx.deliver_toasts(response)


def _admit() -> ResponseReturnValue | None:
    view = current_app.view_functions[request.endpoint or ""]
    permission = getattr(view, "_permission", None)
    if permission is None:
        raise RuntimeError(f"{request.endpoint} declares no permission: @require or @public")
    g.present = signed_in.find()
    customer_limits.limit(db.session(), signed_in_user())
    db.session.commit()  # ends the read, so that a view can begin_write()
    if "user_id" not in session:
        request.max_content_length = STRANGER_MAX_BYTES
    if getattr(view, "_has_long_texts", False) and can(permission):
        request.max_form_memory_size = request.max_content_length  # else 500 kB, for strangers too
    if request.method not in _SAFE_METHODS:
        _check_csrf()
    if permission == PUBLIC:
        return None
    if g.present is None:
        return _ask_to_sign_in()
    if g.present.must_change_password and permission != "own.password":
        return htmx.see_other("users.edit_password")
    if permission not in _BEFORE_SECOND_FACTOR and lacks_second_factor():
        return htmx.see_other("users.own")
    if getattr(view, "_needs_proof", False) and can(permission) and not g.present.is_fresh:
        return _ask_for_proof()
    return None


def _check_csrf() -> None:
    token = request.form.get("csrf_token") or request.headers.get("X-CSRFToken")
    try:
        validate_csrf(token)
    except ValidationError:
        raise error_pages.PageTooOld from None
    g.csrf_valid = True  # so Flask-WTF's forms do not ask again; HTMX sends a header, not a field


def _ask_to_sign_in() -> ResponseReturnValue:
    """Answer a request without valid sign-in; what was typed in a form comes along."""
    if request.method not in _SAFE_METHODS:
        return _ask_instead("users/sign_in.html", form=SignInForm(formdata=None))
    if htmx.wants_partial():
        # Not a redirect: there may be a half-filled form on the page that asks.
        return htmx.into_notice(make_response(render_template("users/_signed_out.html"), 401))
    return htmx.go_to(url_for("users.new_sign_in", next=_address()))


def _ask_for_proof() -> ResponseReturnValue:
    """Answer a request that needs a fresh sign-in; what was typed in a form comes along."""
    if request.method not in _SAFE_METHODS:
        return _ask_instead("users/proof.html", form=ProofForm(formdata=None))
    return htmx.go_to(url_for("users.ask_for_proof", next=_address()))


def _ask_instead(page: str, **context: Any) -> ResponseReturnValue:
    files = [name for name, file in request.files.items(multi=True) if file.filename]
    lost = kept.kept_of(_address(), request.form, files, ["csrf_token"])
    response = make_response(render_template(page, kept=lost, **context), 401)
    if htmx.is_htmx():
        htmx.into_body(response)
    return htmx.varies(response)


def _address() -> str:
    return request.full_path.removesuffix("?")
