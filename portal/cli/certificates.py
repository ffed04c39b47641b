"""``portal certificate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from cryptography import x509
from flask import current_app

from portal.certificates import queries, service
from portal.certificates.reading import certificates_in, subject_of
from portal.cli import main
from portal.cli.run import Answer, Work, command
from portal.errors import RuleBroken
from portal.models import CertificateAuthority, PinnedCertificate
from portal.provision.asked import Presented
from portal.provision.certificate_facts import der_of, fingerprint_of
from portal.values import format_mac


@main.group()
def certificate() -> None:
    """Certificates that phones prove themselves with."""


@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vendor", default="", help="The only maker whose phones it vouches for.")
@click.option("--accept-old", is_flag=True, help="SHA-1 and keys from 1024 bits too.")
def add(work: Work, file: Path, vendor: str, accept_old: bool) -> Answer:
    """Believe the authorities in a file (PEM, DER), roots or intermediates."""
    wanted = next((v for v in queries.vendors() if v.lower() == vendor.strip().lower()), vendor)
    added = service.add_authorities(
        work.session, work.actor, _read(file), wanted, accept_old, work.now
    )
    lines = [f"Loaded {authority.subject}." for authority in added.authorities]
    lines += [f"Left out: {why}." for why in added.left_out]
    data = {"added": list(map(_data, added.authorities)), "left_out": added.left_out}
    return Answer("\n".join(lines), data)


@click.argument("what")
@click.option("--mac", default="", help="Of the phone, where the certificate does not name it.")
def pin(work: Work, what: str, mac: str) -> Answer:
    """Believe one certificate: a FILE, or the SHA-256 fingerprint of one."""
    path = Path(what)
    found = _read(path)[0] if path.exists() else None
    if found is None and not all(letter in "0123456789abcdefABCDEF:" for letter in what):
        raise RuleBroken(f"There is no file “{what}”, and it is no fingerprint")
    made = service.pin(work.session, work.actor, found, what, mac, work.now)
    return Answer(f"{format_mac(made.mac)} proves itself with this certificate.", _data(made))


def list_(work: Work) -> Answer:
    """List authorities and pinned certificates."""
    found: list[CertificateAuthority | PinnedCertificate] = []
    found += queries.all_authorities(work.session)
    found += queries.all_pins(work.session)
    lines = [
        "  ".join(filter(None, [one.sha256[:16], _whom(one), one.subject, _until(one)]))
        for one in found
    ]
    return Answer("\n".join(lines) or "No certificates yet.", list(map(_data, found)))


@click.argument("name")
def remove(work: Work, name: str) -> Answer:
    """Believe a certificate no longer; NAME: 8 digits of its fingerprint, or a pinned MAC."""
    found = queries.named(work.session, name)
    if not found:
        raise RuleBroken(f"No certificate here has a fingerprint or MAC “{name}”")
    if len(found) > 1:
        raise RuleBroken(f"“{name}” means {len(found)} certificates: say more digits")
    data = _data(found[0])
    if isinstance(found[0], PinnedCertificate):
        service.remove_pin(work.session, work.actor, found[0])
    else:
        service.remove_authority(work.session, work.actor, found[0])
    return Answer(f"Removed {data['subject'] or data['sha256'][:16]}.", data)


@click.argument("file", type=click.Path(path_type=Path))
def check(work: Work, file: Path) -> Answer:
    """Say which MAC the certificate of a phone would prove, or why none.

    FILE has the phone's certificate first; what follows is sent along as its chain.
    """
    leaf, *chain = _read(file)
    shown = Presented(der_of(leaf), tuple(map(der_of, chain)))
    found = current_app.extensions["certificates"].check(shown, work.now)
    data = {
        "mac": found.mac,
        "reason": found.reason,
        "subject": subject_of(leaf),
        "sha256": fingerprint_of(leaf),
    }
    if found.mac is None:
        return Answer(f"{file}: {found.reason}.", data, exit_code=1)
    return Answer(f"{file} proves {format_mac(found.mac)}.", data)


def _read(file: Path) -> list[x509.Certificate]:
    try:
        return certificates_in(file.read_bytes())
    except OSError as error:
        raise RuleBroken(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise RuleBroken(f"{file}: {error}") from None


def _whom(one: CertificateAuthority | PinnedCertificate) -> str:
    return format_mac(one.mac) if isinstance(one, PinnedCertificate) else one.vendor or "any maker"


def _until(one: CertificateAuthority | PinnedCertificate) -> str:
    return f"until {one.valid_until:%Y-%m-%d}" if one.valid_until else ""


def _data(one: CertificateAuthority | PinnedCertificate) -> dict[str, Any]:
    data = {
        "sha256": one.sha256,
        "subject": one.subject,
        "valid_until": one.valid_until.isoformat() if one.valid_until else None,
        "added_by": one.added_by,
    }
    if isinstance(one, PinnedCertificate):
        return {"kind": "pinned", "mac": one.mac, **data}
    return {"kind": "authority", "vendor": one.vendor, "accepts_old": one.accepts_old, **data}


command(certificate, "add")(add)
command(certificate, "pin")(pin)
command(certificate, "list", writes=False)(list_)
command(certificate, "remove")(remove)
command(certificate, "check", writes=False)(check)
