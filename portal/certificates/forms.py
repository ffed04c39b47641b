"""Forms of certificates."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, StringField, TextAreaField

from portal.certificates import queries
from portal.errors import RuleBroken
from portal.forms import Form

PASTE = "Or paste it here, as PEM: from -----BEGIN CERTIFICATE----- on."


class _UploadForm(Form):
    """A file, or the same as text."""

    file = FileField("File")
    text = TextAreaField("Text", description=PASTE, render_kw={"rows": 6})

    def data_given(self) -> bytes:
        """Return what was chosen or pasted; raises RuleBroken on "file" for nothing or both."""
        uploaded = self.file.data.read() if self.file.data else b""
        pasted = (self.text.data or "").strip()
        if bool(uploaded) == bool(pasted):
            raise RuleBroken(
                "Choose a file or paste its text, not both" if pasted else "Choose a file", "file"
            )
        return uploaded or pasted.encode()

    def forget_keys(self) -> None:
        """Do not send a private key back in the page."""
        if "PRIVATE KEY" in (self.text.data or ""):
            self.text.data = ""

    @property
    def source(self) -> str:
        """Return the field that what was given stands in."""
        return "file" if self.file.data or not self.text.data else "text"

    def reject(self, broken: RuleBroken) -> None:
        if broken.field == "file":
            broken = RuleBroken(broken.message, self.source)
        super().reject(broken)


class AuthorityForm(_UploadForm):
    vendor = SelectField(
        "Vouches for phones of",
        description="A certificate of this authority then proves no other maker’s phone. Cisco "
        "phones are recognised only with their maker chosen.",
    )
    accepts_old = BooleanField(
        "Accept old signatures: SHA-1, and keys from 1024 bits",
        description="For phones built before about 2016, whose certificates cannot be renewed.",
    )

    def offer(self) -> None:
        """Fill in the makers."""
        self.vendor.choices = [("", "Any maker"), *((name, name) for name in queries.vendors())]


class PinForm(_UploadForm):
    fingerprint = StringField(
        "Or its fingerprint alone",
        description="SHA-256, 64 digits, with or without colons.",
    )
    mac = StringField(
        "MAC", description="Of the phone that has it. Blank: the one that it is made out to."
    )

    @property
    def has_only_fingerprint(self) -> bool:
        typed = bool((self.fingerprint.data or "").strip())
        return typed and not self.file.data and not (self.text.data or "").strip()

    @property
    def source(self) -> str:
        return "fingerprint" if self.has_only_fingerprint else super().source
