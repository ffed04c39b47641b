"""Which user somebody is who comes from the single sign-on; made at the first time, if allowed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.config import Config
from portal.errors import RuleBroken
from portal.models import User
from portal.users import queries, service
from portal.users.oidc import Account
from portal.users.oidc_config import role_of


def take_account(session: Session, config: Config, address: str, account: Account) -> User:
    """Return the user that `account` is. Raises RuleBroken when it is none who may sign in.

    With `oidc_roles` the groups at the provider decide, each time, and who is new is made a user.
    Without it only users that an administrator made come in, with the role they have here.
    """
    user = queries.find_user_of_provider(session, account.subject)
    user = user or queries.find_user_named(session, account.name)
    if user is not None and user.oidc_subject not in (None, account.subject):
        raise RuleBroken(
            f"{config.oidc_name} has given the name “{account.name}” to somebody else than before. "
            "An administrator of the portal sorts it out: portal user unlink"
        )
    role = _role(config, account)
    actor = Actor(config.oidc_name, address)
    if user is None:
        if role is None:
            raise RuleBroken(
                f"{config.oidc_name} knows you as “{account.name}”, but there is no such user "
                "here. Ask an administrator of the portal to make one"
            )
        user = service.create_user(session, actor, account.name, None, role)
    if not user.is_enabled:
        raise RuleBroken(f"The user “{user.name}” is disabled here. Ask an administrator")
    if role is not None and role != user.role:
        service.update_user(session, actor, user, role, user.is_enabled)
    if user.oidc_subject is None:
        user.oidc_subject = account.subject
        changes = {"single sign-on": (None, account.subject)}
        audit.record(session, actor, "user.link", user, changes)
    return user


def unlink(session: Session, actor: Actor, user: User) -> None:
    """Forget which account at the provider `user` is; the next one of that name is it again."""
    if user.oidc_subject is None:
        raise RuleBroken(f"{user.name} never signed in by single sign-on")
    changes = {"single sign-on": (user.oidc_subject, None)}
    user.oidc_subject = None
    audit.record(session, actor, "user.unlink", user, changes)


def _role(config: Config, account: Account) -> str | None:
    if not config.oidc_roles:
        return None
    role = role_of(config.oidc_roles, account.groups)
    if role is None:
        raise RuleBroken(
            f"None of your groups at {config.oidc_name} may use this portal. Ask an administrator "
            "to put you into one that may"
        )
    return role
