"""What an unknown phone seems to be, and what is wrong with the address it was given."""

from __future__ import annotations

from portal.models import UnknownPhone
from portal.vendors.schema import Families, Family, Model

# What a family's phones replace by their MAC in an address. A family that is not here adds the
# name of its file by itself, so an address that ends with a slash is all it needs.
VARIABLES = {
    "akuvox": "$MAC",  # from memory
    "alcatel_ale": "$mac",  # DeviceProvisionFileFirst … Third
    "cisco_mpp": "$MA",  # Provisioning guide: macro expansion
    "cisco_spa": "$MA",  # SPA Provisioning Guide: macro expansion variables
    "fanvil": "$mac",  # Auto provision guide
    "flyingvoice": "$(MA)",  # from memory
    "obihai": "$MAC",  # OBi Provisioning Guide: macros
    "panasonic": "{mac}",  # KX-HDV/UTG provisioning guide: macro names are case-sensitive
    "panasonic_tgp": "{mac}",
    "panasonic_utg": "{mac}",
    "snom": "{mac}",  # setting_server
    "yealink": "$MAC",  # administrator guide
}


def guessed(phone: UnknownPhone, families: Families) -> tuple[str, str]:
    """Return (vendor, model) that the phone seems to be; empty where nothing tells."""
    family = _family(phone, families)
    return (family.vendor if family else ""), phone.model


def model_of(phone: UnknownPhone, families: Families) -> tuple[Family, Model] | None:
    """Return the one model that it says to be; None where a person has to say it."""
    if found := families.known(phone.family, phone.model):
        return found
    named = families.find_models(phone.model, phone.mac or "") if phone.model else []
    return named[0] if len(named) == 1 else None


def advice_for(phone: UnknownPhone, families: Families) -> tuple[str, str]:
    """Return what is wrong with its address, and what to do; both empty when nothing is."""
    if phone.placeholder:
        return _about_placeholder(phone, _family(phone, families))
    if phone.reason == "wrong site token":
        return (
            "Its site address is wrong, or was replaced.",
            "Copy the site address from the customer's page into the phone.",
        )
    if phone.door == "open":
        return (
            "It calls without a site address, so it can prove nothing.",
            "Type the customer's site address into the phone, or into DHCP option 66.",
        )
    return "", ""


def _about_placeholder(phone: UnknownPhone, family: Family | None) -> tuple[str, str]:
    wrong = (
        f"The phone asks for “{phone.filename}” word for word: it does not replace "
        f"{phone.placeholder}."
    )
    right = VARIABLES.get(family.key) if family else None
    if family is None:
        return wrong, "End the address in the phone with the slash, without a file name."
    if right and right != phone.placeholder:
        return wrong, f"{family.vendor} phones replace {right}: write that in its place."
    if right:
        return wrong, (
            f"{family.vendor} phones replace {right} in some firmware only: end the address with "
            "the slash, without a file name, or update the phone."
        )
    return wrong, (
        f"{family.vendor} phones add their file's name by themselves: end the address with the "
        "slash, without a file name."
    )


def _family(phone: UnknownPhone, families: Families) -> Family | None:
    owners = families.by_oui(phone.mac) if phone.mac else []
    return families.get(phone.family) or (owners[0] if owners else None)
