"""Lists of customers, as list_imports knows them."""

from __future__ import annotations

from portal.customers import list_queries, list_service, lists
from portal.list_imports.kinds import Kind

CUSTOMERS = Kind(
    key="customers",
    noun="customer",
    fields=lists.FIELDS,
    keys=lists.KEYS,
    object_type="customer",
    compare=list_queries.compare,
    seal=list_service.seal,
    store=list_service.store,
    names_of=list_queries.names_of,
    in_use=list_queries.in_use,
    remove=list_service.remove,
    restore=list_service.restore,
)
