import random

import pytest

from portal.imports.macs import looks_like_mac, read_mac
from tests.imports.making import KNOWN

MAC = "001565aabbcc"


@pytest.mark.parametrize(
    "cell",
    [
        "001565aabbcc",
        "001565AABBCC",
        "00:15:65:aa:bb:cc",
        "00-15-65-AA-BB-CC",
        "00 15 65 aa bb cc",
        "00.15.65.aa.bb.cc",
        "0015.65aa.bbcc",
        "0015-65aa-bbcc",
        "0015:65AA:BBCC",
        "001565-aabbcc",
        "001565:aabbcc",
        "001 565 aab bcc",
        "  00:15:65:aa:bb:cc  ",
        "00 : 15 : 65 : aa : bb : cc",
        "SEP001565AABBCC",
        "sep001565aabbcc",
        "0x001565AABBCC",
        '="001565aabbcc"',
        "'001565aabbcc",
        "“00:15:65:aa:bb:cc”",
        "[00:15:65:aa:bb:cc]",
        "00:15:65:aa:bb:cc,",
        "MAC: 00:15:65:aa:bb:cc",
        "MAC-Adresse: 001565aabbcc",
        "MAC ID 001565aabbcc",
        "００:１５:６５:ａａ:ｂｂ:ｃｃ",
        "００１５６５ＡＡＢＢＣＣ",
        "00：15：65：aa：bb：cc",
        "00‑15‑65‑aa‑bb‑cc",  # no-break hyphen
        "00–15–65–aa–bb–cc",  # en dash
        "00−15−65−aa−bb−cc",  # minus
        "00\u00a015\u00a065\u00a0aa\u00a0bb\u00a0cc",
        "\u00a000:15:65:aa:bb:cc\u202f",
        "\u200e00:15:65:aa:bb:cc\u200f",
        "\ufeff001565aabbcc",
        "0015\u200b65aa\u200bbbcc",
        "00\u00ad1565aabbcc",  # soft hyphen
    ],
)
def test_every_notation_is_read(cell):
    assert read_mac(cell, KNOWN).mac == MAC


@pytest.mark.parametrize("cell", [482567310041, 482567310041.0, "482567310041", "482567-310041"])
def test_twelve_digits_are_exact_as_number_and_as_text(cell):
    assert read_mac(cell, KNOWN).mac == "482567310041"


def test_an_address_with_one_e_is_no_exponent():
    assert read_mac("4825671E0041", KNOWN).mac == "4825671e0041"


