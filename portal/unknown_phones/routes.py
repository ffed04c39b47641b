"""Unknown phones: the list, adopting, ignoring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import downloads, htmx, security
from portal.customers import queries as customers
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.marks import mark_of
from portal.models import Device, UnknownPhone
from portal.paging import Pages, page_number
from portal.profiles import queries as profiles
from portal.provision.unknown import MOST, MOST_OF_ONE
from portal.security import current_actor, require
from portal.unknown_phones import advice, exports, queries, service
from portal.unknown_phones.forms import SHOWS, ActForm, AdoptForm, model_names
from portal.unknown_phones.queries import Filters
from portal.values import counted, format_mac, id_in
from portal.vendors import FAMILIES
from portal.writing import attempt

_OTHERS = "These are not the phones that you looked at any more: look again, then adopt them"

bp = Blueprint("unknown_phones", __name__, url_prefix="/unknown-phones")
security.guard(bp)

_UNDONE_AT_ONCE = 100  # phones


@bp.get("")
@require("device.view")
def index() -> ResponseReturnValue:
    session, size = db.session(), current_app.config["PORTAL"].rows_per_page
    filters, number = _filters(request.args), page_number(request.args.get("page"))
    phones, total = queries.page_of(session, filters, number, size)
    pages = Pages(number, size, total)
    if number > pages.last:
        return htmx.see_other("unknown_phones.index", page=pages.last, **_args(filters))
    return htmx.render(
        "unknown_phones/index.html",
        "unknown_phones/_list.html",
        rows=[_row(phone) for phone in phones],
        pages=pages,
        args=_args(filters),
        filters=filters,
        shows=SHOWS,
        customers=customers.all_customers(session),
        full=queries.full(session),
        most=MOST,
        most_of_one=MOST_OF_ONE,
    )


@bp.get("/export.csv", defaults={"kind": "csv"})
@bp.get("/export.xlsx", defaults={"kind": "xlsx"})
@require("device.view")
def export(kind: str) -> ResponseReturnValue:
    filters = _filters(request.args)
    found = exports.listing(db.session(), filters)
    return downloads.send_list(found, kind, "unknown_phone.export", _args(filters))


@bp.post("/act")
@require("device.create")
def act() -> ResponseReturnValue:
    """Do with the chosen phones what the button says; adopting asks more on its own page."""
    begin_write()
    session, filters = db.session(), _filters(request.form)
    # A row's button names it in its address.
    verb = request.args.get("act") or request.form.get("act", "")
    phones = _chosen(session, request.form, service.AT_ONCE + 1 if verb == "adopt" else MOST)
    if not phones:
        htmx.toast("Tick the phones first, or choose all that match", "warning")
        return htmx.see_other("unknown_phones.index", **_args(filters))
    if verb == "adopt":
        ids = [phone.id for phone in phones if phone.mac]
        is_all = request.form.get("scope") == "all"
        chosen: dict[str, Any] = {"scope": "all", **_args(filters)} if is_all else {"id": ids}
        return htmx.see_other("unknown_phones.new_devices", **chosen)
    form, is_ignored = ActForm(), verb != "notice"
    status = attempt(form, lambda: service.ignore(session, current_actor(), phones, is_ignored))
    if not status:
        what = "ignored; see “Ignored”" if is_ignored else "listed again"
        said = f"{counted(len(phones), 'phone')} {'is' if len(phones) == 1 else 'are'} {what}"
        htmx.toast(said, undo=_way_back(phones, is_ignored))
    return htmx.see_other("unknown_phones.index", **_args(filters))


@bp.get("/adopt")
@require("device.create")
def new_devices() -> ResponseReturnValue:
    session = db.session()
    phones = _chosen(session, request.args)
    if not any(phone.mac for phone in phones):
        return _nothing_to_adopt()
    form = _offered(session, AdoptForm(formdata=None))
    owners = {phone.customer_id for phone in phones}
    form.owner.data = str(owners.pop() or "") if len(owners) == 1 else ""
    models = {known and known[1].name for known in map(_model, phones)}
    if len(phones) == 1 and None not in models:
        family, model = _model(phones[0]) or (None, None)
        form.model.data = f"{family.vendor} {model.name}" if family and model else ""
    return _adopt_page(form, phones)


@bp.post("/adopt")
@require("device.create")
def adopt() -> ResponseReturnValue:
    begin_write()
    session = db.session()
    phones = _chosen(session, request.form)
    form = _offered(session, AdoptForm())
    if not any(phone.mac for phone in phones):
        return _nothing_to_adopt()
    if form.is_stale(_mark_of(phones)):
        form.reject(RuleBroken(_OTHERS))
        return _adopt_page(form, phones, 409)
    if not form.validate():
        return _adopt_page(form, phones, 422)
    owner, profile = id_in(form.owner.data), id_in(form.profile.data)
    made: list[Device] = []
    status = attempt(
        form,
        lambda: made.extend(
            service.adopt(
                session,
                current_actor(),
                current_app.config["PORTAL"],
                datetime.now(UTC),
                phones,
                form.model.data or "",
                customers.find_customer(session, owner) if owner else None,
                profiles.find_profile(session, profile) if profile else None,
            )
        ),
    )
    if status:
        return _adopt_page(form, _chosen(session, request.form), status)
    if len(made) == 1:
        htmx.toast(f"{format_mac(made[0].mac)} is in the inventory")
        return htmx.see_other("devices.show", mac=made[0].mac)
    htmx.toast(f"{len(made):,} phones are in the inventory")
    return htmx.see_other("unknown_phones.index")


def _nothing_to_adopt() -> ResponseReturnValue:
    db.session.rollback()
    htmx.toast("These phones are in the inventory already, or told no MAC", "info")
    return htmx.see_other("unknown_phones.index")


def _way_back(phones: list[UnknownPhone], is_ignored: bool) -> str:
    """Return the address that undoes ignoring or listing; "" for more than an address holds."""
    if len(phones) > _UNDONE_AT_ONCE:
        return ""
    verb = "notice" if is_ignored else "ignore"
    return url_for("unknown_phones.act", act=verb, id=[phone.id for phone in phones])


def _chosen(
    session: Session, args: Mapping[str, str], limit: int = service.AT_ONCE + 1
) -> list[UnknownPhone]:
    """Return the phones that a form or an address means: one, those ticked, all that match."""
    if one := id_in(args.get("one")):
        return queries.chosen(session, [one])
    if args.get("scope") == "all":
        return queries.all_of(session, _filters(args), limit)
    values = request.values.getlist("id")
    return queries.chosen(session, [number for text in values if (number := id_in(text))])


def _adopt_page(
    form: AdoptForm, phones: list[UnknownPhone], status: int = 200
) -> ResponseReturnValue:
    able = [phone for phone in phones if phone.mac]
    form.version.data = _mark_of(phones)
    is_all = request.values.get("scope") == "all"
    hidden = [("id", str(phone.id)) for phone in able]
    if is_all:
        hidden = [("scope", "all"), *_args(_filters(request.values)).items()]
    page = render_template(
        "unknown_phones/adopt.html",
        form=form,
        rows=[(phone, _model(phone)) for phone in able],
        left_out=len(phones) - len(able),
        hidden=hidden,
        models=model_names(),
    )
    return page, status


def _mark_of(phones: list[UnknownPhone]) -> str:
    """Return a mark of which phones these are, and of what models they say to be."""
    return mark_of(sorted((phone.id, phone.mac, phone.family, phone.model) for phone in phones))


def _row(phone: UnknownPhone) -> tuple[UnknownPhone, tuple[str, str], tuple[str, str]]:
    return phone, advice.guessed(phone, FAMILIES), advice.advice_for(phone, FAMILIES)


def _model(phone: UnknownPhone) -> Any:
    return advice.model_of(phone, FAMILIES)


def _offered(session: Session, form: AdoptForm) -> AdoptForm:
    form.offer(customers.all_customers(session), profiles.all_profiles(session))
    return form


def _filters(args: Mapping[str, str]) -> Filters:
    show = args.get("show", "")
    return Filters(args.get("q", ""), show if show in SHOWS else "", id_in(args.get("customer")))


def _args(filters: Filters) -> dict[str, str]:
    """Return what is filtered by, as arguments of the list's address."""
    given = {"q": filters.q, "show": filters.show, "customer": str(filters.customer_id or "")}
    return {name: text for name, text in given.items() if text}
