from __future__ import annotations

import pytest

from tests.cli.test_commands import portal  # noqa: F401


@pytest.fixture
def acme(portal):  # noqa: F811
    portal("customer", "add", "Acme")
    return portal


def test_a_contact_is_added_and_listed(acme):
    made = acme("contact", "add", "acme", "Anna", "--office", "030 12-34")
    assert (made["name"], made["office"]) == ("Anna", "0301234")
    assert acme("contact", "list", "Acme")[0]["name"] == "Anna"
    assert acme("contact", "list", "Acme", raw=True).stdout == "Anna\t0301234\n"


def test_a_list_is_imported_and_its_problems_are_said(acme, tmp_path):
    acme("contact", "add", "Acme", "Anna", "--office", "1")
    path = tmp_path / "list.csv"
    path.write_text("Name;Telefon\nAnna;2\nBert;3\nCarl;\n", encoding="utf-8")
    result = acme("contact", "import", "Acme", str(path), raw=True)
    assert result.exit_code == 1
    assert result.stdout == (
        "1 new, 1 changed, 0 unchanged.\nRow 4: A contact needs a number: office, mobile or other\n"
    )
    assert [c["office"] for c in acme("contact", "list", "Acme")] == ["2", "3"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("list", "Nobody"), "There is no customer “Nobody”"),
        (("add", "Acme", "Anna"), "A contact needs a number: office, mobile or other"),
        (("import", "Acme", "/none.csv"), "/none.csv cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(acme, words, sentence):
    result = acme("contact", *words, raw=True)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {sentence}\n"
