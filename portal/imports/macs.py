"""Read a MAC out of a cell, in every notation, and say in one sentence why it is none. Pure.

Notations are read; mistakes are not repaired: what a person probably meant is a suggestion.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from portal.imports import mac_repairs
from portal.values import format_mac

_HEX = "[0-9A-Fa-f]"
# 001565aabbcc, 00:15:65:AA:BB:CC, 0015.65aa.bbcc, 001565-AABBCC; one kind of separator
_PLAIN = re.compile(
    rf"{_HEX}{{12}}|{_HEX}{{2}}([:\-. ])(?:{_HEX}{{2}}\1){{4}}{_HEX}{{2}}"
    rf"|{_HEX}{{4}}([:\-. ]){_HEX}{{4}}\2{_HEX}{{4}}|{_HEX}{{6}}([:\-. ]){_HEX}{{6}}"
    rf"|{_HEX}{{3}}([:\-. ])(?:{_HEX}{{3}}\4){{2}}{_HEX}{{3}}"
)
# One address among other words: “Phone 3: 00:15:65:aa:bb:cc (hall)”, “SN 1234 MAC 001565AABBCC”
MAC_IN_TEXT = re.compile(
    rf"(?<![0-9A-Za-z])(?<!{_HEX}[:\-])(?:SEP|0x)?("
    rf"{_HEX}{{2}}([:\-. ])(?:{_HEX}{{2}}\2){{4}}{_HEX}{{2}}(?!\2{_HEX})"
    rf"|{_HEX}{{4}}([:\-.]){_HEX}{{4}}\3{_HEX}{{4}}(?!\3{_HEX})"
    rf"|{_HEX}{{6}}[:\-]{_HEX}{{6}}|{_HEX}{{12}})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_DROP_SEPARATORS = str.maketrans("", "", ":-. ")
_SEPARATORS = re.compile(r"[:\-. _]+")
# What other programs write for our four separators.
_ALIKE = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣－", "-")
    | dict.fromkeys("：∶꞉﹕ː", ":")
    | dict.fromkeys("．·•。․", ".")
    | dict.fromkeys("‘’“”«»´`", "'")
)
_LABEL = re.compile(
    r"(?:(?:w?lan|ethernet|eth\d?)[\s\-]*)?"
    r"(?:mac(?:[\s\-]*(?:add?r\w*|id|no|nr|地址))?|hw(?:addr)?|ether)\W*[:=#\s]\s*(?=\w)",
    re.IGNORECASE,
)
_NAME = re.compile(r"\bmac(?:[ _\-]?(?:add?r\w*|id))?\s*[:=#]", re.IGNORECASE)
_WRAPPING = " \t\n'\"()[]{}<>,;=|"
_PREFIX = re.compile(rf"(?:SEP|0x)(?={_HEX}{{12}}\W*$)", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:t\.?b\.?[dac]\.?|to be (?:defined|done|announced|confirmed)|n\.?/?a\.?|n\.?v\.?"
    r"|k\.?\s?a\.?|s\.\s?u\.|none|null|nil|unknown|unbekannt|inconnu\w*|desconocid\w*"
    r"|sconosciut\w*|pending|folgt|offen|fehlt|missing|open|todo|later|sp[äa]ter|à définir"
    r"|por definir|da definire|no mac|keine?|aucune?|待定|未知|无"
    r"|#n/?a|#nv|#ref!|#value!|#wert!|#name\?|#div/0!|#bezug!"
    r"|[-–—_.*?/\\x#:\s]+|(?:xx[:\-. ]?){2,6})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MacReading:
    """What a cell says: `mac`, or `reason` (a code), a sentence, and what may be meant."""

    mac: str | None
    reason: str | None = None
    message: str = ""
    suggestions: tuple[str, ...] = ()


def is_plain(cell: object) -> bool:
    """Is a cell a MAC in one of the usual notations, without anything to think about?"""
    return isinstance(cell, str) and _PLAIN.fullmatch(cell) is not None


def read_mac(cell: object, known_prefixes: Collection[str]) -> MacReading:
    """Read the MAC in a cell. `known_prefixes` are the OUIs of vendors, six lowercase digits each;
    digits that were lost are only suggested when they lead to one of these."""
    if isinstance(cell, str) and _PLAIN.fullmatch(cell):
        return _as_address(cell.translate(_DROP_SEPARATORS).lower(), cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _of_number(cell, known_prefixes)
    return _of_text("" if cell is None else str(cell), known_prefixes)


def looks_like_mac(cell: object, known_prefixes: Collection[str] = ()) -> bool:
    """Does a text hold a MAC? Digits alone count only behind a known prefix: they may be a UPC."""
    if not isinstance(cell, str) or len(cell) < 12:
        return False
    match = MAC_IN_TEXT.search(cell)
    if not match and not cell.isascii():
        cell = _cleaned(cell)
        match = MAC_IN_TEXT.search(cell)
    while match:
        digits = match[1].translate(_DROP_SEPARATORS).lower()
        if not digits.isdecimal() or digits[:6] in known_prefixes or ":" in match[1]:
            return True
        match = MAC_IN_TEXT.search(cell, match.end())
    return False


def macs_in(text: str) -> list[str]:
    """Return the MACs that stand whole in a text, as stored: one that was typed, or what a scanner
    reads from a label, such as “MAC:001565AABBCC SN:3128001234567”."""
    text = _NAME.sub(" ", _cleaned(text))
    tight = text.strip().translate(_DROP_SEPARATORS)
    found = [tight] if len(tight) == 12 else [match[1] for match in MAC_IN_TEXT.finditer(text)]
    digits = (one.translate(_DROP_SEPARATORS).lower() for one in found)
    return [mac for mac in dict.fromkeys(digits) if re.fullmatch(rf"{_HEX}{{12}}", mac)]


def _cleaned(text: str) -> str:
    """Return `text` without what only looks different: full-width digits, no-break spaces,
    direction marks, typographic dashes."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_ALIKE)).translate(_ALIKE)
        text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return " ".join(text.split())


