"""`Road.build`: from what a phone asks to the file it may have, the same for every protocol.

Three doors, each with its proof. `access.py` decides, `release.py` writes what follows, and behind
them `files.py` makes what is asked for.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from portal import crypto
from portal.errors import Refused
from portal.provision import access, bans, claims, counting, digest, lookup, release, stored
from portal.provision.access import Caller, Circumstances, Decision, Proof
from portal.provision.asked import ConfigFile, Credentials, PhoneRequest, Trail
from portal.provision.certificates import Certificates
from portal.provision.claims import Claim
from portal.provision.files import Files
from portal.provision.identify import Asked, identify
from portal.provision.uploads import UploadLimits
from portal.vendors.render import Renderer
from portal.vendors.schema import Families

# Compared with for MACs that nobody has, so that they cost the same as those that somebody has.
_NOBODY = crypto.new_password(24)
_NOT_A_SITE_FILE = {"absent", "upload", "phonebook"}


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
        certificates: Certificates,
    ) -> None:
        self.engine = engine
        self.families = families
        self.sealer = sealer
        self.nonces = nonces
        self.base_url = base_url
        self.window_again_s = window_again_s
        self.bans = bans.Bans(engine)
        self.certificates = certificates
        self.files = Files(engine, families, renderer, sealer, base_url, uploads, firmware_folder)
        self._nobodys_secret = sealer.seal(_NOBODY)

    def build(self, request: PhoneRequest, trail: Trail, now: datetime) -> ConfigFile:
        """Return the file asked for; raises Refused. `trail` takes notes for the check-in."""
        door = {"token": self._by_token, "open": self._by_password, "site": self._by_site}
        try:
            with self.engine.connect() as connection:
                return door[request.door](connection, request, trail, now)
        except Refused as refused:
            if refused.weight:
                key = counting.key_of(request.address)
                what = counting.what_is_refused(request, trail.mac)
                self.bans.note(counting.ADDRESS, key, what, refused.weight, now)
            raise

    def _by_token(
        self, connection: Connection, request: PhoneRequest, trail: Trail, now: datetime
    ) -> ConfigFile:
        claim, is_old = claims.by_token(connection, crypto.digest_of(request.token), now)
        if claim is None:
            raise Refused("wrong token", weight=counting.COUNTS)
        is_certified = self._certified(request, trail, now) == claim.mac
        proof: Proof = "certificate" if is_certified else "token"
        return self._serve(connection, claim, proof, is_old, request, trail, now)

    def _by_password(
        self, connection: Connection, request: PhoneRequest, trail: Trail, now: datetime
    ) -> ConfigFile:
        asked = identify(request, self.families)
        if asked is None:
            raise Refused("no family asks for this name", weight=counting.COUNTS)
        self._note_asked(trail, asked)
        if asked.spec.kind == "absent":
            raise Refused("optional file, not offered")
        if certified := self._certified(request, trail, now):
            claim = claims.by_mac(connection, certified, now)
            if claim is not None:
                return self._serve(connection, claim, "certificate", False, request, trail, now)
        given = request.credentials
        if given is None:
            return self._by_network(connection, asked, request, trail, now)
        if given.scheme == "basic" and not request.is_secure:
            raise Refused("Basic without TLS", 401)
        claim = (
            claims.by_mac(connection, asked.mac, now)
            if asked.mac
            else claims.by_digest_user(connection, given.user, now)
        )
        is_old = self._proven_with_old(claim, given, request, now)
        proof: Proof = "basic" if given.scheme == "basic" else "digest"
        return self._serve(connection, claim, proof, is_old, request, trail, now)

    def _by_network(
        self,
        connection: Connection,
        asked: Asked,
        request: PhoneRequest,
        trail: Trail,
        now: datetime,
    ) -> ConfigFile:
        """Serve a phone without credentials where its customer lets the MAC suffice."""
        if stored.is_lan(connection, request.address) and not self.bans.is_banned(
            request.address, now
        ):
            claim = claims.by_mac(connection, asked.mac or "", now)
            if access.by_network(claim, request.address):
                return self._serve(connection, claim, "network", False, request, trail, now)
            raise Refused("no proof", 401, weight=counting.COUNTS)
        raise Refused("no proof", 401)

    def _proven_with_old(
        self, claim: Claim | None, given: Credentials, request: PhoneRequest, now: datetime
    ) -> bool:
        """Check credentials; False: the present ones, True: those before. Raises Refused.

        Both are tried for everybody, also where there are none, so that all take as long.
        """
        state = self.nonces.check(given.fields.get("nonce", ""), now.timestamp(), request.address)

        def proves(user: str | None, sealed: str | None) -> bool:
            secret = self.sealer.open(sealed or self._nobodys_secret)
            return digest.proves(given, user or _NOBODY, secret, request.method, request.uri, state)

        row = claim.row if claim else None
        is_present = proves(row and row.digest_user, row and row.digest_secret_sealed)
        is_old = proves(row and row.old_digest_user, row and row.old_digest_secret_sealed)
        if is_present or is_old:
            return not is_present
        if state == "stale":
            raise Refused("stale nonce", 401)
        raise Refused("wrong password", 401, weight=1)

    def _serve(
        self,
        connection: Connection,
        claim: Claim | None,
        proof: Proof,
        is_old: bool,
        request: PhoneRequest,
        trail: Trail,
        now: datetime,
    ) -> ConfigFile:
        """Answer a phone that showed a proof."""
        seen = self.families.seen(request.user_agent)
        if seen:
            trail.firmware = seen.firmware
        caller = Caller(request.address, seen)
        decision = access.after_proof(claim, proof, is_old, caller, self.families, now)
        if claim is None:
            raise Refused(decision.reason)
        self._note(trail, claim, proof if decision.gives == "own" else "")
        if decision.does:
            connection.rollback()  # what is written now is not in this transaction's snapshot
            self._carry_out(decision, claim, request, now)
        if decision.gives == "own":
            device = lookup.complete(connection, claim, now)
            return self.files.own(connection, device, request, trail)
        trail.reason = decision.reason
        if decision.gives == "none":
            raise Refused(decision.reason, 401 if request.door == "open" else 404)
        return self.files.harmless(connection, claim, request, decision.gives == "wipe", now)

    def _by_site(
        self, connection: Connection, request: PhoneRequest, trail: Trail, now: datetime
    ) -> ConfigFile:
        owner = stored.site_token_owner(connection, crypto.digest_of(request.token))
        if owner is None:
            raise Refused("wrong site token", weight=counting.COUNTS)
        trail.customer_id = owner or None
        asked = identify(request, self.families)
        if asked is None or asked.spec.kind == "absent":
            if seen := self.families.seen(request.user_agent):
                trail.firmware = seen.firmware
            if image := self.files.image_over_site(connection, request):
                return image
        if asked is None:
            raise Refused("no family asks for this name")
        self._note_asked(trail, asked)
        if asked.spec.kind in _NOT_A_SITE_FILE:
            raise Refused("optional file, not offered")
        if asked.spec.kind == "common":
            return self.files.shared(connection, asked, request)
        claim = claims.by_mac(connection, asked.mac or "", now)
        around = Circumstances(
            owner,
            self._certified(request, trail, now),
            self.bans.asks_first(owner, now),
            lambda: self._was_here(connection, claim, request, now),
            lambda: self._again_today(connection, claim, now),
        )
        caller = Caller(request.address, asked.seen)
        decision = access.over_site(claim, caller, self.families, around, now)
        connection.rollback()  # what is written now is not in this transaction's snapshot
        if claim is None:
            what = asked.mac or counting.what_is_refused(request, None)
            self.bans.note(counting.SITE, str(owner), what, counting.COUNTS, now)
        elif decision.does:
            decision = self._carry_out(decision, claim, request, now)
        if decision.gives == "own" and claim is not None:
            self._note(trail, claim, "certificate" if around.certificate == claim.mac else "site")
            device = lookup.by_id(connection, claim.id, now)
            return self.files.own(connection, device, request, trail)
        if claim is not None:
            trail.device_id = claim.id
        trail.reason = decision.reason
        return self.files.shared(connection, asked, request, is_for_nobody=True)

    def _carry_out(
        self, decision: Decision, claim: Claim, request: PhoneRequest, now: datetime
    ) -> Decision:
        """Write what a decision does; returns another one when somebody else came first."""
        engine, address, again_s = self.engine, request.address, self.window_again_s
        match decision.does:
            case "release":
                if not claim.has_proofs:
                    release.issue_proofs(engine, self.sealer, claim.id)
                release.bind(engine, claim, decision.kind, address, now, again_s)
                if not claim.window_address and release.is_window_taken(engine, claim.id, address):
                    return Decision("harmless", "set-up window is for another address")
            case "release again":
                release.release_again(engine, self.sealer, claim, address, now, again_s)
            case "forget":
                release.forget_old(engine, claim.id)
            case "lock":
                release.lock(engine, claim, decision.reason, address, now)
            case "reset":
                release.note_reset(engine, claim, address, now)
            case "wiped":
                release.note_wiped(engine, claim.id, now)
        return decision

    def _certified(self, request: PhoneRequest, trail: Trail, now: datetime) -> str | None:
        """Return the MAC that the client's certificate proves, if it shows one that does."""
        trail.certificate = self.certificates.why_not(request.certificate, now)
        return self.certificates.mac_of(request.certificate, now)

    def _was_here(
        self, connection: Connection, claim: Claim | None, request: PhoneRequest, now: datetime
    ) -> bool:
        assert claim is not None  # noqa: S101 - asked for a known device only
        return stored.was_here(connection, claim.id, request.address, now - access.WAS_HERE)

    def _again_today(self, connection: Connection, claim: Claim | None, now: datetime) -> int:
        assert claim is not None  # noqa: S101 - asked for a known device only
        return stored.released_again(connection, claim.customer_id, now - access.A_DAY)

    def _note(self, trail: Trail, claim: Claim, proof: str) -> None:
        trail.mac, trail.device_id, trail.proof = claim.mac, claim.id, proof
        trail.customer_id = claim.customer_id

    def _note_asked(self, trail: Trail, asked: Asked) -> None:
        trail.mac, trail.family = asked.mac, asked.family.key
        if asked.seen:
            trail.model, trail.firmware = asked.seen.model, asked.seen.firmware
