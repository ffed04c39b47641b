from __future__ import annotations

import re

import pytest

from portal.labels.code128 import PATTERNS, svg, values_of


def test_the_table_has_the_properties_of_the_standard():
    """ISO/IEC 15417, 4.3.1: eleven modules, bars even in sum, spaces odd, no pattern twice."""
    assert len(set(PATTERNS)) == 107
    for pattern in PATTERNS[:106]:
        widths = list(map(int, pattern))
        assert sum(widths) == 11
        assert sum(widths[::2]) % 2 == 0
    assert sum(map(int, PATTERNS[106])) == 13


def test_start_check_and_stop_stand_around_the_data():
    # 104 + 48·1 + 42·2 + 42·3 + 17·4 + 18·5 + 19·6 + 35·7 = 879; 879 mod 103 = 55
    assert values_of("PJJ123C") == [104, 48, 42, 42, 17, 18, 19, 35, 55, 106]


def test_bars_add_up_and_keep_their_quiet_zones():
    drawing = svg("001565AABBCC")
    width = int(re.search(r'viewBox="0 0 (\d+)', drawing)[1])
    assert width == 11 * (1 + 12 + 1) + 13 + 20
    places = [int(x) for x in re.findall(r"M(\d+) 0", drawing)]
    assert places[0] == 10
    assert len(places) == 3 * 14 + 4


def test_letters_that_it_has_not_are_refused():
    with pytest.raises(ValueError, match="cannot be a barcode"):
        values_of("Ødegård")