def _as_address(digits: str, shown: str) -> MacReading:
    if digits == "f" * 12:
        reason, why = "mac_broadcast", "is the broadcast address, which no phone has"
    elif digits == "0" * 12:
        reason, why = "mac_zero", "is all zeros, which no phone has"
    elif int(digits[1], 16) & 1:
        reason, why = "mac_multicast", "is a group (multicast) address, which no phone has"
    else:
        return MacReading(digits)
    return MacReading(None, reason, f"“{shown.strip()}” {why}; look at the label of the phone")


def _of_number(number: int | float, known: Collection[str]) -> MacReading:
    if not -1 < number < math.inf or number != int(number):
        return MacReading(
            None, "mac_bad_character", f"{number} is a number, not a MAC; take it from the label"
        )
    if isinstance(number, float) and number >= 1e15:
        return _of_exponent(repr(number), known)
    return _of_text(str(int(number)), known, is_number=True)


def _of_text(raw: str, known: Collection[str], is_number: bool = False) -> MacReading:
    shown = " ".join(raw.split())[:60]
    text = _cleaned(raw).strip(_WRAPPING)
    text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    text = text.strip(_WRAPPING)
    if not shown:
        return MacReading(None, "mac_missing", "There is no MAC; take it from the label")
    if not text or _PLACEHOLDER.fullmatch(text):
        return MacReading(None, "mac_placeholder", f"“{shown}” holds the place of a MAC")
    text = _PREFIX.sub("", text)
    tight = re.sub(r" ?([:\-.]) ?", r"\1", text)
    if _PLAIN.fullmatch(text) or _PLAIN.fullmatch(tight):
        return _as_address(tight.translate(_DROP_SEPARATORS).lower(), shown)
    if mac_repairs.EXPONENT.fullmatch(text):
        return _of_exponent(text, known)
    return _with_words(text, shown) or _mistaken(text, shown, known, is_number)


