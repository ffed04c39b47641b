"""Reading which certificates are believed, who uses them, and the portal's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.certificates.own import OwnCertificate, read_own
from portal.config import Config
from portal.finding import mac_digits
from portal.models import CertificateAuthority, Device, PinnedCertificate
from portal.vendors import FAMILIES

WARN = timedelta(days=60)


@dataclass(frozen=True)
class AuthorityRow:
    """An authority and how many phones of its maker have proven themselves by certificate."""

    authority: CertificateAuthority
    phones: int


@dataclass(frozen=True)
class PinRow:
    """A pinned certificate; `is_known`: its device is in the inventory. `used_at`: last proof."""

    pin: PinnedCertificate
    is_known: bool
    used_at: datetime | None


def vendors() -> list[str]:
    """Return the makers of all families."""
    return sorted({family.vendor for family in FAMILIES.values()}, key=str.lower)


def all_authorities(session: Session) -> list[CertificateAuthority]:
    order = CertificateAuthority.vendor, CertificateAuthority.subject
    return list(session.scalars(select(CertificateAuthority).order_by(*order)))


def authority_rows(session: Session) -> list[AuthorityRow]:
    """Return all authorities with their use; two statements."""
    proven = (
        select(Device.vendor, func.count())
        .where(Device.last_certificate_at.is_not(None))
        .group_by(Device.vendor)
    )
    by_vendor: dict[str, int] = {}
    for vendor, count in session.execute(proven):
        by_vendor[vendor.lower()] = by_vendor.get(vendor.lower(), 0) + count
    return [
        AuthorityRow(
            authority,
            by_vendor.get(authority.vendor.lower(), 0)
            if authority.vendor
            else sum(by_vendor.values()),
        )
        for authority in all_authorities(session)
    ]


def page_of_pins(session: Session, q: str, page: int, size: int) -> tuple[list[PinRow], int]:
    """Return one page of pinned certificates by MAC, and how many there are in all.

    `q` is part of a MAC, of a name or of a fingerprint.
    """
    found = select(PinnedCertificate, Device.id, Device.last_certificate_at).outerjoin(
        Device, Device.mac == PinnedCertificate.mac
    )
    if wanted := q.strip().lower():
        plain = mac_digits(wanted) or wanted.replace(":", "").replace("-", "")
        found = found.where(
            or_(
                PinnedCertificate.mac.contains(plain, autoescape=True),
                PinnedCertificate.sha256.startswith(plain, autoescape=True),
                PinnedCertificate.subject.icontains(wanted, autoescape=True),
            )
        )
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    ordered = found.order_by(PinnedCertificate.mac, PinnedCertificate.id)
    rows = session.execute(ordered.limit(size).offset((page - 1) * size))
    return [PinRow(pin, device is not None, used_at) for pin, device, used_at in rows], total


def all_pins(session: Session) -> list[PinnedCertificate]:
    order = PinnedCertificate.mac, PinnedCertificate.id
    return list(session.scalars(select(PinnedCertificate).order_by(*order)))


def find_authority(session: Session, authority_id: int) -> CertificateAuthority | None:
    return session.get(CertificateAuthority, authority_id)


def find_pin(session: Session, pin_id: int) -> PinnedCertificate | None:
    return session.get(PinnedCertificate, pin_id)


def authority_by_sha256(session: Session, sha256: str) -> CertificateAuthority | None:
    return session.scalar(select(CertificateAuthority).where(CertificateAuthority.sha256 == sha256))


def pin_by_sha256(session: Session, sha256: str) -> PinnedCertificate | None:
    return session.scalar(select(PinnedCertificate).where(PinnedCertificate.sha256 == sha256))


def named(session: Session, text: str) -> list[CertificateAuthority | PinnedCertificate]:
    """Return what a person means by the first digits of a fingerprint, or by a MAC."""
    digits = text.strip().lower().replace(":", "").replace("-", "")
    found: list[CertificateAuthority | PinnedCertificate] = []
    if len(digits) >= 8:
        found += session.scalars(
            select(CertificateAuthority).where(
                CertificateAuthority.sha256.startswith(digits, autoescape=True)
            )
        )
        found += session.scalars(
            select(PinnedCertificate).where(
                or_(
                    PinnedCertificate.sha256.startswith(digits, autoescape=True),
                    PinnedCertificate.mac == digits,
                )
            )
        )
    return found


def own_certificate(config: Config, now: datetime) -> OwnCertificate | None:
    """Return what the portal itself shows to phones and browsers; None: it cannot be read."""
    try:
        data = config.cert_file.read_bytes()
    except OSError:
        return None
    return read_own(data, config.base_url, config.tls_min == "1.0", now)
