from __future__ import annotations

import pytest

from portal.imports.parse import parse
from tests.cli.test_commands import MAC, phone, portal  # noqa: F401


def test_an_export_is_imported_without_a_change(phone, tmp_path):  # noqa: F811
    path = tmp_path / "devices.xlsx"
    assert phone("export", "devices", str(path), "--customer", "acme") == {
        "file": str(path),
        "rows": 1,
    }
    assert path.stat().st_mode & 0o777 == 0o600
    told = phone("import", str(path))
    assert told["summary"]["unchanged"] == 1
    assert (told["rows"][0]["mac"], told["rows"][0]["changes"]) == ("001565aabbcc", {})


def test_a_dash_is_standard_output(phone):  # noqa: F811
    data = phone("export", "accounts", "-", "--search", "101", raw=True).stdout_bytes
    (sheet,) = parse("accounts.csv", data)
    assert sheet.rows[1].cells == ("101", "", "", "Acme", "", "yes")
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"yes\r\n")


def test_customers_are_written_as_csv(phone, tmp_path):  # noqa: F811
    path = tmp_path / "customers.CSV"
    said = phone("export", "customers", str(path), raw=True).stdout
    assert said == f"Wrote 1 row to {path}.\n"
    assert "Acme,192.0.2.0/24,," in path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("devices", "list.ods"), "“list.ods” must end in .csv or .xlsx, or be - for standard"),
        (("devices", "/none/a.csv"), "/none/a.csv cannot be written: No such file or directory"),
        (("accounts", "-", "--customer", "Nobody"), "There is no customer “Nobody”"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(phone, words, sentence):  # noqa: F811
    result = phone("export", *words, raw=True)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {sentence}")