def _with_words(text: str, shown: str) -> MacReading | None:
    """Return what a cell says that holds addresses and more: two of them, a range, words."""
    if found := mac_repairs.range_of(text):
        first, last, macs = found
        if not macs:
            return MacReading(
                None, "mac_range", f"“{shown}” is no range of up to 256 addresses; write one a row"
            )
        sentence = f"“{shown}” is a range of {len(macs)} addresses, {first} to {last}"
        return MacReading(None, "mac_range", f"{sentence}; one phone each?", tuple(macs))
    tokens = [match[1].translate(_DROP_SEPARATORS).lower() for match in MAC_IN_TEXT.finditer(text)]
    macs = [mac for mac in dict.fromkeys(tokens) if not _as_address(mac, mac).reason]
    if len(macs) > 1:
        sentence = f"“{shown}” holds {len(macs)} addresses; one phone each?"
        return MacReading(None, "mac_several", sentence, tuple(macs))
    if len(macs) == 1 and tokens:
        sentence = f"“{shown}” holds more than an address; is {format_mac(macs[0])} meant?"
        return MacReading(None, "mac_with_text", sentence, (macs[0],))
    return None


def _mistaken(text: str, shown: str, known: Collection[str], is_number: bool) -> MacReading:
    compact = _SEPARATORS.sub("", text)
    if not re.fullmatch(rf"{_HEX}+", compact):
        return _mistyped(compact, shown)
    digits = compact.lower()
    count = len(digits)
    if padded := mac_repairs.padded_groups(text, known) or mac_repairs.padded_number(digits, known):
        return _suggested(
            "mac_lost_leading_zeros",
            f"“{shown}” has lost its leading zeros; is {format_mac(padded)} meant?",
            padded,
        )
    if is_number and 7 <= count < 12:
        return MacReading(
            None,
            "mac_lost_leading_zeros",
            f"“{shown}” is a number with {count} digits: leading zeros were lost, and with them it "
            "would belong to no known vendor; format the column as text and type it from the label",
        )
    if count == 12:
        return _suggested(
            "mac_odd_groups", f"“{shown}” is grouped oddly; is {format_mac(digits)} meant?", digits
        )
    if count < 12:
        missing = "one digit is missing" if count == 11 else f"it has {count} of 12 digits"
        return MacReading(None, "mac_too_short", f"“{shown}” is too short for a MAC: {missing}")
    if count == 16 and digits[6:10] in ("fffe", "ffff"):
        meant = mac_repairs.from_eui64(digits, known)
        asked = " or ".join(map(format_mac, meant))
        rest = f"is {asked} meant?" if meant else "take the MAC from the label"
        sentence = f"“{shown}” is an EUI-64 of 16 digits, made from a MAC; {rest}"
        return MacReading(None, "mac_eui64", sentence, meant)
    over = "has 13 digits, one too many" if count == 13 else f"has {count} digits instead of 12"
    return MacReading(None, "mac_too_long", f"“{shown}” is too long for a MAC: it {over}")


def _mistyped(compact: str, shown: str) -> MacReading:
    meant, replaced = mac_repairs.letters_for_digits(compact)
    if meant and not _as_address(meant, meant).reason:
        return _suggested(
            "mac_letter_for_digit",
            f"“{shown}” has {replaced}; is {format_mac(meant)} meant?",
            meant,
        )
    wrong = next(c for c in compact if not re.match(_HEX, c))
    return MacReading(
        None,
        "mac_bad_character",
        f"“{shown}” is not a MAC: “{wrong}” is none of 0–9 and A–F",
    )


def _suggested(reason: str, sentence: str, mac: str) -> MacReading:
    impossible = _as_address(mac, sentence)
    return impossible if impossible.reason else MacReading(None, reason, sentence, (mac,))


def _of_exponent(text: str, known: Collection[str]) -> MacReading:
    meant = mac_repairs.from_exponent(text, known)
    start = f"“{text}” is a number with an exponent that a spreadsheet program made of a MAC"
    if len(meant) == 1:
        return _suggested("mac_scientific", f"{start}; is {format_mac(meant[0])} meant?", meant[0])
    return MacReading(
        None,
        "mac_scientific",
        f"{start}: its digits are gone; format the column as text and type it from the label",
    )
