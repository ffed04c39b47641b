import pytest

from portal.imports.parse import parse
from portal.imports.texts import decode, read_text


def lines(text):
    return [(line.number, line.cells) for line in read_text("list", text).rows]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_western_text_is_decoded_with_and_without_mark(encoding):
    text = "Gerät;MAC-Adresse;Größe\nT46U;00:15:65:aa:bb:cc;Ähre öß\n"
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_chinese_text_is_decoded(encoding):
    text = "型号,MAC地址,序列号\nT46U,001565aabbcc,设备一\n"
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("word", ["Größe", "Straße", "Niño", "élève", "Übergrößen", "naïve", "Ça"])
def test_windows_1252_words_are_not_taken_for_chinese(word):
    assert decode(f"MAC;{word}\n".encode("cp1252")) == f"MAC;{word}\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    text = f"MAC{delimiter}Name\n001565aabbcc{delimiter}Ann\n001565aabbcd{delimiter}Ben\n"
    assert lines(text)[1] == (2, ("001565aabbcc", "Ann"))


def test_commas_inside_semicolon_columns_stay():
    text = "MAC;Name;Room\n001565aabbcc;Groß, Jörg;2,1\n001565aabbcd;Weiß, Zoë;2,2\n"
    assert lines(text)[1] == (2, ("001565aabbcc", "Groß, Jörg", "2,1"))


def test_title_lines_do_not_hide_the_delimiter():
    text = "Delivery note\nfor Sample Ltd\non Monday\n\nMAC;Model\n001565aabbcc;T46U\n"
    assert lines(text)[-1] == (6, ("001565aabbcc", "T46U"))


def test_a_sep_line_names_the_delimiter_and_keeps_line_numbers():
    assert lines("sep=;\nMAC;Name\n001565aabbcc;Ann\n")[1] == (3, ("001565aabbcc", "Ann"))


def test_quoted_line_breaks_keep_the_number_of_the_first_line():
    text = 'MAC,Note\n001565aabbcc,"two\nlines"\n001565aabbcd,one\n'
    assert lines(text)[1:] == [
        (2, ("001565aabbcc", "two\nlines")),
        (4, ("001565aabbcd", "one")),
    ]


def test_a_quotation_mark_that_is_never_closed_swallows_nothing():
    text = 'MAC,Note\n001565aabbcc,"27 inch\n001565aabbcd,one\n'
    assert lines(text)[1:] == [
        (2, ("001565aabbcc", "27 inch")),
        (3, ("001565aabbcd", "one")),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_counts_as_one(end):
    assert [number for number, _ in lines(end.join(["MAC", "", "001565aabbcc"]))] == [1, 3]


def test_a_pasted_mail_yields_its_addresses_first():
    mail = (
        "Hello,\n\nplease set up these phones:\n"
        "> - 00:15:65:aa:bb:cc Reception\n"
        "> - T46U 001565AABBCD\n\nThank you, Ann\n"
    )
    assert lines(mail)[2:4] == [
        (4, ("00:15:65:aa:bb:cc", "Reception")),
        (5, ("001565AABBCD", "T46U")),
    ]


def test_columns_made_with_blanks_are_cut_at_gaps():
    text = "Model    MAC                 Room\nT46U     00:15:65:aa:bb:cc   2 b\n"
    assert lines(text) == [
        (1, ("Model", "MAC", "Room")),
        (2, ("T46U", "00:15:65:aa:bb:cc", "2 b")),
    ]


def test_the_output_of_a_scanner_is_a_list():
    assert lines("001565AABBCC\r\n001565AABBCD\r\n") == [
        (1, ("001565AABBCC",)),
        (2, ("001565AABBCD",)),
    ]


def test_a_text_file_is_named_by_its_name():
    assert parse("shipment 7.csv", b"MAC\n001565aabbcc\n")[0].name == "shipment 7"


def test_signs_inside_quotes_do_not_decide_what_cuts_the_columns():
    text = '\ufeffMAC,Description\n001565AABBCC,"a,b;c;d"\n001565AABBCD,"e,,,f;""g"";h"\n'
    assert lines(text.lstrip("\ufeff")) == [
        (1, ("MAC", "Description")),
        (2, ("001565AABBCC", "a,b;c;d")),
        (3, ("001565AABBCD", 'e,,,f;"g";h')),
    ]
