"""The filter of the audit; it comes in the address, and what makes no sense there is ignored."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from wtforms import SelectField, StringField

from portal.audit.queries import Filters
from portal.audit.words import GROUPS
from portal.forms import Form
from portal.values import id_in

_OBJECT = re.compile(r"([a-z_]{1,40}):(\d{1,9})", re.ASCII)


class AuditForm(Form):
    class Meta:
        csrf = False

    q = StringField("Search")
    user = SelectField("Who", validate_choice=False)
    group = SelectField("What", validate_choice=False)
    since = StringField("From")
    until = StringField("To")
    object = StringField("Object")
    import_id = SelectField("In the import", validate_choice=False)

    def offer(self, names: list[str], imports: list[tuple[int, str]]) -> None:
        """Fill the selects; whoever else acts (a command, the portal) and an older import are
        offered while chosen."""
        chosen = self.user.data or ""
        others = [] if chosen in {"", *names} else [chosen]
        self.user.choices = [("", "Anybody"), *((name, name) for name in [*names, *others])]
        self.group.choices = [("", "Anything"), *((key, text) for key, (text, _) in GROUPS.items())]
        lists = {str(number): text for number, text in imports}
        number = self.import_id.data or ""
        if id_in(number) and number not in lists:
            lists[number] = f"Import {number}"
        self.import_id.choices = [("", "Any, or none"), *lists.items()]

    @property
    def filters(self) -> Filters:
        named = _OBJECT.fullmatch(self.object.data or "")
        listed = self.import_id.data or ""
        until = _day(self.until.data)
        return Filters(
            q=self.q.data or "",
            actor=self.user.data or "",
            group=self.group.data if self.group.data in GROUPS else "",
            object_type=named[1] if named else "",
            object_id=int(named[2]) if named else None,
            import_id=id_in(listed),
            since=_day(self.since.data),
            until=until + timedelta(days=1) if until else None,
        )

    @property
    def args(self) -> dict[str, Any]:
        """Return the filter as it stands in an address; what is empty does not."""
        return {field.name: field.data for field in self if field.data}


def _day(text: str | None) -> datetime | None:
    """Return the beginning of a day, in UTC; None for what is none."""
    try:
        day = datetime.strptime(text or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None
