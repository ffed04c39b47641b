"""Writing how a user likes to see the inventory's list: views by name, columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit, values
from portal.audit import Actor
from portal.devices.columns import COLUMNS, DEFAULT
from portal.devices.view_queries import LIST, choice_of
from portal.errors import RuleBroken, parsed
from portal.models import ListChoice, SavedView, User

_MOST_VIEWS = 50


def save_view(
    session: Session,
    actor: Actor,
    user: User,
    name: str,
    args: Mapping[str, str],
    is_shared: bool,
) -> SavedView:
    """Keep a filter under a name; one of the user's own with that name is replaced."""
    name = parsed("name", values.parse_line, name)
    if not name:
        raise RuleBroken("Give the view a name", "name")
    if len(name) > 100:
        raise RuleBroken("The name of a view has 100 letters at most", "name")
    if not args:
        raise RuleBroken("Filter or sort the list first: this view would show everything", "name")
    own = select(SavedView).where(SavedView.user_id == user.id)
    view = session.scalar(own.where(func.lower(SavedView.name) == name.lower()))
    if view is None:
        if (session.scalar(select(func.count()).select_from(own.subquery())) or 0) >= _MOST_VIEWS:
            raise RuleBroken(f"{_MOST_VIEWS} views are the most; delete one first", "name")
        view = SavedView(user_id=user.id)
        session.add(view)
    view.name, view.args, view.is_shared = name, dict(args), is_shared
    session.flush()
    changes = {"filter": (None, dict(args)), "shared": (None, is_shared)}
    audit.record(session, actor, "view.save", view, changes)
    return view


def delete_view(session: Session, actor: Actor, user: User, view: SavedView) -> None:
    """Delete a view. Raises RuleBroken for one of somebody else, but for an administrator."""
    if view.user_id != user.id and user.role != "admin":
        raise RuleBroken(f"{view.name} is not yours; ask who shares it")
    audit.record(session, actor, "view.delete", view, {"filter": (view.args, None)})
    session.delete(view)


def choose_columns(
    session: Session, user: User, keys: Iterable[str], is_compact: bool
) -> ListChoice:
    """Remember which columns a user wants to see; nothing that others notice, so no audit."""
    wanted = {"mac", *keys}
    chosen = [key for key in COLUMNS if key in wanted]
    choice = choice_of(session, user)
    if choice is None:
        choice = ListChoice(user_id=user.id, list_name=LIST)
        session.add(choice)
    choice.columns = [] if tuple(chosen) == DEFAULT else chosen
    choice.is_compact = is_compact
    return choice
