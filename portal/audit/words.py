"""What each action that the audit records is called, and in which group it is looked for. Pure.

A test reads all calls of `record` in the code and fails for an action that has no words here.
"""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "device.create": "Added to the inventory",
    "device.update": "Changed",
    "device.override": "Own settings changed",
    "device.retire": "Retired",
    "device.reinstate": "Put back into service",
    "device.delete": "Deleted",
    "device.show_address": "Own address shown",
    "device.lock": "Locked",
    "device.unlock": "Unlocked",
    "device.release_again": "Set up again after a reset, with new proofs",
    "device.refuse_reset": "Set-up after a reset refused",
    "device.rotate_proofs": "New proofs made",
    "device.replace": "Put in place of another device",
    "device.replaced": "Replaced by another device",
    "device.undo": "A change taken back",
    "device.export": "Inventory exported",
    "note.edit": "Note changed",
    "note.delete": "Note deleted",
    "unknown_phone.ignore": "Unknown phone ignored",
    "unknown_phone.notice": "Unknown phone no longer ignored",
    "unknown_phone.export": "Unknown phones exported",
    "bulk.change": "Many devices changed",
    "bulk.undo": "Change of many devices taken back",
    "port.assign": "Account changed",
    "port.label": "Label changed",
    "port.override": "Settings of a port changed",
    "window.open": "Set-up allowed",
    "window.close": "Set-up window closed",
    "upload.take": "Upload taken down",
    "upload.delete": "Upload deleted",
    "secret.show": "Secrets shown on the command line",
    "account.create": "Account made",
    "account.update": "Account changed",
    "account.renew_password": "New password made",
    "account.show_password": "Password shown",
    "account.keep_password": "Password kept, though it was due for a change",
    "account.delete": "Account deleted",
    "account.export": "Accounts exported",
    "customer.create": "Customer made",
    "customer.update": "Customer changed",
    "customer.settings": "Settings of a customer changed",
    "customer.trust_level": "Trust level changed",
    "customer.renew_site_address": "New site address made",
    "customer.delete": "Customer deleted",
    "customer.export": "Customers exported",
    "contact.create": "Contact added",
    "contact.update": "Contact changed",
    "contact.delete": "Contact deleted",
    "contact.import": "Contacts imported",
    "contact.list_accounts": "Accounts in the phone book switched on or off",
    "profile.create": "Profile made",
    "profile.update": "Profile changed",
    "profile.publish": "Version published",
    "profile.discard_draft": "Draft discarded",
    "profile.withdraw": "Publishing withdrawn",
    "profile.delete": "Profile deleted",
    "import.apply": "List imported",
    "import.undo": "Import taken back",
    "import.discard": "Upload discarded",
    "mapping.save": "Columns of lists saved",
    "mapping.delete": "Columns of lists forgotten",
    "firmware.add": "Firmware added",
    "firmware.remove": "Firmware removed",
    "family.create": "Family made",
    "family.update": "Family changed",
    "family.delete": "Family deleted",
    "certificate.add": "Authority added",
    "certificate.remove": "Authority removed",
    "certificate.pin": "Certificate pinned",
    "certificate.unpin": "Certificate no longer pinned",
    "user.create": "User made",
    "user.update": "User changed",
    "user.sign_in": "Signed in",
    "user.sign_in_failed": "Sign-in failed",
    "user.sign_in_slowed": "Sign-ins slowed down after failed ones",
    "user.sign_out": "Signed out",
    "user.end_sign_ins": "Signed out everywhere",
    "user.change_password": "Password changed",
    "user.limit": "Limited to customers",
    "user.link": "Single sign-on linked",
    "user.unlink": "Single sign-on no longer linked",
    "user.enable_app": "Authenticator app set up",
    "user.disable_app": "Authenticator app removed",
    "user.add_passkey": "Passkey added",
    "user.remove_passkey": "Passkey removed",
    "user.renew_recovery_codes": "New recovery codes made",
    "user.remove_second_factors": "Second factors removed",
    "token.create": "API token made",
    "token.revoke": "API token revoked",
    "view.save": "View saved",
    "view.delete": "View deleted",
    "checklist.dismiss": "First steps put away",
    "ban.lift": "Ban lifted",
    "site.settings": "Settings of the whole portal changed",
    "site.renew_site_address": "New site address of the portal made",
    "audit.export": "Audit exported",
}

# What one looks for together: label, and the first words of the actions.
GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "devices": (
        "Devices and ports",
        ("device", "port", "window", "upload", "note", "bulk", "unknown_phone"),
    ),
    "accounts": ("SIP accounts", ("account", "secret")),
    "customers": ("Customers and contacts", ("customer", "contact")),
    "profiles": ("Profiles and settings", ("profile", "site")),
    "imports": ("Imports", ("import", "mapping")),
    "families": ("Families, firmware, certificates", ("family", "firmware", "certificate")),
    "people": ("People and access", ("user", "token", "ban", "view", "checklist")),
    "exports": ("Exports", ()),
}


def words_for(action: str) -> str:
    """Return what people call `action`; of one that is no more, its own name."""
    return ACTIONS.get(action, action)


def actions_of(group: str) -> list[str]:
    """Return the actions of one of GROUPS, of an unknown group none."""
    if group == "exports":
        return [action for action in ACTIONS if action.endswith(".export")]
    firsts = GROUPS.get(group, ("", ()))[1]
    return [action for action in ACTIONS if action.partition(".")[0] in firsts]
