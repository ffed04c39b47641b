"""Forms of what holds for the whole portal; its settings are in portal.settings_form."""

from __future__ import annotations

from portal.forms import Form


class ConfirmForm(Form):
    """A question that is answered by sending it."""
