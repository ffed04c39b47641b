"""What fields, outcomes and kinds of suggestions are called on pages and in workbooks. Pure."""

from __future__ import annotations

from typing import NamedTuple

FIELD_LABELS = {
    "mac": "MAC",
    "vendor": "Vendor",
    "model": "Model",
    "serial": "Serial number",
    "redirect_pin": "Redirect PIN",
    "inventory_id": "Inventory ID",
    "description": "Description",
    "customer": "Customer",
    "profile": "Profile",
    "window": "Set-up window",
    "name": "Name",
    "extension": "Extension",
    "user_name": "SIP user",
    "password": "Password",
    "port": "Port",
    "accounts": "Accounts",
}

DEVICES = "devices"
# What a list is of: what that is called, the endpoint of its page, and who may go there.
LISTS = {
    DEVICES: ("Devices", "imports.show", "import.run"),
    "accounts": ("SIP accounts", "sip_accounts.show_list", "account.edit"),
    "customers": ("Customers", "customers.show_list", "customer.edit"),
}

# Columns of the template and of exports: their width in characters, of others _WIDTH.
_FIELD_WIDTHS = {
    "mac": 20, "vendor": 16, "model": 18, "serial": 20, "redirect_pin": 16, "inventory_id": 16,
    "description": 30, "customer": 24, "profile": 20,
}  # fmt: skip
_PORT_WIDTHS = {"account": 16, "label": 18, "password": 20}
_WIDTH = 16


class OutcomeLabel(NamedTuple):
    """How an outcome is shown: `kind` and `icon` of a status, `help` in one sentence."""

    text: str
    kind: str
    icon: str
    help: str


OUTCOME_LABELS = {
    "new": OutcomeLabel("New", "ok", "plus", "A phone that is not in the inventory yet"),
    "changed": OutcomeLabel("Changed", "info", "edit", "In the inventory, with other values"),
    "unchanged": OutcomeLabel("Unchanged", "off", "check", "In the inventory, just like this"),
    "needs_ok": OutcomeLabel("Needs your OK", "warn", "warning", "Held back until you say yes"),
    "duplicate": OutcomeLabel("Duplicate", "off", "copy", "Says the same as an earlier row"),
    "conflict": OutcomeLabel("Conflict", "bad", "error", "Same MAC as another row, other data"),
    "error": OutcomeLabel("Error", "bad", "error", "Held back until it is put right"),
    "left_out": OutcomeLabel("Left out", "off", "off", "No phone, or taken out by you"),
}
HELD_BACK = ("needs_ok", "conflict", "error")

KIND_LABELS = {
    "mac_lost_leading_zeros": "leading zeros are lost",
    "mac_letter_for_digit": "a letter stands for a digit",
    "mac_scientific": "the MAC became a number with an exponent",
    "mac_above": "rows without MAC, as further ports of the phone above",
    "mac_several": "several MACs in a cell, one phone each",
    "mac_range": "a range of MACs, one phone each",
    "mac_with_text": "a MAC among other words",
    "mac_odd_groups": "the digits are grouped oddly",
    "mac_eui64": "an EUI-64 made from the MAC",
}


def field_label(field: str) -> str:
    """Return what people call a field: "port 1 account" is “Port 1 account”."""
    return FIELD_LABELS.get(field) or field[:1].upper() + field[1:].replace("_", " ")


def field_width(field: str) -> int:
    """Return how wide the column of a field is in a workbook, in characters."""
    return _FIELD_WIDTHS.get(field) or _PORT_WIDTHS.get(field.rpartition(" ")[2], _WIDTH)
