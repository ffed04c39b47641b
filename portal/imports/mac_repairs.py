"""What may be meant by a MAC that is none: padding, exponents, look-alike letters, ranges. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from portal.values import format_mac

# 4,82567E+11   4.13E18   4.825671e+47; with neither mark nor sign it may be a MAC, 4825671E0041
EXPONENT = re.compile(r"(?=.*[.,+])(\d+(?:[.,]\d+)?)E\+?(\d{1,3})", re.IGNORECASE)
MAX_RANGE = 256

_HEX = "[0-9A-Fa-f]"
_MAC = rf"{_HEX}{{2}}(?:[:\-. ]?{_HEX}{{2}}){{5}}|{_HEX}{{4}}(?:[.\-:]{_HEX}{{4}}){{2}}"
# 00:15:65:aa:bb:00 - 00:15:65:aa:bb:0f   001565aabb00..0f   00:15:65:aa:bb:00 bis :0f
_RANGE = re.compile(
    rf"({_MAC})(?:\s+-\s+|\s*(?:\.\.+|…|~|→|->)\s*|\s+(?:to|till|bis|à|au|al?|hasta|至|到)\s+"
    rf"|(?<={_HEX}{{12}})-(?={_HEX}{{12}}$))[:\-.]?({_MAC}|{_HEX}{{1,6}})",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[:\-. ]")
_LOOK_ALIKE = {
    "O": "0", "o": "0", "Q": "0", "I": "1", "i": "1", "l": "1", "L": "1", "|": "1", "!": "1",
    "S": "5", "s": "5", "Z": "2", "z": "2",
    # Cyrillic and Greek letters that look like ours
    "А": "a", "В": "b", "С": "c", "Е": "e", "а": "a", "с": "c", "е": "e", "О": "0", "о": "0",
    "Α": "a", "Β": "b", "Ε": "e", "Ο": "0", "ο": "0", "З": "3", "з": "3",
}  # fmt: skip


def padded_groups(text: str, known: Collection[str]) -> str | None:
    """Return the MAC behind groups without their leading zeros: 0:4:13:a0:0:1, 15.65aa.bbcc.

    Three groups may as well be a date: they count only with a known prefix.
    """
    for separator in ":-.":
        groups = text.split(separator)
        for count, width in ((6, 2), (3, 4)):
            if len(groups) == count and all(
                re.fullmatch(rf"{_HEX}{{1,{width}}}", group) for group in groups
            ):
                padded = "".join(group.zfill(width) for group in groups).lower()
                return padded if count == 6 or padded[:6] in known else None
    return None


def padded_number(digits: str, known: Collection[str]) -> str | None:
    """Return a number's digits with the leading zeros that a known prefix calls for, or None."""
    padded = digits.zfill(12)
    if digits.isdecimal() and 7 <= len(digits) < 12 and padded[:6] in known:
        return padded
    return None


def letters_for_digits(compact: str) -> tuple[str | None, str]:
    """Return the MAC behind letters that look like digits, and in words which; (None, "")."""
    if len(compact) != 12:
        return None, ""
    meant = "".join(_LOOK_ALIKE.get(letter, letter) for letter in compact).lower()
    if not re.fullmatch(rf"{_HEX}{{12}}", meant):
        return None, ""
    replaced = sorted({letter for letter in compact if letter in _LOOK_ALIKE})
    words = ", ".join(
        f"the letter “{letter}” for the digit {_LOOK_ALIKE[letter]}"
        if _LOOK_ALIKE[letter].isdecimal()
        else f"a foreign letter for {_LOOK_ALIKE[letter].upper()}"
        for letter in replaced
    )
    return meant, words


def from_eui64(digits: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the MACs, with a known prefix, that an EUI-64 may be made from (RFC 4291, app. A)."""
    as_is = digits[:6] + digits[10:]
    flipped = f"{int(digits[:2], 16) ^ 2:02x}{as_is[2:]}"
    return tuple(mac for mac in (as_is, flipped) if mac[:6] in known)


def from_exponent(text: str, known: Collection[str]) -> list[str]:
    """Return the MACs with a known prefix that read as the number `text`, as 482567123E39 does.

    A spreadsheet program takes digits, one E and digits for a number; zeros may stand before both.
    A number below 10^15 that shows all its digits is the address itself.
    """
    match = EXPONENT.fullmatch(text)
    if not match:
        return []
    value = Decimal(match[1].replace(",", ".")).scaleb(int(match[2]))
    shown = len(match[1].replace(".", "").replace(",", ""))
    if value < Decimal(10) ** 15:
        digits = str(int(value)).zfill(12)
        is_exact = shown == int(match[2]) + 1 and len(digits) == 12
        return [digits] if is_exact and digits[:6] in known else []
    mantissa = "".join(map(str, value.as_tuple().digits)).rstrip("0")
    exponent = value.adjusted() + 1 - len(mantissa)
    found = set()
    for zeros in range(min(exponent, 12) + 1):
        significant = mantissa + "0" * zeros
        power = str(exponent - zeros)
        free = 12 - len(significant) - 1 - len(power)
        for before in range(free + 1):
            mac = "0" * before + significant + "e" + "0" * (free - before) + power
            if mac[:6] in known:
                found.add(mac)
    return sorted(found)


def range_of(text: str) -> tuple[str, str, list[str]] | None:
    """Return first, last and all addresses of a range; no addresses when it is none or too long."""
    match = _RANGE.fullmatch(text)
    if not match:
        return None
    first = _SEPARATORS.sub("", match[1]).lower()
    end = _SEPARATORS.sub("", match[2]).lower()
    last = first[: 12 - len(end)] + end
    start, stop = int(first, 16), int(last, 16)
    macs = []
    if start < stop < start + MAX_RANGE and not int(first[1], 16) & 1 and first[:6] == last[:6]:
        macs = [f"{number:012x}" for number in range(start, stop + 1)]
    return format_mac(first), format_mac(last), macs
