"""What is in force of a profile, what waits, what was, and what a change would change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.models import Profile, ProfileVersion
from portal.profiles import queries
from portal.profiles.differences import Content, Difference, between
from portal.settings import line_keys
from portal.settings.catalogue import CATALOGUE
from portal.settings.resolve import merge

VERSIONS_SHOWN = 30


@dataclass(frozen=True)
class Past:
    """A published version and what it changed."""

    version: ProfileVersion
    changes: list[Difference]


@dataclass(frozen=True)
class Story:
    """`waiting` is published for a time to come; `changes` are those of the draft."""

    current: ProfileVersion | None
    waiting: ProfileVersion | None
    draft: ProfileVersion | None
    changes: list[Difference]
    past: list[Past]

    @property
    def base(self) -> ProfileVersion | None:
        """What the draft follows: the version that waits, else the one in force."""
        return self.waiting or self.current


def story_of(session: Session, profile: Profile, now: datetime) -> Story:
    current, draft = queries.current_version(profile, now), queries.draft_of(profile)
    waiting = queries.waiting_version(profile, now)
    changes = []
    if draft:
        inherited = queries.inherited_settings(session, profile, now)
        base = Content.of(waiting or current)
        changes = between(base, Content.of(draft), profile.family, inherited)
    published = [version for version in profile.versions if version.published_at]
    past = [
        Past(version, between(Content.of(before), Content.of(version), profile.family))
        for before, version in zip([None, *published], published, strict=False)
    ]
    return Story(current, waiting, draft, changes, past[::-1][:VERSIONS_SHOWN])


def parent_changes(
    session: Session, profile: Profile, parent: Profile | None, now: datetime
) -> list[Difference]:
    """Return what devices get else once `profile` builds on `parent`, and not on its present one.

    A parent that itself builds on `profile` is refused when it is saved; until then it ends here.
    """
    site = queries.site_settings(session)
    chains = (
        queries.parents_of(profile),
        [parent, *queries.parents_of(parent)] if parent else [],
    )
    before, after = (
        _effective([site], reversed([profile, *(p for p in chain if p is not profile)]), now)
        for chain in chains
    )
    return between(before, after, profile.family)


def _effective(wider: list[dict[str, object]], chain: Iterable[Profile], now: datetime) -> Content:
    """Return all that devices get of a chain of profiles, farthest first, as one content."""
    chain = list(chain)
    own = chain[-1]
    found = [(profile, queries.current_version(profile, now)) for profile in chain]
    versions = [(profile, version) for profile, version in found if version is not None]
    keys = line_keys.merge(version.line_keys for _, version in versions)
    return Content(
        merge([CATALOGUE.defaults(), *wider, *(version.settings for _, version in versions)]),
        merge(v.parameters for profile, v in versions if profile.family == own.family),
        [key.as_json() for key in keys],
    )
