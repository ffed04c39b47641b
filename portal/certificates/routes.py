"""Certificates: authorities of makers, pinned ones, and the portal's own."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from cryptography import x509
from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import htmx, security
from portal.certificates import queries, service
from portal.certificates.forms import AuthorityForm, PinForm
from portal.certificates.reading import certificates_in
from portal.confirming import Question, act, ask
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import CertificateAuthority, PinnedCertificate
from portal.paging import Pages, page_number
from portal.security import current_actor, require
from portal.values import format_mac
from portal.writing import attempt

Found = TypeVar("Found")

# What comes of removing one.
WITHOUT_AUTHORITY = (
    "Phones that it vouches for go on with their own address or their password, where they have "
    "one. New phones and those of customers with trust level “strict” get nothing without it."
)
WITHOUT_PIN = (
    "The phone goes on with another proof, where it has one: an authority above its certificate, "
    "its own address, or its password."
)

bp = Blueprint("certificates", __name__, url_prefix="/certificates")
security.guard(bp)


@bp.get("")
@require("certificate.view")
def index() -> ResponseReturnValue:
    session, config, now = db.session(), current_app.config["PORTAL"], datetime.now(UTC)
    q, page = request.args.get("q", ""), page_number(request.args.get("page"))
    pins, total = queries.page_of_pins(session, q, page, config.rows_per_page)
    pages = Pages(page, config.rows_per_page, total)
    context: dict[str, Any] = {
        "pins": pins,
        "pages": pages,
        "q": q,
        "now": now,
        "soon": now + queries.WARN,
        "without_pin": WITHOUT_PIN,
    }
    if not htmx.wants_partial():
        context |= {
            "rows": queries.authority_rows(session),
            "own": queries.own_certificate(config, now),
            "without_authority": WITHOUT_AUTHORITY,
            "asks": config.ask_certificates,
        }
    return htmx.render("certificates/index.html", "certificates/_pins.html", **context)


@bp.get("/new")
@require("certificate.edit")
def new() -> ResponseReturnValue:
    return _new_page(_authority_form())


@bp.post("")
@require("certificate.edit")
def create() -> ResponseReturnValue:
    form = _authority_form()
    if not form.validate_on_submit() or (found := _read(form)) is None:
        return _new_page(form, 422)
    begin_write()
    session, made = db.session(), []

    def add() -> None:
        vendor, old = form.vendor.data or "", bool(form.accepts_old.data)
        made.append(service.add_authorities(session, current_actor(), found, vendor, old, _now()))

    if status := attempt(form, add):
        return _new_page(form, status)
    _take_up()
    added = made[0]
    names = ", ".join(authority.subject for authority in added.authorities[:3])
    htmx.toast(f"Loaded: {names}{_more(len(added.authorities) - 3)}")
    if added.left_out:
        htmx.toast(
            f"Left out: {'; '.join(added.left_out[:3])}{_more(len(added.left_out) - 3)}", "info"
        )
    return htmx.see_other("certificates.index")


@bp.get("/<int:authority_id>/delete")
@require("certificate.edit")
def ask_delete(authority_id: int) -> ResponseReturnValue:
    return ask(_removing(_found(queries.find_authority(db.session(), authority_id))))


@bp.post("/<int:authority_id>/delete")
@require("certificate.edit")
def delete(authority_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    authority = _found(queries.find_authority(session, authority_id))
    verb = partial(service.remove_authority, session, current_actor(), authority)
    if refused := act(_removing(authority), verb):
        return refused
    _take_up()
    htmx.toast(f"{authority.subject} is removed")
    return htmx.see_other("certificates.index")


@bp.get("/pins/new")
@require("certificate.edit")
def new_pin() -> ResponseReturnValue:
    return _pin_page(PinForm(data={"mac": request.args.get("mac", "")}))


@bp.post("/pins")
@require("certificate.edit")
def create_pin() -> ResponseReturnValue:
    form, certificate = PinForm(), None
    if not form.validate_on_submit():
        return _pin_page(form, 422)
    if not form.has_only_fingerprint:
        found = _read(form)
        if found is None:
            return _pin_page(form, 422)
        certificate = found[0]  # what follows is its chain
    begin_write()
    session, made = db.session(), []

    def pin() -> None:
        fingerprint, mac = form.fingerprint.data or "", form.mac.data or ""
        made.append(service.pin(session, current_actor(), certificate, fingerprint, mac, _now()))

    if status := attempt(form, pin):
        return _pin_page(form, status)
    _take_up()
    htmx.toast(f"{format_mac(made[0].mac)} proves itself with this certificate from now on")
    return htmx.see_other("certificates.index")


@bp.get("/pins/<int:pin_id>/delete")
@require("certificate.edit")
def ask_delete_pin(pin_id: int) -> ResponseReturnValue:
    return ask(_unpinning(_found(queries.find_pin(db.session(), pin_id))))


@bp.post("/pins/<int:pin_id>/delete")
@require("certificate.edit")
def delete_pin(pin_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    pinned = _found(queries.find_pin(session, pin_id))
    verb = partial(service.remove_pin, session, current_actor(), pinned)
    if refused := act(_unpinning(pinned), verb):
        return refused
    _take_up()
    htmx.toast(f"The pinned certificate of {format_mac(pinned.mac)} is removed")
    return htmx.see_other("certificates.index")


def _removing(authority: CertificateAuthority) -> Question:
    question, back = f"Remove {authority.subject}?", url_for("certificates.index")
    return Question([authority], question, WITHOUT_AUTHORITY, "Remove", back)


def _unpinning(pinned: PinnedCertificate) -> Question:
    question = f"Remove the pinned certificate of {format_mac(pinned.mac)}?"
    return Question([pinned], question, WITHOUT_PIN, "Remove", url_for("certificates.index"))


def _read(form: AuthorityForm | PinForm) -> list[x509.Certificate] | None:
    """Return the certificates given; None, with the error at its field, when there are none."""
    try:
        return certificates_in(form.data_given())
    except RuleBroken as broken:
        form.reject(broken)
    except ValueError as error:
        form.reject(RuleBroken(str(error), "file"))
        form.forget_keys()
    return None


def _authority_form() -> AuthorityForm:
    form = AuthorityForm()
    form.offer()
    return form


def _take_up() -> None:
    """Let this process believe it at once; the others follow within seconds."""
    current_app.extensions["certificates"].refresh()


def _now() -> datetime:
    return datetime.now(UTC)


def _found(found: Found | None) -> Found:
    return found or abort(404)


def _new_page(form: AuthorityForm, status: int = 200) -> ResponseReturnValue:
    return render_template("certificates/form.html", form=form), status


def _pin_page(form: PinForm, status: int = 200) -> ResponseReturnValue:
    return render_template("certificates/pin.html", form=form), status


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
