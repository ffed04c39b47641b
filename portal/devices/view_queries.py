"""Reading how a user likes to see the inventory's list."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from portal.models import ListChoice, SavedView, User

LIST = "devices"


def choice_of(session: Session, user: User) -> ListChoice | None:
    """Return the columns that a user chose; None where it is as usual."""
    return session.get(ListChoice, (user.id, LIST))


def views_for(session: Session, user: User) -> list[SavedView]:
    """Return the views that a user saved, then those that others share."""
    found = session.scalars(
        select(SavedView)
        .where(or_(SavedView.user_id == user.id, SavedView.is_shared))
        .options(selectinload(SavedView.user))
        .order_by(SavedView.name)
    )
    return sorted(found, key=lambda view: view.user_id != user.id)


def find_view(session: Session, view_id: int) -> SavedView | None:
    return session.get(SavedView, view_id)
