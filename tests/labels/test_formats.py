from __future__ import annotations

import re

import pytest

from portal.labels.formats import FORMATS, Format


@pytest.mark.parametrize("sheet", FORMATS.values(), ids=FORMATS)
def test_a_mac_is_not_cut_off_beside_its_code(sheet: Format) -> None:
    code, letters = (
        float(found)
        for found in re.search(
            r"\.qr \{ width: ([\d.]+)mm; \}\n.*\.mac \{ font-size: ([\d.]+)mm", sheet.css
        ).groups()  # type: ignore[union-attr]
    )
    # Paddings of 2 mm on both sides, a gap of 1.5 mm; 17 letters, each 0.602 of its height wide.
    assert 17 * 0.602 * letters <= sheet.width - code - 2 * 2 - 1.5
    assert letters >= 1.5
