"""Encrypted files: decrypted again by openssl and by an independent library."""

from __future__ import annotations

import re
import subprocess

import http_ece
import pytest

from portal.devices import previews, setup_service
from portal.vendors import FAMILIES, encryption
from tests.factories import assign, make_device, make_profile, make_sip_account

KEY = "00112233445566778899aabbccddeeff"
CONTENT = "<config>Zoë & Söhne</config>".encode() * 500


def openssl(*arguments: str, data: bytes) -> bytes:
    done = subprocess.run(["openssl", "enc", "-d", *arguments], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_openssl_opens_what_grandstream_and_cisco_get():
    sealed = encryption.openssl_md5(KEY, CONTENT)
    assert openssl("-aes-256-cbc", "-md", "md5", "-k", KEY, data=sealed) == CONTENT


def test_openssl_opens_what_an_obi_gets():
    sealed = encryption.aes_128_cbc(KEY, CONTENT)
    vector = encryption.initial_vector(KEY)
    assert openssl("-aes-128-cbc", "-K", KEY, "-iv", vector, data=sealed) == CONTENT


@pytest.mark.parametrize("content", [b"", b"x", CONTENT, b"y" * (4096 - 17), b"z" * 4080])
def test_an_independent_library_opens_rfc_8188(content):
    sealed = encryption.aes128gcm(KEY, content)
    assert http_ece.decrypt(sealed, key=KEY.encode(), version="aes128gcm") == content


def test_equal_state_gives_equal_bytes_and_another_content_another_salt():
    for cipher in (encryption.openssl_md5, encryption.aes128gcm):
        assert cipher(KEY, CONTENT) == cipher(KEY, CONTENT)
        assert cipher(KEY, CONTENT)[:16] != cipher(KEY, CONTENT + b"x")[:16]


@pytest.fixture
def fetch(app, session, sealer):
    """Fetch a path over the own address of a phone of `model`; its profile encrypts by `way`."""

    def start(mac, model, way):
        profile = make_profile(
            session, sip__registrar_host="sip.example.net", provisioning__encryption=way
        )
        device = make_device(session, mac, model, profile=profile)
        assign(session, device, 1, make_sip_account(session))
        setup_service.ensure_proofs(device, sealer)
        session.commit()
        own = previews.addresses(session, device, sealer, "")[1]
        name = FAMILIES[device.family].device_file(device.mac, device.model)[1]
        client = app.test_client()
        return lambda folder: client.get(own + folder + name, base_url="https://portal.test")

    return start


def test_the_first_file_tells_the_key_and_an_address_whose_files_need_it(fetch):
    get = fetch("c074ad0b63ee", "GRP2614", "file")
    plain = get("").text
    key = re.search(r'filePassword">([0-9a-f]{32})<', plain)[1]
    assert re.search(r"/p/t/\w+/e/?<", plain)
    sealed = get("e/").data
    assert sealed.startswith(b"Salted__")
    opened = openssl("-aes-256-cbc", "-md", "md5", "-k", key, data=sealed)
    assert opened.decode() == plain


def test_a_cisco_mpp_gets_its_files_encrypted_in_transfer(fetch):
    get = fetch("6c5e3b33ff08", "CP-6851-3PCC", "http")
    plain = get("").text
    key = re.search(r"<GPP_SC[^>]*>([0-9a-f]{32})<", plain)[1]
    assert "--key $SC" in plain
    answer = get("e/")
    assert answer.headers["Content-Encoding"] == "aes128gcm"
    assert http_ece.decrypt(answer.data, key=key.encode(), version="aes128gcm").decode() == plain


def test_switched_off_the_last_encrypted_file_leads_back_to_plain_ones(fetch):
    get = fetch("c074ad0b63ee", "GRP2614", "off")
    assert "/e/" not in get("").text
    assert get("e/").data.startswith(b"Salted__")


def test_a_family_without_encrypted_files_serves_plain_ones_and_says_so(fetch):
    get = fetch("805ec0d57d72", "T31G", "file")
    assert "/e/" not in get("").text
    assert "provisioning.encryption" in FAMILIES["yealink"].ignores
    assert get("e/").status_code == 404