@pytest.mark.parametrize(
    ("cell", "reason", "suggestions"),
    [
        # numbers
        (413550117, "mac_lost_leading_zeros", ("000413550117",)),
        (1565660218.0, "mac_lost_leading_zeros", ("001565660218",)),
        ("413550117", "mac_lost_leading_zeros", ("000413550117",)),
        (999999999, "mac_lost_leading_zeros", ()),  # with zeros it would have no known prefix
        ("999999999", "mac_too_short", ()),
        (42, "mac_too_short", ()),
        (3.5, "mac_bad_character", ()),
        (-1, "mac_bad_character", ()),
        (float("nan"), "mac_bad_character", ()),
        (12345678901234, "mac_too_long", ()),
        # exponents
        (4.13e18, "mac_scientific", ()),  # 000413E00016, 0004130E0015 … five read like this
        (4.82567123e47, "mac_scientific", ("482567123e39",)),  # one does
        (9.99999123e47, "mac_scientific", ()),  # and that has no known prefix
        ("4,82567E+11", "mac_scientific", ()),
        ("4.82567310041E+11", "mac_scientific", ("482567310041",)),  # no digit is gone
        (1e300, "mac_scientific", ()),
        # leading zeros of groups
        ("0:15:65:aa:b:c", "mac_lost_leading_zeros", ("001565aa0b0c",)),
        ("15.65aa.bbcc", "mac_lost_leading_zeros", ("001565aabbcc",)),
        ("1.9.2026", "mac_too_short", ()),  # a date
        # letters
        ("OO:15:65:aa:bb:cc", "mac_letter_for_digit", ("001565aabbcc",)),
        ("00:l5:65:aa:bb:cc", "mac_letter_for_digit", ("001565aabbcc",)),
        ("00:15:65:АА:bb:СС", "mac_letter_for_digit", ("001565aabbcc",)),  # Cyrillic
        ("C0:74:AD:11:22:GG", "mac_bad_character", ()),
        ("hello", "mac_bad_character", ()),
        # several
        ("001565aabbcc / 001565aabbcd", "mac_several", ("001565aabbcc", "001565aabbcd")),
        ("00:15:65:aa:bb:cc\n00:15:65:aa:bb:cd", "mac_several", ("001565aabbcc", "001565aabbcd")),
        ("00:15:65:aa:bb:cc (hall)", "mac_with_text", ("001565aabbcc",)),
        ("001 565aabbcc", "mac_odd_groups", ("001565aabbcc",)),
        # ranges
        ("001565aabb00-001565aabb02", "mac_range", tuple(f"001565aabb{n:02x}" for n in range(3))),
        ("00:15:65:aa:bb:00 - 00:15:65:aa:bb:01", "mac_range", ("001565aabb00", "001565aabb01")),
        ("00:15:65:aa:bb:0e bis 0f", "mac_range", ("001565aabb0e", "001565aabb0f")),
        ("001565aabb0e..0f", "mac_range", ("001565aabb0e", "001565aabb0f")),
        ("001565aa0000 - 001565aaffff", "mac_range", ()),  # too many
        ("001565aabb02 - 001565aabb00", "mac_range", ()),  # backwards
        # what no phone has
        ("00:00:00:00:00:00", "mac_zero", ()),
        ("ff:ff:ff:ff:ff:ff", "mac_broadcast", ()),
        ("01:00:5e:00:00:01", "mac_multicast", ()),
        ("021565fffeaabbcc", "mac_eui64", ("001565aabbcc",)),
        ("00:15:65:ff:fe:aa:bb:cc", "mac_eui64", ("001565aabbcc",)),
        ("aa1565fffeaabbcc", "mac_eui64", ()),
        # lengths
        ("C0:74:AD:11:22", "mac_too_short", ()),
        ("001565aabbc", "mac_too_short", ()),
        ("001565aabbccd", "mac_too_long", ()),
        ("00-15-65-aa-bb-cc-dd", "mac_too_long", ()),
        ("", "mac_missing", ()),
        (None, "mac_missing", ()),
        ("\u00a0", "mac_missing", ()),
    ],
)
def test_what_is_no_address_has_a_reason_and_perhaps_a_suggestion(cell, reason, suggestions):
    reading = read_mac(cell, KNOWN)
    assert (reading.mac, reading.reason, reading.suggestions) == (None, reason, suggestions)
    assert reading.message


@pytest.mark.parametrize(
    "cell",
    ["tbd", "T.B.D.", "n/a", "N.A.", "-", "—", "???", "xxx", "xx:xx:xx:xx:xx:xx", "#N/A", "#NV",
     "unknown", "folgt", "k.A.", "待定", "none"],
)  # fmt: skip
def test_placeholders_are_named_as_such(cell):
    assert read_mac(cell, KNOWN).reason == "mac_placeholder"


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("001565aabbc", "“001565aabbc” is too short for a MAC: one digit is missing"),
        ("001565aabbccd", "“001565aabbccd” is too long for a MAC: it has 13 digits, one too many"),
        ("CO:74:AD:5A:5B:5C", "“CO:74:AD:5A:5B:5C” has the letter “O” for the digit 0; "
         "is C0:74:AD:5A:5B:5C meant?"),
        ("tbd", "“tbd” holds the place of a MAC"),
    ],
)  # fmt: skip
def test_sentences_say_what_is_wrong(cell, sentence):
    assert read_mac(cell, KNOWN).message == sentence


def test_junk_never_raises():
    dice = random.Random(1)
    letters = "0123456789abcdefABCDEFOlxX:-. _,;/()#'\"=+E\n\u00a0\u200eАО０：–"
    for _ in range(5000):
        text = "".join(dice.choice(letters) for _ in range(dice.randrange(25)))
        reading = read_mac(text, KNOWN)
        assert (reading.mac is None) == (reading.reason is not None)
    for number in (0, -0.0, 1e308, -1e308, float("inf"), 10**400, True, False):
        assert read_mac(number, KNOWN).mac is None


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("00:15:65:aa:bb:cc", True),
        ("Phone 3: 001565AABBCC (hall)", True),
        ("SEP001565AABBCC", True),
        ("００:１５:６５:ａａ:ｂｂ:ｃｃ", True),
        ("001565660218", True),  # digits behind a known prefix
        ("012345678905", False),  # a UPC
        ("E0GPMH99KA5CA8", False),
        ("001565aabbccd", False),
        ("+49 30 12 34 56 78 90", False),
        ("Lieferschein für die Königstraße", False),
        ("Königstraße 5, 00–15–65–aa–bb–cc", True),
        (482567310041, False),
    ],
)
def test_texts_that_look_like_an_address_are_told_from_others(cell, answer):
    assert looks_like_mac(cell, KNOWN) is answer
