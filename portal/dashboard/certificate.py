"""The portal's own certificate, as far as the dashboard speaks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.certificates.queries import own_certificate
from portal.config import Config

SOON_DAYS = 21


@dataclass(frozen=True)
class Certificate:
    """`until` None: there is none that can be read, and `problem` says why."""

    until: datetime | None
    is_self_signed: bool = False
    problem: str = ""

    def days_left(self, now: datetime) -> int:
        return (self.until - now).days if self.until else 0

    def kind(self, now: datetime) -> str:
        """Return how bad it is: ``ok``, ``warn`` or ``bad``."""
        if self.until is None or self.until <= now:
            return "bad"
        return "warn" if self.days_left(now) < SOON_DAYS else "ok"


def read(config: Config, now: datetime) -> Certificate:
    """Return what the portal's own certificate says."""
    own = own_certificate(config, now)
    if own is not None:
        return Certificate(own.valid_until, own.is_self_signed)
    name = config.cert_file.name
    if not config.cert_file.exists():
        return Certificate(None, problem=f"{name} is not there; another server may end TLS")
    return Certificate(None, problem=f"{name} cannot be read as a certificate")
