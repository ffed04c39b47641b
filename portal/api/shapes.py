"""What goes into the API and what comes out, field by field. A secret goes in and never out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from portal.api.fields import Flag, Named, Number, Shape, Text, Texts, between, one_of, told

MOST_AT_ONCE = 500
_VERSION = told("The version that this change was made from; the header If-Match says the same")
_CUSTOMER = told("Name of the customer; null or empty for none")
_PROFILE = told("Name of the profile; null or empty for none")
_MAC = told("12 lowercase hex digits")


class Refusal(Shape):
    code = Text(metadata=told("For programs; such as not_found, stale, rule_broken"))
    message = Text(metadata=told("For people: what is wrong, and the remedy"))
    field = Text(allow_none=True, metadata=told("What of the request it is about"))


class Error(Shape):
    error = fields.Nested(Refusal)


def page_of(shape: type[Schema]) -> type[Schema]:
    """Return the shape of one page of a list."""
    parts: dict[str, Any] = {
        "items": fields.List(fields.Nested(shape)),
        "total": Number(metadata=told("How many there are on all pages")),
        "next": Text(allow_none=True, metadata=told("Address of the next page; null on the last")),
    }
    return type(f"{shape.__name__}Page", (Shape,), parts)


class PageQuery(Shape):
    page = Number(load_default=1, validate=between(1, 10_000_000))
    size = Number(load_default=100, validate=between(1, MOST_AT_ONCE))


class SearchQuery(PageQuery):
    q = Text(load_default="", metadata=told("Part of a name"))


# Devices


class Port(Shape):
    number = Number()
    account = Text(allow_none=True, metadata=told("User name of the SIP account; null: free"))
    label = Text()


class Device(Shape):
    mac = Text(metadata=_MAC)
    vendor = Text()
    family = Text()
    model = Text()
    serial = Text()
    inventory_id = Text(allow_none=True)
    description = Text()
    customer = Text(allow_none=True)
    profile = Text(allow_none=True)
    state = Text()
    window_until = fields.AwareDateTime(allow_none=True)
    bound_at = fields.AwareDateTime(allow_none=True)
    last_seen_at = fields.AwareDateTime(allow_none=True)
    last_address = Text()
    last_firmware = Text()
    last_fetched_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    changed_at = fields.AwareDateTime()
    version = Number()
    ports = fields.List(fields.Nested(Port))


class DeviceQuery(PageQuery):
    q = Text(load_default="", metadata=told("Part of a MAC, serial, account, customer, …"))
    customer = Text(load_default="", metadata=told("Name of a customer"))
    profile = Text(load_default="", metadata=told("Name of a profile"))
    family = Text(load_default="")
    state = Text(load_default="", metadata=told("stock, assigned or retired, for instance"))
    seen = Text(load_default="", validate=one_of("", "yes", "never"))


class DeviceChange(Shape):
    model = Text()
    serial = Text()
    redirect_pin = Text(load_only=True, metadata=told("Goes in and never out"))
    inventory_id = Text(allow_none=True)
    description = Text()
    customer = Text(allow_none=True, metadata=_CUSTOMER)
    profile = Text(allow_none=True, metadata=_PROFILE)
    version = Number(metadata=_VERSION)


class NewDevice(DeviceChange):
    class Meta(Shape.Meta):
        exclude = ("version",)

    mac = Text(required=True, metadata=told("In any usual notation"))
    model = Text(required=True, metadata=told("Such as T46U, GXP2170, D785"))


class PortChange(Shape):
    account = Text(allow_none=True, metadata=told("User name of the SIP account; null frees it"))
    label = Text(metadata=told("Shown on the phone; empty: the account's name"))


class PortAnswer(Port):
    notices = Texts(metadata=told("What somebody should know, such as: both phones will ring"))


class WindowChange(Shape):
    minutes = Number(load_default=60, metadata=told("How long, up to 10080 (7 days)"))


class Window(Shape):
    mac = Text(metadata=_MAC)
    window_until = fields.AwareDateTime()


class Addresses(Shape):
    site = Text(metadata=told("For any phone of the customer, while its set-up window is open"))
    own = Text(metadata=told("The phone's own; a secret, it proves the phone"))


# SIP accounts, customers


class Account(Shape):
    id = Number()
    user_name = Text()
    auth_name = Text()
    display_name = Text()
    external_id = Text()
    customer = Text(allow_none=True)
    is_enabled = Flag()
    ports = Texts(metadata=told("Where it is: “001565aabbcc/1”"))
    version = Number()


class AccountQuery(SearchQuery):
    customer = Text(load_default="", metadata=told("Name of a customer"))
    use = Text(load_default="", validate=one_of("", "free", "used"))


class AccountChange(Shape):
    auth_name = Text()
    display_name = Text()
    external_id = Text()
    is_enabled = Flag()
    password = Text(load_only=True, metadata=told("Goes in and never out"))
    version = Number(metadata=_VERSION)


class NewAccount(AccountChange):
    class Meta(Shape.Meta):
        exclude = ("version", "is_enabled")

    user_name = Text(required=True)
    customer = Text(allow_none=True, metadata=_CUSTOMER)
    password = Text(load_only=True, metadata=told("Left out: a random one of 20 characters"))


class Customer(Shape):
    id = Number()
    name = Text()
    networks = Texts(metadata=told("Where its phones may fetch their first file from"))
    default_profile = Text(allow_none=True)
    note = Text()
    trust_level = Text()
    version = Number()


class CustomerChange(Shape):
    name = Text()
    networks = Texts()
    default_profile = Text(allow_none=True, metadata=_PROFILE)
    note = Text()
    version = Number(metadata=_VERSION)


class NewCustomer(CustomerChange):
    class Meta(Shape.Meta):
        exclude = ("version",)

    name = Text(required=True)


# Profiles


class ProfileVersion(Shape):
    number = Number()
    settings = Named(metadata=told("By key; a secret is “changed”"))
    parameters = Named(metadata=told("Raw parameters of the vendor; a secret is “changed”"))
    line_keys = fields.List(Named())
    note = Text()
    author = Text()
    published_at = fields.AwareDateTime(allow_none=True)
    effective_at = fields.AwareDateTime(allow_none=True)


class Profile(Shape):
    id = Number()
    name = Text()
    family = Text(metadata=told("Empty: for phones of any family"))
    parent = Text(allow_none=True)
    description = Text()
    devices = Number(metadata=told("That a change of it can change"))
    version = Text(metadata=told("Changes with every change, of the draft too"))
    current = fields.Nested(ProfileVersion, allow_none=True)
    draft = fields.Nested(ProfileVersion, allow_none=True)


class ProfileQuery(Shape):
    q = Text(load_default="", metadata=told("Part of a name or description"))


class ProfileList(Shape):
    items = fields.List(fields.Nested(Profile))
    total = Number()
    next = Text(allow_none=True)


class ProfileChange(Shape):
    set = Named(metadata=told("Settings by key; null sends one empty"))
    unset = Texts(metadata=told("Keys that are inherited again"))
    parameters = Named(metadata=told("Raw parameters to add or replace"))
    publish = Flag(load_default=False, metadata=told("Put it in force now, not as a draft"))
    note = Text(load_default="")
    version = Text(metadata=_VERSION)


class NewProfile(Shape):
    name = Text(required=True)
    family = Text(load_default="")
    parent = Text(allow_none=True, load_default=None, metadata=_PROFILE)
    description = Text(load_default="")
    settings = Named(load_default=dict)


class Publication(Shape):
    note = Text(load_default="")
    version = Text(metadata=_VERSION)
