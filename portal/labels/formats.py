"""Sheets of labels as shops sell them, in millimetres. Pure.

The makers' own sizes; margins follow from them, as the labels stand in the middle of the sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

# How wide a MAC is in a monospaced font, in letters' heights: 17 letters of 0.61.
_MAC_EM = 10.4


@dataclass(frozen=True)
class Format:
    """`columns` × `rows` labels of `width` × `height` on a page; `gap` between columns."""

    key: str
    label: str
    columns: int
    rows: int
    width: float
    height: float
    gap: float = 0.0
    page_width: float = 210.0
    page_height: float = 297.0

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    @property
    def left(self) -> float:
        used = self.columns * self.width + (self.columns - 1) * self.gap
        return round((self.page_width - used) / 2, 3)

    @property
    def top(self) -> float:
        return round((self.page_height - self.rows * self.height) / 2, 3)

    @property
    def is_roll(self) -> bool:
        return self.per_page == 1

    @property
    def _code(self) -> float:
        return min(self.height - 4, self.width * 0.42)

    @property
    def _beside(self) -> float:
        """Return the width of the text beside the code: without paddings and gap of labels.css."""
        return self.width - self._code - 5.5

    @property
    def css(self) -> str:
        """Return what makes a page of this format, on paper and on the screen."""
        return (
            f"@page {{ size: {self.page_width}mm {self.page_height}mm; margin: 0; }}\n"
            f".sheet {{ width: {self.page_width}mm; height: {self.page_height}mm; "
            f"padding: {self.top}mm {self.left}mm; column-gap: {self.gap}mm; "
            f"grid-template-columns: repeat({self.columns}, {self.width}mm); "
            f"grid-template-rows: repeat({self.rows}, {self.height}mm); }}\n"
            f".label {{ width: {self.width}mm; height: {self.height}mm; }}\n"
            f".label .qr {{ width: {self._code:.1f}mm; }}\n"
            f".label-qr .mac {{ font-size: {min(2.7, self._beside / _MAC_EM):.2f}mm; }}\n"
            f".label .code128 {{ height: {self.height * 0.28:.1f}mm; }}\n"
        )


FORMATS = {
    form.key: form
    for form in (
        Format("70x37", "24 on A4, 70 × 37 mm (3 × 8)", 3, 8, 70, 37),
        Format("63x38", "21 on A4, 63.5 × 38.1 mm (3 × 7)", 3, 7, 63.5, 38.1, 2.5),
        Format("99x38", "14 on A4, 99.1 × 38.1 mm (2 × 7)", 2, 7, 99.1, 38.1, 2.5),
        Format("52x29", "40 on A4, 52.5 × 29.7 mm (4 × 10)", 4, 10, 52.5, 29.7),
        Format("38x21", "65 on A4, 38.1 × 21.2 mm (5 × 13)", 5, 13, 38.1, 21.2, 2.5),
        Format("62x29", "Label printer, 62 × 29 mm", 1, 1, 62, 29, 0, 62, 29),
        Format("57x32", "Label printer, 57 × 32 mm", 1, 1, 57, 32, 0, 57, 32),
    )
}
DEFAULT = "70x37"
