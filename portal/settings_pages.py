"""The page with the typed form of one layer of settings: a customer's, or the whole portal's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal import settings_form
from portal.forms import SettingsForm
from portal.settings.catalogue import zone_names
from portal.settings.resolve import Resolved
from portal.writing import attempt

Layer = dict[str, object]


def take(
    stored: Mapping[str, Any], version: int, save: Callable[[Layer], object]
) -> tuple[SettingsForm, Layer, int]:
    """Read the form that was sent and `save` the layer it asks for, unless it is stale or wrong.

    Returns the form, the layer as typed, and the status that refuses it; 0 when it is saved.
    """
    form = SettingsForm()
    layer = settings_form.read(request.form, stored)
    form.rejected |= settings_form.problems(layer)
    if form.is_stale(version):
        status = 409
    elif form.rejected:
        status = 422
    else:
        status = attempt(form, lambda: save(layer))
    if status:
        form.rejected |= settings_form.passwords_to_type_again(layer) | form.rejected
    return form, layer, status


def show(
    template: str,
    form: SettingsForm,
    layer: Mapping[str, Any],
    stored: Mapping[str, Any],
    inherited: Mapping[str, Resolved],
    status: int = 200,
    **context: Any,
) -> ResponseReturnValue:
    """Return the page of the form, on which shared/settings.html stands."""
    q = request.args.get("show", "")
    text = render_template(
        template,
        form=form,
        q=q,
        only=request.args.get("only", ""),
        groups=settings_form.fields_for(layer, inherited, (), form.rejected, q),
        overtaken=settings_form.overtaken(stored, layer) if status == 409 else None,
        zones=sorted(zone_names()),
        **context,
    )
    return text, status
