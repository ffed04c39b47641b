"""How a route writes: one verb, one commit; a broken rule is shown in the form."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm.exc import StaleDataError

from portal.errors import RuleBroken
from portal.extensions import db
from portal.forms import Form


def attempt(form: Form, verb: Callable[[], object]) -> int:
    """Run `verb` and commit. Returns the status that refuses it, 422 or 409; 0 when it is done."""
    try:
        verb()
        db.session.commit()
    except RuleBroken as broken:
        db.session.rollback()
        form.reject(broken)
        return 422
    except StaleDataError:  # where the database lets two write at a time
        db.session.rollback()
        form.reject(RuleBroken("Somebody else saved this at the same moment; look again"))
        return 409
    return 0
