from __future__ import annotations

import pytest

from tests.cli.test_commands import phone, portal  # noqa: F401


def test_accounts_are_imported_and_said_row_by_row(phone, tmp_path):  # noqa: F811
    path = tmp_path / "staff.csv"
    path.write_text("User name;Customer;Name;Password\n101;Acme;Anna;\n102;Acme;Bert;geheim-1\n")
    assert phone("account", "import", str(path), "--dry-run")["summary"]["new"] == 1
    told = phone("account", "import", str(path))
    assert (told["summary"]["new"], told["summary"]["changed"]) == (1, 1)
    assert told["rows"][0]["changes"] == {"display_name": ["", "Anna"]}
    assert told["rows"][1]["values"]["password"] == "••••••"
    assert phone("account", "import", str(path))["summary"]["unchanged"] == 2


def test_rows_held_back_are_told_and_end_in_an_exit_code(phone, tmp_path):  # noqa: F811
    path = tmp_path / "staff.csv"
    path.write_text("User name;Enabled\n1 02;yes\n103;yes\n")
    said = phone("account", "import", str(path), "--customer", "acme", raw=True)
    assert said.exit_code == 1
    assert said.stdout.startswith(
        "Imported: 1 new, 1 error\nstaff row 2: “1 02” is not a SIP user name"
    )
    told = phone("account", "import", str(path), "--customer", "Acme")
    assert told["rows"][1]["values"]["customer"] == "Acme"


def test_customers_are_imported(phone, tmp_path):  # noqa: F811
    path = tmp_path / "customers.csv"
    path.write_text("Customer;Networks\nAcme;198.51.100.0/24\nBirch;\n")
    said = phone("customer", "import", str(path), raw=True)
    assert (said.exit_code, said.stdout) == (0, "Imported: 1 new, 1 changed\n")
    assert phone("customer", "list") == ["Acme", "Birch"]
    phone("export", "customers", str(path))
    said = phone("customer", "import", str(path), raw=True)
    assert said.stdout == "Nothing to import: 2 unchanged\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("Foo;Bar\na;b\n", "Error: Which column is it? No header of the list says “Customer”."),
        ("", "Error: The file is empty"),
    ],
)
def test_a_file_that_is_no_list_of_customers_is_refused(phone, tmp_path, content, sentence):  # noqa: F811
    path = tmp_path / "customers.csv"
    path.write_text(content)
    said = phone("customer", "import", str(path), raw=True)
    assert said.exit_code == 2
    assert sentence in said.stdout + said.stderr
