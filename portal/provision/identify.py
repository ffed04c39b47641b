"""Which family, which file, which MAC: from the name asked for, else from the User-Agent. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.provision.asked import PhoneRequest
from portal.vendors.schema import Families, Family, FileSpec, SeenAgent

MAX_NAME = 200

# Words for the MAC that a phone shall replace by its own, and that arrive as they were typed where
# a vendor's phones know another word, or none: /%7Bmac%7D.cfg, /$mac.xml, /spa$MA.cfg, /$(MA).cfg
_PLACEHOLDER = re.compile(
    r"(?:\{mac\}|\[mac\]|<mac>|%mac%|\$\((?:mac|mau?)\)|\$\{?(?:mac|mau?)(?![a-z0-9])\}?|%24(?:mac|mau?)(?![a-z0-9]))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asked:
    """A file that some family's phones ask for. `mac` is a claim, not a proof."""

    family: Family
    spec: FileSpec
    mac: str | None
    seen: SeenAgent | None


def clean_path(path: str) -> str:
    """Return `path` without empty parts; phones write double slashes and backslashes."""
    return "/".join(part for part in path.replace("\\", "/").split("/") if part)


def identify(request: PhoneRequest, families: Families) -> Asked | None:
    """Return what is asked for, or None when no family has such a file.

    An address with ``?mac=`` names the phone's own file, whatever its path.

    Several families share names such as ``{mac}.cfg``: the User-Agent decides, then the owner of
    the MAC's first digits, then the order of folders. The inventory is not consulted, so that the
    answer to a stranger tells nothing about it.
    """
    if len(request.path) > MAX_NAME:
        return None
    seen = families.seen(request.user_agent)
    candidates = families.asked(request.path, request.is_upload)
    if not candidates and request.query_mac and not request.is_upload:
        candidates = [
            (family, family.device_file(request.query_mac, "")[0], {"mac": request.query_mac})
            for family in families.by_oui(request.query_mac)
        ]
    if not candidates:
        return None
    named = next((plain_mac(groups.get("mac")) for _, _, groups in candidates), None)
    owners = {family.key for family in families.by_oui(named)} if named else set()
    family, spec, groups = min(
        candidates,
        key=lambda found: (
            seen is None or found[0].key != seen.family,
            found[0].key not in owners,
        ),
    )
    mac = plain_mac(groups.get("mac")) or (seen.mac if seen else "")
    return Asked(family, spec, mac or None, seen)


def plain_mac(written: str | None) -> str | None:
    """Return a MAC found in a file name in its stored form; all zeros name no device."""
    digits = re.sub(r"[^0-9a-f]", "", (written or "").lower())
    return digits if len(digits) == 12 and digits.strip("0") else None


def placeholder_in(path: str) -> str:
    """Return the placeholder for a MAC that stands in `path` as it was typed; "" for none.

    ``{mac}.cfg`` tells ``{mac}``, ``Config%24MAC.xml`` tells ``$MAC``.
    """
    match = _PLACEHOLDER.search(path[:MAX_NAME])
    return match[0].replace("%24", "$")[:20] if match else ""


def widest_model(family: Family, seen: SeenAgent | None = None) -> str:
    """Return the model that a file for nobody in particular is made for.

    The one that the phone claims to be, else the family's largest, so that every port is named.
    """
    if seen and seen.family == family.key and seen.model in family.models:
        return seen.model
    return max(family.models.values(), key=lambda model: (model.ports <= 16, model.ports)).name
