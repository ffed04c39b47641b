"""The first steps of a new portal: what is done, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from portal.dashboard.certificate import Certificate
from portal.dashboard.queries import Begun


@dataclass(frozen=True)
class Step:
    """One thing to do: where, by which words, and one sentence why."""

    is_done: bool
    title: str
    text: str
    url: str
    link: str


def steps_of(
    begun: Begun, certificate: Certificate, has_public_url: bool, certificate_url: str
) -> list[Step]:
    """Return all steps in the order to take them."""
    return [
        Step(
            has_public_url,
            "Name the portal",
            "Phones need an address that they can reach: set PORTAL_PUBLIC_URL, or "
            "public_url in instance/config.toml, to https://provisioning.example.net or the like, "
            "and restart.",
            "/settings#site",
            "See the address as it is",
        ),
        Step(
            certificate.until is not None and not certificate.is_self_signed,
            "Give it a certificate that phones trust",
            "The one it made itself is good for a trial only: put yours into instance/tls/, or "
            "name it with PORTAL_TLS_CERT and PORTAL_TLS_KEY.",
            certificate_url,
            "See the certificate",
        ),
        Step(
            begun.has_profile,
            "Make a profile",
            "What your phones have in common: the SIP server, codecs, time zone, language.",
            "/profiles/new",
            "New profile",
        ),
        Step(
            begun.has_customer,
            "Make a customer",
            "Its phones, accounts and site address belong together.",
            "/customers/new",
            "New customer",
        ),
        Step(
            begun.has_device,
            "Import the first phones",
            "The list that came with them will do, as it is.",
            "/imports",
            "Import a list",
        ),
        Step(
            begun.has_fetched,
            "Let a phone fetch its file",
            "Type the customer's site address into a phone, and restart it.",
            "/customers",
            "Find the site address",
        ),
    ]
