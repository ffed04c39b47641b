"""Writing firmware files: one function a verb; rules and audit."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.firmware import queries
from portal.firmware.images import Image
from portal.models import FirmwareFile
from portal.provision.firmware import numbers
from portal.values import parse_line
from portal.vendors import FAMILIES
from portal.vendors.schema import Family

MAX_NAME = 200
MAX_VERSION = 60


@dataclass(frozen=True)
class FirmwareFacts:
    """What a person says about an image. `models` as people write them; `after`: stepping stone."""

    family: str
    filename: str
    version: str
    models: tuple[str, ...]
    after: str = ""


def add_file(session: Session, actor: Actor, facts: FirmwareFacts, image: Image) -> FirmwareFile:
    """Offer bytes that were kept (images.keep) to some models of a family.

    Raises RuleBroken on "family", "filename", "version", "models" or "after".
    """
    family = _family(facts.family)
    filename = _filename(family, facts.filename)
    version = _version(facts.version, "version")
    after = _version(facts.after, "after") if facts.after.strip() else ""
    if after and numbers(after) >= numbers(version):
        raise RuleBroken(f"The stepping stone {after} is no older than {version}", "after")
    models = _models(family, facts.models)
    if queries.files_named(session, filename, family.key, version):
        raise RuleBroken(
            f"There is a {filename} of version {version} already; remove that first",
            "filename",
        )
    file = FirmwareFile(
        family=family.key,
        filename=filename,
        firmware_version=version,
        after_version=after,
        models=models,
        sha256=image.sha256,
        size_bytes=image.size_bytes,
        uploaded_by=actor.name,
    )
    session.add(file)
    session.flush()
    changes = {
        "family": (None, family.key),
        "version": (None, version),
        "models": (None, models),
        "size_bytes": (None, image.size_bytes),
        "sha256": (None, image.sha256),
    }
    if after:
        changes["after"] = (None, after)
    audit.record(session, actor, "firmware.add", file, changes)
    return file


def remove_file(session: Session, actor: Actor, file: FirmwareFile) -> None:
    """Offer a file no longer; its bytes go with images.sweep after the commit."""
    changes = {
        "family": (file.family, None),
        "version": (file.firmware_version, None),
        "sha256": (file.sha256, None),
    }
    audit.record(session, actor, "firmware.remove", file, changes)
    session.delete(file)
    session.flush()


def _family(key: str) -> Family:
    family = FAMILIES.get(key)
    if family is None:
        raise RuleBroken(f"There is no family “{key}”: choose {', '.join(FAMILIES)}", "family")
    if "firmware.url" in family.ignores:
        raise RuleBroken(f"{family.label}: these cannot be told where firmware is", "family")
    return family


def _filename(family: Family, text: str) -> str:
    try:
        name = parse_line(text)
    except ValueError:
        raise RuleBroken("A file name has no control characters", "filename") from None
    if not name or name in {".", ".."}:
        raise RuleBroken("Say the file name that phones ask for", "filename")
    if len(name) > MAX_NAME:
        raise RuleBroken(f"A file name has at most {MAX_NAME} characters", "filename")
    if "/" in name or "\\" in name:
        raise RuleBroken(
            "A file name has no slash; phones may put any folder before it", "filename"
        )
    found = family.file_for(name)
    if found and found[0].kind != "absent":
        raise RuleBroken(
            f"“{name}” is a configuration file of these phones: they would get that", "filename"
        )
    return name


def _version(text: str, field: str) -> str:
    try:
        version = parse_line(text)
    except ValueError:
        raise RuleBroken("A version has no control characters", field) from None
    if not numbers(version):
        raise RuleBroken("A version has numbers in it, such as 108.87.0.15", field)
    if len(version) > MAX_VERSION:
        raise RuleBroken(f"A version has at most {MAX_VERSION} characters", field)
    return version


def _models(family: Family, texts: tuple[str, ...]) -> list[str]:
    """Return the family's own names, in its order."""
    chosen = set()
    for text in texts:
        meant = [m.name for f, m in FAMILIES.find_models(text) if f.key == family.key]
        if text in family.models:
            meant = [text]
        if len(meant) != 1:
            similar = ", ".join(n for n in FAMILIES.similar_models(text) if n in family.models)
            hint = f"; did you mean {similar}?" if similar else ""
            raise RuleBroken(f"{family.vendor} has no model “{text}” here{hint}", "models")
        chosen.add(meant[0])
    if not chosen:
        raise RuleBroken("Choose the models that the file is for", "models")
    return [name for name in family.models if name in chosen]
