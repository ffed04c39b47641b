"""The portal's own certificate, as far as the dashboard speaks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

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


def read(file: Path) -> Certificate:
    """Return what the first certificate of a chain says."""
    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except FileNotFoundError:
        return Certificate(None, problem=f"{file.name} is not there; another server may end TLS")
    except (OSError, ValueError):
        return Certificate(None, problem=f"{file.name} cannot be read as a certificate")
    return Certificate(found.not_valid_after_utc, found.issuer == found.subject)
