import pytest

from portal.errors import RuleBroken
from portal.imports.columns import find_table
from tests.imports.making import FAMILIES, KNOWN, sheet

MAC, MAC2, MAC3 = "00:15:65:aa:bb:cc", "00:15:65:aa:bb:cd", "00:15:65:aa:bb:ce"


def table(*rows, **options):
    return find_table(sheet(*rows), FAMILIES, KNOWN, **options)


def test_the_header_is_found_below_titles_and_empty_rows():
    rows = [["Delivery note"], ["Customer: Sample Ltd"], *[[]] * 30, ["Type", "SN", "MAC"]]
    found = table(*rows, ["T46U", "1", MAC])
    assert (found.header, found.columns) == (33, {"model": "A", "serial": "B", "mac": "C"})


def test_a_header_below_row_forty_of_text_is_not_looked_for():
    rows = [[f"Text {n}"] for n in range(41)]
    found = table(*rows, ["Type", "MAC"], ["T46U", MAC])
    assert found.header is None


def test_a_title_that_speaks_of_addresses_is_not_the_header():
    assert table(["MAC addresses for Sample"], ["MAC", "Model"], [MAC, "T46U"]).header == 2


def test_a_row_with_an_address_is_never_the_header():
    found = table([MAC, "Serial", "Model"], [MAC2, "1", "T46U"])
    assert (found.header, found.columns["mac"]) == (None, "A")


def test_a_header_beats_content_that_looks_more_like_addresses():
    found = table(
        ["UPC", "Serial", "MAC"],
        ["001565123456", "001565AABBCC", "tbd"],
        ["001565123457", "001565AABBCD", "CO:74:AD:5A:5B:5C"],
    )
    assert found.columns == {"serial": "B", "mac": "C"}


def test_a_serial_equal_to_the_address_stays_a_serial():
    assert table(["SN", "MAC"], [MAC, MAC]).columns == {"serial": "A", "mac": "B"}


@pytest.mark.parametrize(
    ("headers", "letter"),
    [
        (["WLAN MAC", "LAN MAC", "Bluetooth MAC"], "B"),
        (["MAC (WiFi)", "MAC", "BT MAC"], "B"),
        (["WAN MAC", "LAN MAC", "IP"], "B"),
        (["Wireless MAC", "Ethernet", "Bluetooth"], "B"),
        (["MAC", "Wi-Fi MAC address", "BLE MAC"], "A"),
    ],
)
def test_wired_wireless_and_bluetooth_addresses_are_told_apart(headers, letter):
    found = table(headers, [MAC, MAC2, MAC3])
    assert (found.columns["mac"], found.question) == (letter, None)


def test_device_name_is_the_address_where_it_holds_sep_names():
    assert table(["Device Name", "Type"], ["SEP001565AABBCC", "T46U"]).columns["mac"] == "A"
    found = table(["Device Name", "MAC"], ["Lobby", MAC])
    assert found.columns == {"description": "A", "mac": "B"}


def test_phone_is_a_model_or_a_number_by_what_stands_below():
    assert table(["MAC", "Phone"], [MAC, "T46U"]).columns["model"] == "B"
    assert table(["MAC", "Phone"], [MAC, "030 1234"]).columns["extension"] == "B"


def test_without_header_the_content_decides():
    found = table(["Lobby", MAC, "T46U", "yealink"], ["Hall", MAC2, "T31G", "Yealink"])
    assert (found.header, found.columns) == (None, {"mac": "B", "model": "C", "vendor": "D"})


def test_a_header_that_names_no_address_leaves_it_to_the_content():
    found = table(["Model", "Serial", "Wert"], ["T46U", "1", MAC], ["T46U", "2", MAC2])
    assert found.columns == {"model": "A", "serial": "B", "mac": "C"}


def test_digits_of_a_upc_make_no_address_column():
    assert table(["012345678905", "x"], ["012345678912", "y"]) is None


def test_two_candidates_make_a_question():
    found = table([MAC, "00:11:22:33:44:55"], [MAC2, "00:11:22:33:44:56"])
    assert found.question == (
        "Sheet “List”: columns A and B hold addresses. Which is the MAC of the phones?"
    )
    assert "mac" not in found.columns


def test_two_headers_of_the_same_kind_make_a_question_with_their_names():
    found = table(["MAC 1", "MAC 2"], [MAC, MAC2])
    assert "columns A “MAC 1” and B “MAC 2” hold addresses" in found.question


def test_an_empty_candidate_and_an_equal_one_need_no_question():
    assert table(["MAC 1", "MAC 2"], ["", MAC2]).columns["mac"] == "B"
    assert table(["MAC 1", "MAC 2"], [MAC, MAC.upper()]).columns["mac"] == "A"


def test_addresses_in_the_serial_column_alone_make_a_question():
    found = table(["Serial", "Model"], [MAC, "T46U"])
    assert "column A “Serial”. Is that the MAC" in found.question


def test_a_sheet_without_addresses_has_no_table():
    assert table(["Please fill one sheet per site."]) is None
    assert table(["MAC addresses are on the next sheet"], ["Thank you"]) is None
    assert table(["Name", "Extension"], ["Ann", "101"]) is None


def test_an_empty_template_has_a_table():
    assert table(["MAC", "Model", "Serial"]).columns["mac"] == "A"


def test_columns_can_be_overridden_by_letter_and_by_header():
    rows = ["MAC", "Type", "Where"], [MAC, "T46U", "Hall"]
    found = table(*rows, columns={"model": "", "description": "where", "serial": "B"})
    assert found.columns == {"mac": "A", "description": "C", "serial": "B"}


def test_an_override_answers_the_question():
    found = table(["MAC 1", "MAC 2"], [MAC, MAC2], columns={"mac": "B"})
    assert (found.columns, found.question) == ({"mac": "B"}, None)


def test_the_header_row_can_be_overridden():
    rows = ["MAC", "Type"], ["MAC", "Serial"], [MAC, "T46U"]
    assert table(*rows, header_row=2).columns == {"serial": "B", "mac": "A"}
    assert table(*rows, header_row=0).header is None


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [({"mac": "ZZ"}, "has no column “ZZ”"), ({"colour": "A"}, "“colour” is no field")],
)
def test_an_override_that_names_nothing_is_refused(columns, sentence):
    with pytest.raises(RuleBroken, match=sentence):
        table(["MAC"], [MAC], columns=columns)


def test_equal_headers_have_equal_fingerprints():
    first = table(["MAC-Adresse", "Seriennr."], [MAC, "1"])
    again = table(["title"], ["mac adresse", "SerienNr"], [MAC2, "2"])
    other = table(["MAC", "Serial"], [MAC, "1"])
    assert first.fingerprint == again.fingerprint != other.fingerprint
