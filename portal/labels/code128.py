"""Code 128 barcodes as SVG, by ISO/IEC 15417:2007; code set B, which has all printable ASCII. Pure.

Tables and the check character: clauses 4.3.3 to 4.3.6; quiet zones of ten modules: 4.7.
"""

from __future__ import annotations

# Widths of bar, space, bar, space, bar, space for the values 0 to 105; then stop.
_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212"
    "112232122132122231113222123122123221223211221132221231213212223112312131"
    "311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121"
    "313121211331231131213113213311213131311123311321331121312113312311332111"
    "314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212"
    "124112124211411212421112421211212141214121412121111143111341131141114113"
    "114311411113411311113141114131311141411131211412211214211232"
)
PATTERNS = (*(_WIDTHS[start : start + 6] for start in range(0, len(_WIDTHS), 6)), "2331112")
_START_B, _STOP = 104, 106
_QUIET = 10


def values_of(text: str) -> list[int]:
    """Return the symbol values of `text`, with start, check character and stop.

    Raises ValueError for a character that code set B has not.
    """
    if not text or any(not " " <= letter <= "~" for letter in text):
        raise ValueError(f"“{text}” cannot be a barcode: use letters without accents, and digits")
    data = [ord(letter) - 32 for letter in text]
    check = (_START_B + sum(place * value for place, value in enumerate(data, 1))) % 103
    return [_START_B, *data, check, _STOP]


def svg(text: str, height: int = 40) -> str:
    """Return the barcode of `text`; a module is one unit wide, and it fills what it is put into."""
    x, path = _QUIET, []
    for value in values_of(text):
        for place, width in enumerate(map(int, PATTERNS[value])):
            if place % 2 == 0:
                path.append(f"M{x} 0h{width}v{height}h-{width}z")
            x += width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x + _QUIET} {height}" '
        f'preserveAspectRatio="none" class="code128" role="img" aria-label="Barcode of {text}">'
        f'<path d="{"".join(path)}"/></svg>'
    )
