import random

import pytest

from portal.imports.columns import find_table
from portal.imports.normalise import left_out_of, normalise
from tests.imports.making import FAMILIES, KNOWN, sheet

MAC, MAC2 = "00:15:65:aa:bb:cc", "00:15:65:aa:bb:cd"
HEADER = ["MAC", "Model", "Serial", "Customer"]


def drafts(*rows, **options):
    return normalise(find_table(sheet(*rows), FAMILIES, KNOWN), KNOWN, **options)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ([MAC2, "T46U", "2", "North"], "data"),
        ([MAC2], "data"),
        (["CO:74:AD:5A:5B:5C"], "data"),
        (["tbd", "T46U"], "data"),
        (["tbd"], "data"),
        (["", "T46U", "2"], "data"),
        (["please send the rest", "T46U"], "data"),
        (["", "", "", "South"], "note"),
        (["Phones for the second floor"], "note"),
        (["", "", "", "Total"], "total"),
        (["Total", 8], "total"),
        (["", 8], "total"),
        (["Zwischensumme: 8"], "total"),
        (["Carton 2 of 3"], "carton"),
        (["", "Pallet 7"], "carton"),
        (HEADER, "page"),
        (["", "", "Page 2 of 3"], "page"),
    ],
)
def test_each_line_has_its_kind(row, kind):
    first, second = drafts(HEADER, [MAC, "T46U", "1", "North"], row)
    assert (first.kind, second.kind) == ("data", kind)


def test_blank_rows_do_not_end_the_list():
    assert [draft.number for draft in drafts(["MAC"], [MAC], [], [], [MAC2])] == [2, 5]


def test_lines_that_are_left_out_say_why_with_their_text():
    made = drafts(["Order 7", "x"], HEADER, [MAC], ["Sum", 1])
    assert [(left.row, left.text, left.kind) for left in left_out_of(made, KNOWN)] == [
        (1, "Order 7 | x", "title"),
        (4, "Sum | 1", "total"),
    ]


def test_addresses_in_other_columns_are_left_out_with_the_column():
    made = drafts(["MAC", "WLAN MAC", "UPC"], [MAC, MAC2, "012345678905"])
    (left,) = left_out_of(made, KNOWN)
    assert (left.row, left.text, left.kind) == (2, MAC2, "column")
    assert "column B “WLAN MAC”" in left.why


def test_the_original_text_of_mapped_cells_is_kept():
    (draft,) = drafts(HEADER, [482567310041, " T46U ", '="0012"', None])
    assert draft.raw == {
        "mac": "482567310041",
        "model": "T46U",
        "serial": "0012",
        "customer": "",
    }


def test_a_fixed_cell_replaces_the_one_in_the_file():
    (draft,) = drafts(["MAC", "Model"], ["tbd", "T46U"], fixes={2: {"mac": MAC, "serial": "7"}})
    assert (draft.cell("mac"), draft.raw["serial"], draft.raw["model"]) == (MAC, "7", "T46U")


def test_a_skipped_row_is_left_out():
    made = drafts(["MAC"], [MAC], [MAC2], skipped=[2])
    assert [(left.row, left.kind) for left in left_out_of(made, KNOWN)] == [(2, "skipped")]


def test_junk_never_raises():
    dice = random.Random(2)
    cells = [
        "",
        None,
        MAC,
        "tbd",
        "Total",
        "Page 1",
        0,
        -1.5,
        True,
        "\u200e",
        "=1",
        "'",
        '="',
        "合计",
    ]
    for _ in range(300):
        rows = [[dice.choice(cells) for _ in range(dice.randrange(6))] for _ in range(8)]
        made = drafts(HEADER, [MAC], *rows)
        assert all(draft.kind for draft in made)
        list(left_out_of(made, KNOWN))
