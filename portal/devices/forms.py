"""Forms of the inventory; that of overrides is in `overrides`."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.devices.fill import ELSEWHERE, OCCUPIED
from portal.forms import ConfirmForm, VersionedForm, value
from portal.models import Customer, Profile
from portal.values import parse_line, parse_mac
from portal.vendors import FAMILIES

STATES = {"assigned": "assigned", "stock": "in stock", "retired": "retired"}


class LockForm(ConfirmForm):
    """Why a phone gets nothing any more."""

    reason = StringField(
        "Reason",
        [InputRequired("Say why, for whoever unlocks it"), Length(max=200), value(parse_line)],
        description="Such as: stolen, lost in a taxi, calls at night.",
    )


class DeviceForm(VersionedForm):
    """What people know of a device."""

    model = StringField("Model", description="As on the label, such as T46U, GRP2614 or D785.")
    customer = SelectField("Customer", default="")
    profile = SelectField("Profile", default="")
    description = StringField("Description", [value(parse_line)])
    serial = StringField("Serial number", [value(parse_line)])
    inventory_id = StringField("Inventory id", [value(parse_line)])
    redirect_pin = StringField("Redirect PIN", [value(parse_line)])

    def offer(
        self, customers: list[Customer], profiles: list[Profile], needs_customer: bool = False
    ) -> None:
        """Fill the selects; `needs_customer`: who is limited to some puts nothing into stock."""
        none = "Choose a customer" if needs_customer else "In stock"
        self.customer.choices = [("", none), *((str(c.id), c.name) for c in customers)]
        if needs_customer and len(customers) == 1 and self.customer.data is None:
            self.customer.data = str(customers[0].id)
        self.profile.choices = [
            ("", "The customer's default profile"),
            *((str(p.id), _profile_label(p)) for p in profiles),
        ]


class NewDeviceForm(DeviceForm):
    mac = StringField("MAC", [InputRequired("Type the MAC from the label"), value(parse_mac)])
    model = StringField(
        "Model",
        [InputRequired("Type the model from the label")],
        description="As on the label, such as T46U, GRP2614 or D785.",
    )


class PortForm(VersionedForm):
    """Choice of an account for a port; empty frees it.

    `way` says what becomes of where it is now (place_service.WAYS), `places` marks what stood there
    when the person was asked.
    """

    account = HiddenField()
    way = HiddenField()
    places = HiddenField()


class MoveForm(VersionedForm):
    """Where an account goes: MAC `to`, `port` and what stood there when the person was asked."""

    q = HiddenField()
    to = HiddenField()
    port = HiddenField()
    to_version = HiddenField()
    way = HiddenField()


class LabelForm(VersionedForm):
    label = StringField("Label", [value(parse_line)])


class FillForm(VersionedForm):
    """Which accounts go on which ports; `version` marks the preview that was seen.

    It comes in the address too, hence without a token of its own; the guard checks what is sent.
    """

    class Meta:
        csrf = False

    ports = StringField("Ports", description="1-48, or the first one alone; blank: from port 1.")
    accounts = StringField(
        "Accounts", description="A range such as 101-148, or a list such as 101, 102, 105."
    )
    occupied = SelectField(
        "A port that has another account", default="leave", validate_choice=False
    )
    elsewhere = SelectField(
        "An account that is on another port", default="leave", validate_choice=False
    )
    creates = BooleanField("Make the accounts that are missing")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.occupied.choices = [*OCCUPIED.items()]
        self.elsewhere.choices = [*ELSEWHERE.items()]


class ReplaceForm(VersionedForm):
    """The device that comes in place of another; `version` marks the preview that was seen."""

    class Meta:
        csrf = False  # it comes in the address too; the guard checks what is sent

    new = StringField("MAC of the new device", description="In any notation; scan its label.")
    model = StringField("Model of the new device", description="Blank: as known, else the same.")
    keeps_inventory_id = BooleanField("The inventory id goes to the new device")


class NoteForm(VersionedForm):
    text = TextAreaField("Note")


def model_options() -> list[tuple[str, str]]:
    """Return (what to type, vendor) for every model, so that each names exactly one."""
    options: list[tuple[str, str]] = []
    for family in FAMILIES.values():
        for name in family.models:
            is_alone = len(FAMILIES.find_models(name)) == 1
            options.append((name if is_alone else f"{family.vendor} {name}", family.vendor))
    return sorted(set(options))


def _profile_label(profile: Profile) -> Any:
    family = FAMILIES.get(profile.family)
    return f"{profile.name} ({family.vendor})" if family else profile.name
