"""`Road.build`: from what a phone asks to the file it may have, the same for every protocol.

Three doors, each with its proof; behind them `files.py` makes what is asked for.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from portal import crypto
from portal.errors import Refused
from portal.provision import access, digest, lookup, release, stored
from portal.provision.asked import ConfigFile, PhoneRequest, Trail
from portal.provision.context import NOT_SET_UP
from portal.provision.files import Files
from portal.provision.identify import Asked, identify
from portal.provision.lookup import KnownDevice
from portal.provision.uploads import UploadLimits
from portal.vendors.render import Renderer
from portal.vendors.schema import Families

# Compared with for MACs that nobody has, so that they cost the same as those that somebody has.
_NOBODY = crypto.new_password(24)


class Road:
    """What the road needs, made once: families, templates, keys, where the portal is reached."""

    def __init__(
        self,
        engine: Engine,
        families: Families,
        renderer: Renderer,
        sealer: crypto.Sealer,
        nonces: digest.Nonces,
        base_url: str,
        window_again_s: int,
        uploads: UploadLimits,
        firmware_folder: Path,
    ) -> None:
        self.engine = engine
        self.families = families
        self.sealer = sealer
        self.nonces = nonces
        self.window_again_s = window_again_s
        self.files = Files(engine, families, renderer, sealer, base_url, uploads, firmware_folder)

    def build(self, request: PhoneRequest, trail: Trail, now: datetime) -> ConfigFile:
        """Return the file asked for; raises Refused. `trail` takes notes for the check-in."""
        door = {"token": self._by_token, "open": self._by_password, "site": self._by_site}
        with self.engine.connect() as connection:
            return door[request.door](connection, request, trail, now)

    def _by_token(
        self, connection: Connection, request: PhoneRequest, trail: Trail, now: datetime
    ) -> ConfigFile:
        device = lookup.by_token_hash(connection, crypto.digest_of(request.token), now)
        self._note(trail, device, "token")
        self._note_agent(trail, request)
        if reason := access.against_proven(device):
            raise Refused(reason)
        return self.files.own(connection, device, request, trail)

    def _by_password(
        self, connection: Connection, request: PhoneRequest, trail: Trail, now: datetime
    ) -> ConfigFile:
        asked = identify(request, self.families)
        if asked is None:
            raise Refused("no family asks for this name")
        self._note_asked(trail, asked)
        if asked.spec.kind == "absent":
            raise Refused("optional file, not offered")
        given = request.credentials
        if given is None:
            raise Refused("no proof", 401)
        if given.scheme == "basic" and not request.is_secure:
            raise Refused("Basic without TLS", 401)
        device = (
            lookup.by_mac(connection, asked.mac, now)
            if asked.mac
            else lookup.by_digest_user(connection, given.user, now)
        )
        user, secret = self._secret_of(device)
        state = self.nonces.check(given.fields.get("nonce", ""), now.timestamp(), request.address)
        if not digest.proves(given, user, secret, request.method, request.uri, state):
            raise Refused("stale nonce" if state == "stale" else "wrong password", 401)
        self._note(trail, device, given.scheme)
        if reason := access.against_proven(device):
            raise Refused(reason, 401)
        return self.files.own(connection, device, request, trail)

    def _by_site(
        self, connection: Connection, request: PhoneRequest, trail: Trail, now: datetime
    ) -> ConfigFile:
        owner = stored.site_token_owner(connection, crypto.digest_of(request.token))
        if owner is None:
            raise Refused("wrong site token")
        trail.customer_id = owner or None
        asked = identify(request, self.families)
        if asked is None or asked.spec.kind == "absent":
            self._note_agent(trail, request)
            if image := self.files.image_over_site(connection, request):
                return image
        if asked is None:
            raise Refused("no family asks for this name")
        self._note_asked(trail, asked)
        if asked.spec.kind in {"absent", "upload", "phonebook"}:
            raise Refused("optional file, not offered")
        if asked.spec.kind == "common":
            return self.files.shared(connection, asked, request, idle="")
        device = lookup.by_mac(connection, asked.mac or "", now)
        reason = access.against_release(device, owner, asked, request, now)
        connection.rollback()  # what the release writes is not in this transaction's snapshot
        if reason is None and device is not None and self._release(device, request, now):
            device = lookup.by_id(connection, device.id, now)
            self._note(trail, device, "site")
            return self.files.own(connection, device, request, trail)
        trail.reason = reason or "set-up window is for another address"
        if device is not None:
            trail.device_id = device.id
        return self.files.shared(connection, asked, request, idle=NOT_SET_UP)

    def _release(self, device: KnownDevice, request: PhoneRequest, now: datetime) -> bool:
        """Give the phone its proofs, close the window behind it; False when another came first."""
        if device.token_sealed is None:
            release.issue_proofs(self.engine, self.sealer, device.id)
        if device.window_address:
            return True
        release.bind(self.engine, device.id, request.address, now, self.window_again_s)
        return not release.is_window_taken(self.engine, device.id, request.address)

    def _secret_of(self, device: KnownDevice | None) -> tuple[str, str]:
        if device is None or not device.digest_user or not device.digest_secret_sealed:
            return _NOBODY, _NOBODY
        return device.digest_user, self.sealer.open(device.digest_secret_sealed)

    def _note(self, trail: Trail, device: KnownDevice | None, proof: str) -> None:
        if device is not None:
            trail.mac, trail.device_id, trail.proof = device.mac, device.id, proof
            trail.customer_id = device.customer_id

    def _note_asked(self, trail: Trail, asked: Asked) -> None:
        trail.mac, trail.family = asked.mac, asked.family.key
        if asked.seen:
            trail.model, trail.firmware = asked.seen.model, asked.seen.firmware

    def _note_agent(self, trail: Trail, request: PhoneRequest) -> None:
        if seen := self.families.seen(request.user_agent):
            trail.firmware = seen.firmware
