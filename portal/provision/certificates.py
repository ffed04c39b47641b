"""The client certificates that this process believes, followed and remembered.

Phones' requests use what is in memory and ask nothing. A process that serves follows the database
with a thread of its own: one small statement every few seconds tells whether there is news.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import re
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from urllib.parse import unquote

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from portal.models import CertificateAuthority, PinnedCertificate
from portal.provision.asked import Presented
from portal.provision.chains import Authority, Checked, Trust
from portal.vendors.schema import Families

log = logging.getLogger(__name__)

# A phone comes back for several files in a row; what it proved is not checked again meanwhile.
REMEMBER = timedelta(seconds=60)
MOST_REMEMBERED = 10_000
MAX_HEADER = 48 * 1024

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_authorities = CertificateAuthority.__table__
_pins = PinnedCertificate.__table__
_MARK = select(
    *(
        select(what).scalar_subquery()
        for table in (_authorities, _pins)
        for what in (func.count(table.c.id), func.sum(table.c.id), func.max(table.c.added_at))
    )
)
_AUTHORITIES = select(_authorities.c.der, _authorities.c.vendor, _authorities.c.accepts_old)
_PINS = select(_pins.c.sha256, _pins.c.mac)


class _Known:
    """What is believed, and what was found with it: both are replaced together."""

    def __init__(self, trust: Trust) -> None:
        self.trust = trust
        self.found: OrderedDict[bytes, tuple[datetime, datetime, Checked]] = OrderedDict()


class Certificates:
    """Says which MAC a certificate proves, by what is loaded in the database behind `engine`."""

    def __init__(self, engine: Engine, families: Families, every_s: int) -> None:
        self._engine = engine
        self._families = families
        self._every_s = every_s
        self._mark: object = None
        self._known = _Known(Trust((), {}, self._vendors_of))
        self._refreshing = threading.Lock()
        self._remembering = threading.Lock()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Load for the first time; a database without the tables yet has no certificates."""
        try:
            self.refresh()
        except (OperationalError, ProgrammingError):
            log.debug("certificates cannot be read yet")

    def refresh(self, connection: Connection | None = None) -> None:
        """Take up what has changed in the database, at once."""
        if connection is None:
            with self._engine.connect() as own:
                self.refresh(own)
            return
        with self._refreshing:
            mark = tuple(connection.execute(_MARK).one())
            if mark != self._mark:
                self._known = _Known(self._loaded(connection))
                self._mark = mark

    def follow(self) -> None:
        """From now on, take up changes within a few seconds; until `stop`."""
        threading.Thread(target=self._follow, name="certificates", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def mac_of(self, presented: Presented | None, now: datetime) -> str | None:
        """Return the MAC that a certificate proves; None when it proves nothing. Never raises."""
        return self.check(presented, now).mac if presented else None

    def why_not(self, presented: Presented | None, now: datetime) -> str:
        """Return why a certificate that was shown proves nothing; “” when it does, or none was."""
        return self.check(presented, now).reason if presented else ""

    def check(self, presented: Presented, now: datetime) -> Checked:
        """Return what a certificate proves, from memory where it was checked a moment ago."""
        known, key = self._known, _key(presented)
        remembered = known.found.get(key)
        if remembered and remembered[0] <= now < remembered[1]:
            return remembered[2]
        checked = known.trust.check(presented, now)
        # What proves nothing is not remembered: strangers would crowd out the phones.
        if checked.until:
            with self._remembering:
                known.found[key] = (now, min(now + REMEMBER, checked.until), checked)
                known.found.move_to_end(key)
                if len(known.found) > MOST_REMEMBERED:
                    known.found.popitem(last=False)
        return checked

    def _loaded(self, connection: Connection) -> Trust:
        authorities = [Authority(*row) for row in connection.execute(_AUTHORITIES)]
        pins = {row.sha256: row.mac for row in connection.execute(_PINS)}
        return Trust(authorities, pins, self._vendors_of)

    def _vendors_of(self, mac: str) -> set[str]:
        return {family.vendor.lower() for family in self._families.by_oui(mac)}

    def _follow(self) -> None:
        while not self._stopped.wait(self._every_s):
            try:
                self.refresh()
            except SQLAlchemyError:
                log.exception("certificates could not be read")


def presented_from_header(text: str) -> Presented | None:
    """Return the certificate of a proxy's header; None when there is none in it.

    nginx writes ``$ssl_client_escaped_cert``: PEM, percent-encoded, the leaf alone. What other
    proxies append to it counts as the rest of the chain.
    """
    if not text or len(text) > MAX_HEADER:
        return None
    try:
        parts = [
            base64.b64decode("".join(block.split()), validate=True)
            for block in _PEM.findall(unquote(text, errors="strict"))
        ]
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Presented(parts[0], tuple(parts[1:])) if parts else None


def _key(presented: Presented) -> bytes:
    digest = hashlib.sha256(presented.leaf)
    for der in presented.chain:
        digest.update(hashlib.sha256(der).digest())
    return digest.digest()
