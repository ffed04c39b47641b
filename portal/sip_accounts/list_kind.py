"""Lists of SIP accounts, as list_imports knows them."""

from __future__ import annotations

from portal.list_imports.kinds import Kind
from portal.sip_accounts import list_queries, list_service, lists

ACCOUNTS = Kind(
    key="accounts",
    noun="account",
    fields=lists.FIELDS,
    keys=lists.KEYS,
    object_type="sip_account",
    compare=list_queries.compare,
    seal=list_service.seal,
    store=list_service.store,
    names_of=list_queries.names_of,
    in_use=list_queries.in_use,
    remove=list_service.remove,
    restore=list_service.restore,
    takes_customer=True,
    harmless=("account.show_password", "account.keep_password"),
)
