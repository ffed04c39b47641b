"""``portal certificate``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.certificates.making import make
from tests.cli.test_commands import portal  # noqa: F401 - a fixture

MAC = "80:5E:C0:11:22:33"


@pytest.fixture(scope="module")
def root():
    return make("Maker Root", is_ca=True, until=datetime(2050, 1, 1, tzinfo=UTC))


def written(folder, name, *made):
    file = folder / name
    file.write_text("".join(one.pem for one in made))
    return str(file)


def test_an_authority_is_loaded_asked_listed_and_removed(portal, tmp_path, root):  # noqa: F811
    phone = written(tmp_path, "phone.pem", make(MAC, root))
    before = portal("certificate", "check", phone)
    assert before["mac"] is None
    assert before["reason"] == "certificate proves nothing: no authority is loaded"
    made = portal("certificate", "add", written(tmp_path, "root.pem", root), "--vendor", "yealink")
    assert made["left_out"] == []
    [authority] = made["added"]
    assert (authority["subject"], authority["vendor"]) == ("Maker Root", "Yealink")
    assert portal("certificate", "check", phone)["mac"] == "805ec0112233"
    text = portal("certificate", "check", phone, raw=True)
    assert text.stdout == f"{phone} proves {MAC}.\n"
    assert portal("certificate", "list") == [authority]
    line = portal("certificate", "list", raw=True).stdout
    assert line == f"{authority['sha256'][:16]}  Yealink  Maker Root  until 2050-01-01\n"
    assert portal("certificate", "remove", authority["sha256"][:8]) == authority
    assert portal("certificate", "list") == []


def test_check_says_why_not_and_ends_so(portal, tmp_path, root):  # noqa: F811
    portal("certificate", "add", written(tmp_path, "root.pem", root), "--vendor", "Yealink")
    now = datetime.now(UTC)
    gone = make(MAC, root, since=now - timedelta(days=9), until=now - timedelta(days=2))
    wrong = {
        "it expired on": gone,
        "its CN is “phone”, no MAC": make("phone", root),
        "another maker's": make("00:04:13:11:22:33", root),
        "it is signed by itself and not pinned": make(MAC),
    }
    for why, one in wrong.items():
        told = portal("certificate", "check", written(tmp_path, "x.pem", one), raw=True)
        assert told.exit_code == 1
        assert why in told.stdout


def test_a_certificate_is_pinned_by_file_and_by_fingerprint(portal, tmp_path):  # noqa: F811
    own = written(tmp_path, "own.pem", make("any"))
    assert "names no MAC" in portal("certificate", "pin", own)["error"]
    made = portal("certificate", "pin", own, "--mac", MAC)
    assert portal("certificate", "check", own)["mac"] == made["mac"] == "805ec0112233"
    other = portal("certificate", "pin", "AB:" * 31 + "AB", "--mac", "00:15:65:aa:bb:cc")
    assert other["sha256"] == "ab" * 32
    assert portal("certificate", "remove", MAC) == made
    assert portal("certificate", "list") == [other]


def test_what_cannot_be_done_is_one_sentence(portal, tmp_path, root):  # noqa: F811
    gone = portal("certificate", "add", str(tmp_path / "none.pem"))["error"]
    assert gone.endswith("none.pem cannot be read: No such file or directory")
    file = written(tmp_path, "root.pem", root)
    assert (
        "There is no maker “Nokia”"
        in portal("certificate", "add", file, "--vendor", "Nokia")["error"]
    )
    assert (
        "There is no file “x.pem”" in portal("certificate", "pin", "x.pem", "--mac", MAC)["error"]
    )
    assert "No certificate here" in portal("certificate", "remove", "12345678")["error"]
    (tmp_path / "key.pem").write_text(root.pem + root.key_pem)
    assert "private key" in portal("certificate", "add", str(tmp_path / "key.pem"))["error"]
    assert portal("certificate", "list") == []
