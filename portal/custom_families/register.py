"""Keep the custom families of this process as they are in the database.

Phones' requests use what is in memory and ask nothing. A process that serves follows the database
with a thread of its own: one small statement every few seconds tells whether there is news.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from portal.custom_families import declared, queries
from portal.vendors.loader import BadDeclaration
from portal.vendors.schema import Families, Family

log = logging.getLogger(__name__)


class Register:
    """Puts the custom families of the database behind `engine` into `families`."""

    def __init__(self, engine: Engine, families: Families, every_s: int) -> None:
        self._engine = engine
        self._families = families
        self._every_s = every_s
        self._mark: object = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Load for the first time; a database without the table yet has no custom families."""
        self._families.put_custom([])
        try:
            self.refresh()
        except (OperationalError, ProgrammingError):
            log.debug("custom families cannot be read yet")

    def refresh(self, connection: Connection | None = None) -> None:
        """Take up what has changed in the database, at once."""
        if connection is None:
            with self._engine.connect() as own:
                self.refresh(own)
            return
        with self._lock:
            mark = queries.mark(connection)
            if mark != self._mark:
                self._families.put_custom(_loaded(connection))
                self._mark = mark

    def follow(self) -> None:
        """From now on, take up changes within a few seconds; until `stop`."""
        threading.Thread(target=self._follow, name="custom-families", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _follow(self) -> None:
        while not self._stopped.wait(self._every_s):
            try:
                self.refresh()
            except SQLAlchemyError:
                log.exception("custom families could not be read")


def _loaded(connection: Connection) -> list[Family]:
    families = []
    for key, told, templates in queries.all_declared(connection):
        try:
            families.append(declared.load(key, told, templates))
        except BadDeclaration as bad:
            # Such as a setting that a newer version no longer has; the page of the family says so.
            log.error("custom family %s is left out: %s", key, bad)
    return families
