"""Writing notes on devices: one's own are changed and deleted, those of others are not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.models import Device, Note

MAX_LENGTH = 4000


def add_note(session: Session, actor: Actor, now: datetime, device: Device, text: str) -> Note:
    """Put a note on a device. Raises RuleBroken on "text"."""
    note = Note(device_id=device.id, at=now, author=actor.name, text=_checked(text))
    session.add(note)
    session.flush()
    return note


def edit_note(
    session: Session, actor: Actor, now: datetime, device: Device, note: Note, text: str
) -> None:
    """Change one's own note; what it said before stays in the audit."""
    _check_own(actor, note)
    before, note.text = note.text, _checked(text)
    if before != note.text:
        note.edited_at = now
        audit.record(session, actor, "note.edit", device, {"note": (before, note.text)})


def delete_note(session: Session, actor: Actor, device: Device, note: Note) -> None:
    """Delete one's own note; what it said stays in the audit."""
    _check_own(actor, note)
    audit.record(session, actor, "note.delete", device, {"note": (note.text, None)})
    session.delete(note)


def _check_own(actor: Actor, note: Note) -> None:
    if note.author != actor.name:
        raise RuleBroken(f"This note is by {note.author}; only they change or delete it", "text")


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise RuleBroken("Write something, or leave it", "text")
    if len(text) > MAX_LENGTH:
        raise RuleBroken(f"It has {len(text)} characters; at most {MAX_LENGTH} fit", "text")
    return text
