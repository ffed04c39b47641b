"""Tables and relationships; no queries, no rules."""

from portal.models.api_token import ApiToken
from portal.models.audit import AuditEntry
from portal.models.bulk_change import BulkChange
from portal.models.certificate import CertificateAuthority, PinnedCertificate
from portal.models.check_in import CheckIn, CheckInHour, UnknownPhone
from portal.models.column_mapping import ColumnMapping
from portal.models.contact import Contact
from portal.models.custom_family import CustomFamily
from portal.models.customer import Customer, Site
from portal.models.device import Device, Port
from portal.models.fetched import FetchedFile
from portal.models.firmware import FirmwareFile
from portal.models.import_ import Import, ImportRows
from portal.models.note import Note
from portal.models.profile import Profile, ProfileVersion
from portal.models.saved_view import ListChoice, SavedView
from portal.models.sign_in import Guess, SignIn
from portal.models.sip_account import SipAccount
from portal.models.trust import Ban, Refusal, Release
from portal.models.upload import Upload
from portal.models.user import Passkey, RecoveryCode, User, user_customers

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Ban",
    "BulkChange",
    "CertificateAuthority",
    "CheckIn",
    "CheckInHour",
    "ColumnMapping",
    "Contact",
    "CustomFamily",
    "Customer",
    "Device",
    "FetchedFile",
    "FirmwareFile",
    "Guess",
    "Import",
    "ImportRows",
    "ListChoice",
    "Note",
    "Passkey",
    "PinnedCertificate",
    "Port",
    "Profile",
    "ProfileVersion",
    "RecoveryCode",
    "Refusal",
    "Release",
    "SavedView",
    "SignIn",
    "SipAccount",
    "Site",
    "UnknownPhone",
    "Upload",
    "User",
    "user_customers",
]
