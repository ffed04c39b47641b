from __future__ import annotations

import pytest

from portal.list_imports.headers import meaning_of, words_of, yes_or_no
from portal.sip_accounts.lists import FIELDS as ACCOUNT_FIELDS

ACCOUNTS, CUSTOMERS = words_of("accounts"), words_of("customers")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("User name", "user_name"),
        ("SIP-Benutzername", "user_name"),
        ("Durchwahl", "user_name"),
        ("numéro", "user_name"),
        ("分机号", "user_name"),
        ("Auth name", "auth_name"),
        ("SIP password (optional)", "password"),
        ("Kennwort", "password"),
        ("Anzeigename", "display_name"),
        ("Name", "display_name"),
        ("Account name", "user_name"),
        ("KUNDE", "customer"),
        ("External ID", "external_id"),
        ("Vertragsnummer", "external_id"),
        ("Aktiv", "enabled"),
        ("User name [required]", "user_name"),
        ("Department", None),
        ("", None),
        ("Please fill in the user name of each and every account in this column", None),
    ],
)
def test_a_header_of_accounts_is_understood(header, field):
    assert meaning_of(header, ACCOUNTS) == field


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Customer", "name"),
        ("Firma", "name"),
        ("Allowed networks", "networks"),
        ("IP-Adressen", "networks"),
        ("réseaux autorisés", "networks"),
        ("Standardprofil", "default_profile"),
        ("Vertrauensstufe", "trust_level"),
        ("Bemerkung", "note"),
    ],
)
def test_a_header_of_customers_is_understood(header, field):
    assert meaning_of(header, CUSTOMERS) == field


def test_the_columns_of_our_own_templates_are_understood():
    assert {f.key: meaning_of(f.label, ACCOUNTS) for f in ACCOUNT_FIELDS} == {
        f.key: f.key for f in ACCOUNT_FIELDS
    }


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", "yes"),
        ("TRUE", "yes"),
        ("Ja", "yes"),
        ("sí", "yes"),
        ("0", "no"),
        ("gesperrt", "no"),
    ],
)
def test_yes_and_no_in_several_languages(text, answer):
    assert yes_or_no(text) == answer


def test_maybe_is_neither():
    with pytest.raises(ValueError, match="“perhaps” is neither yes nor no"):
        yes_or_no("perhaps")
