"""Tables and relationships; no queries, no rules."""

from portal.models.audit import AuditEntry
from portal.models.check_in import CheckIn, UnknownPhone
from portal.models.customer import Customer, Site
from portal.models.device import Device, Port
from portal.models.import_ import Import
from portal.models.profile import Profile, ProfileVersion
from portal.models.sip_account import SipAccount
from portal.models.user import User

__all__ = [
    "AuditEntry",
    "CheckIn",
    "Customer",
    "Device",
    "Import",
    "Port",
    "Profile",
    "ProfileVersion",
    "SipAccount",
    "Site",
    "UnknownPhone",
    "User",
]
