"""The parts of ``portal init``: certificate, database, first administrator."""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask_migrate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from flask import current_app
from sqlalchemy import func, select

from portal import crypto, let_migrate
from portal.audit import Actor
from portal.extensions import begin_write, db
from portal.models import Site, User

DAYS = 825  # what browsers accept at most from a locally trusted certificate


def write_certificate(cert_file: Path, key_file: Path, names: list[str]) -> None:
    """Write a self-signed certificate for `names` (hosts and addresses), its key with mode 0600.

    P-256: phones of the last ten years know it, and its chain stays small.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    cert_file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def migrate() -> None:
    """Bring the database to this version's schema."""
    let_migrate(current_app)
    flask_migrate.upgrade()


def first_administrator(sealer: crypto.Sealer, name: str) -> str | None:
    """Make the portal's own row and the first administrator; return the password, once.

    Returns None when there is a user already.
    """
    from portal.users import service

    begin_write()
    session = db.session()
    if session.get(Site, 1) is None:
        token = crypto.new_token()
        session.add(
            Site(
                id=1,
                settings={},
                site_token_hash=crypto.digest_of(token),
                site_token_sealed=sealer.seal(token),
            )
        )
    password = None
    if not session.scalar(select(func.count()).select_from(User)):
        password = crypto.new_password()
        service.create_user(
            session, Actor("portal init"), name, password, role="admin", must_change=True
        )
    session.commit()
    return password
