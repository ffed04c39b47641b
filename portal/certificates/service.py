"""Writing what certificates are believed: one function a verb; rules and audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.certificates import queries
from portal.certificates.reading import is_authority, parse_fingerprint, subject_of
from portal.errors import RuleBroken, parsed
from portal.models import CertificateAuthority, PinnedCertificate
from portal.provision import certificate_facts as facts
from portal.values import format_mac, parse_mac


@dataclass(frozen=True)
class Added:
    """Authorities that were added, and why others of the same file were left out."""

    authorities: list[CertificateAuthority]
    left_out: list[str]


def add_authorities(
    session: Session,
    actor: Actor,
    certificates: Sequence[x509.Certificate],
    vendor: str,
    accepts_old: bool,
    now: datetime,
) -> Added:
    """Believe what these authorities sign, for phones of `vendor`, or of every maker.

    What is there already or has expired is left out. Raises RuleBroken on "vendor", "file" or
    "accepts_old", and when nothing is left to add.
    """
    if vendor and vendor not in queries.vendors():
        raise RuleBroken(
            f"There is no maker “{vendor}”: choose {', '.join(queries.vendors())}", "vendor"
        )
    added, left_out = [], []
    for certificate in certificates:
        subject = subject_of(certificate)
        _check_authority(certificate, subject, accepts_old)
        sha256 = facts.fingerprint_of(certificate)
        if certificate.not_valid_after_utc <= now:
            left_out.append(f"“{subject}” expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
        elif queries.authority_by_sha256(session, sha256):
            left_out.append(f"“{subject}” is loaded already")
        else:
            stored = CertificateAuthority(
                sha256=sha256,
                subject=subject,
                vendor=vendor,
                accepts_old=accepts_old,
                der=facts.der_of(certificate),
                valid_until=certificate.not_valid_after_utc,
                added_at=now,
                added_by=actor.name,
            )
            session.add(stored)
            session.flush()
            audit.record(session, actor, "certificate.add", stored, audit.diff({}, _facts(stored)))
            added.append(stored)
    if not added:
        raise RuleBroken("; ".join(left_out), "file")
    return Added(added, left_out)


def remove_authority(session: Session, actor: Actor, authority: CertificateAuthority) -> None:
    """Believe what this authority signs no longer."""
    audit.record(session, actor, "certificate.remove", authority, audit.diff(_facts(authority), {}))
    session.delete(authority)
    session.flush()


def pin(
    session: Session,
    actor: Actor,
    certificate: x509.Certificate | None,
    fingerprint: str,
    mac: str,
    now: datetime,
) -> PinnedCertificate:
    """Believe one certificate, whoever signed it: given whole, or by its SHA-256 `fingerprint`.

    `mac` may be left out where the certificate names one. Raises RuleBroken on "file",
    "fingerprint" or "mac".
    """
    sha256 = _fingerprint(certificate, fingerprint)
    stored = PinnedCertificate(
        sha256=sha256,
        mac=_mac(certificate, mac),
        subject=subject_of(certificate) if certificate else "",
        valid_until=certificate.not_valid_after_utc if certificate else None,
        added_at=now,
        added_by=actor.name,
    )
    if stored.valid_until and stored.valid_until <= now:
        raise RuleBroken(
            f"It expired on {stored.valid_until:%Y-%m-%d} and would prove nothing", "file"
        )
    if certificate and facts.age_of_key(certificate) == "broken":
        raise RuleBroken("Its key is so short that anybody could make it", "file")
    if there := queries.pin_by_sha256(session, sha256):
        raise RuleBroken(f"It is pinned already, for {format_mac(there.mac)}", "file")
    session.add(stored)
    session.flush()
    audit.record(session, actor, "certificate.pin", stored, audit.diff({}, _pin_facts(stored)))
    return stored


def remove_pin(session: Session, actor: Actor, pinned: PinnedCertificate) -> None:
    """Believe this certificate no longer, unless an authority vouches for it."""
    audit.record(session, actor, "certificate.unpin", pinned, audit.diff(_pin_facts(pinned), {}))
    session.delete(pinned)
    session.flush()


def _check_authority(certificate: x509.Certificate, subject: str, accepts_old: bool) -> None:
    try:
        is_one, age = is_authority(certificate), facts.age_of_key(certificate)
    except ValueError:
        raise RuleBroken(
            f"“{subject}” cannot be read; get it anew from its maker", "file"
        ) from None
    if not is_one:
        raise RuleBroken(
            f"“{subject}” is the certificate of one device, no authority: pin it instead", "file"
        )
    if age == "broken":
        raise RuleBroken(f"The key of “{subject}” is so short that anybody could make it", "file")
    if age == "old" and not accepts_old:
        raise RuleBroken(
            f"“{subject}” signs with a key below 2048 bits: tick this to believe it all the same",
            "accepts_old",
        )


def _fingerprint(certificate: x509.Certificate | None, text: str) -> str:
    if certificate is not None:
        return facts.fingerprint_of(certificate)
    return parsed("fingerprint", parse_fingerprint, text)


def _mac(certificate: x509.Certificate | None, typed: str) -> str:
    named = ""
    if certificate is not None:
        try:
            named = facts.mac_in(certificate.subject, is_cisco=True)
        except facts.NoProof:
            named = ""
    if not typed.strip():
        if not named:
            raise RuleBroken("It names no MAC: type the MAC of the phone that has it", "mac")
        return named
    mac = parsed("mac", parse_mac, typed)
    if named and named != mac:
        raise RuleBroken(
            f"It is made out to {format_mac(named)}: leave this blank, or choose the right file",
            "mac",
        )
    return mac


def _facts(authority: CertificateAuthority) -> dict[str, object]:
    return {
        "vendor": authority.vendor or "any",
        "accepts_old": authority.accepts_old,
        "valid_until": authority.valid_until,
        "sha256": authority.sha256,
    }


def _pin_facts(pinned: PinnedCertificate) -> dict[str, object]:
    return {"mac": pinned.mac, "subject": pinned.subject, "sha256": pinned.sha256}
