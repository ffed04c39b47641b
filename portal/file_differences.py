"""How two config files differ, line by line; secrets masked, changed ones marked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_AROUND = 2  # lines shown before and after a change


@dataclass(frozen=True)
class Line:
    """A line of a difference: same, gone, new or gap. `is_secret`: what differs in it is masked."""

    kind: str
    text: str
    is_secret: bool = False


def differences(
    old: tuple[Sequence[str], Sequence[str]], new: tuple[Sequence[str], Sequence[str]]
) -> list[Line]:
    """Compare files line by line, as plain text; return the lines as masked text.

    Each is (plain lines, the same lines masked). A line that differs only in what is masked is
    marked, so that a changed password is seen, and the password is not.
    """
    lines: list[Line] = []
    matcher = SequenceMatcher(None, old[0], new[0], autojunk=False)
    for group in matcher.get_grouped_opcodes(_AROUND):
        if lines:
            lines.append(Line("gap", "…"))
        for kind, a, b, c, d in group:
            if kind == "equal":
                lines += [Line("same", text) for text in new[1][c:d]]
                continue
            gone, came = old[1][a:b], new[1][c:d]
            lines += [Line("gone", text, text in came) for text in gone]
            lines += [Line("new", text, text in gone) for text in came]
    return lines
