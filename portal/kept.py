"""What a person had typed when the sign-in ended: carried through signing in, then sent again.

Hidden inputs carry it, so the portal stores nothing. Passwords and files are never carried; their
names are, so that the person is asked for them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portal.values import has_control

# Names of our inputs; a field “label” travels as “kept:label”.
_TARGET, _FORM, _SECRET, _FILE, _FIELD = (
    "kept-target",
    "kept-form",
    "kept-secret",
    "kept-file",
    "kept:",
)
_SECRET_WORDS = ("password", "passphrase", "secret")


@dataclass(frozen=True)
class Kept:
    """`target` is the address to go on to. `is_form`: by sending `fields` there again."""

    target: str = ""
    is_form: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """Return names and values of the hidden inputs that carry this; `kept_in` reads them."""
        inputs = [(_TARGET, self.target)] if self.target else []
        inputs += [(_FORM, "1")] if self.is_form else []
        inputs += [(_SECRET, name) for name in self.secrets]
        inputs += [(_FILE, name) for name in self.files]
        return inputs + [(_FIELD + name, value) for name, value in self.fields]


def kept_of(
    target: str, typed: MultiDict[str, str], files: Iterable[str], leave_out: Iterable[str]
) -> Kept:
    """Keep what was sent to `target`, but for `leave_out` (the CSRF token)."""
    left_out = frozenset(leave_out)
    fields = [(name, text) for name, text in typed.items(multi=True) if name not in left_out]
    return Kept(
        target=local(target),
        is_form=True,
        fields=tuple(pair for pair in fields if not _is_secret(pair[0])),
        secrets=tuple(dict.fromkeys(name for name, text in fields if _is_secret(name) and text)),
        files=tuple(dict.fromkeys(files)),
    )


def kept_in(form: MultiDict[str, str], next_url: str = "") -> Kept:
    """Read what the hidden inputs of `form` carry; `next_url` where they name no target."""
    return Kept(
        target=local(form.get(_TARGET, next_url)),
        is_form=_FORM in form,
        fields=tuple(
            (name.removeprefix(_FIELD), text)
            for name, text in form.items(multi=True)
            if name.startswith(_FIELD)
        ),
        secrets=tuple(form.getlist(_SECRET)),
        files=tuple(form.getlist(_FILE)),
    )


def local(url: str) -> str:
    """Return `url` when it is a path of the portal, else “”: nobody is sent elsewhere."""
    # Browsers take a backslash for a slash: /\evil.example is another site.
    is_local = url.startswith("/") and not url.startswith(("//", "/\\")) and not has_control(url)
    return url if is_local else ""


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)
