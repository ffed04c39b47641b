"""`Road.build`: from what a phone asks to the file it may have, the same for every protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from portal import crypto
from portal.errors import CannotRender, Refused
from portal.provision import access, digest, firmware, lookup, release
from portal.provision.asked import ConfigFile, PhoneRequest, Trail
from portal.provision.context import (
    ENCRYPTED,
    NOT_SET_UP,
    context_of,
    phonebook_context,
    shared_context,
)
from portal.provision.firmware import KnownFirmware
from portal.provision.identify import Asked, identify, plain_mac, widest_model
from portal.provision.lookup import KnownDevice
from portal.provision.uploads import UploadLimits, store
from portal.vendors.encryption import CIPHERS, CONTENT_ENCODINGS
from portal.vendors.render import Renderer
from portal.vendors.schema import Families, Family, FileSpec

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
        self.renderer = renderer
        self.sealer = sealer
        self.nonces = nonces
        self.base_url = base_url
        self.window_again_s = window_again_s
        self.uploads = uploads
        self.firmware_folder = firmware_folder

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
        return self._own_file(connection, device, request, trail)

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
        return self._own_file(connection, device, request, trail)

    def _by_site(
        self, connection: Connection, request: PhoneRequest, trail: Trail, now: datetime
    ) -> ConfigFile:
        owner = lookup.site_token_owner(connection, crypto.digest_of(request.token))
        if owner is None:
            raise Refused("wrong site token")
        trail.customer_id = owner or None
        asked = identify(request, self.families)
        if asked is None or asked.spec.kind == "absent":
            self._note_agent(trail, request)
            if image := self._image_over_site(connection, request):
                return image
        if asked is None:
            raise Refused("no family asks for this name")
        self._note_asked(trail, asked)
        if asked.spec.kind in {"absent", "upload", "phonebook"}:
            raise Refused("optional file, not offered")
        if asked.spec.kind == "common":
            return self._shared_file(connection, asked, request, idle="")
        device = lookup.by_mac(connection, asked.mac or "", now)
        reason = access.against_release(device, owner, asked, request, now)
        connection.rollback()  # what the release writes is not in this transaction's snapshot
        if reason is None and device is not None and self._release(device, request, now):
            device = lookup.by_id(connection, device.id, now)
            self._note(trail, device, "site")
            return self._own_file(connection, device, request, trail)
        trail.reason = reason or "set-up window is for another address"
        if device is not None:
            trail.device_id = device.id
        return self._shared_file(connection, asked, request, idle=NOT_SET_UP)

    def _release(self, device: KnownDevice, request: PhoneRequest, now: datetime) -> bool:
        """Give the phone its proofs, close the window behind it; False when another came first."""
        if device.token_sealed is None:
            release.issue_proofs(self.engine, self.sealer, device.id)
        if device.window_address:
            return True
        release.bind(self.engine, device.id, request.address, now, self.window_again_s)
        return not release.is_window_taken(self.engine, device.id, request.address)

    def _own_file(
        self,
        connection: Connection,
        device: KnownDevice | None,
        request: PhoneRequest,
        trail: Trail,
    ) -> ConfigFile:
        """Return what a proven device asks for, by its own family's names."""
        assert device is not None  # noqa: S101 - access refused None; for the type checker
        known = self.families.known(device.family, device.model)
        if known is None:
            raise Refused("model not known yet")
        family, model = known
        if trail.firmware:  # what the phone says now is newer than what we know
            device = replace(device, last_firmware=trail.firmware)
        found = family.file_for(request.path, request.is_upload)
        is_whole = family.address_only or request.query_mac == device.mac
        if found is None and is_whole and not request.is_upload:
            found = family.device_file(device.mac, device.model)[0], {}
        if found is None or found[0].kind == "absent":
            if image := self._image(connection, device, family, request):
                return image
            raise Refused(
                "optional file, not offered" if found else "not a file of this device's family"
            )
        spec, told = found
        if plain_mac(told.get("mac")) not in {None, device.mac}:
            raise Refused("file of another device")
        if spec.kind == "upload":
            return self._upload(connection, device, request)
        if spec.kind == "phonebook":
            return self._phonebook(connection, device, family, spec, request)
        if spec.kind == "common":
            asked = Asked(family, spec, None, None)
            return self._shared_file(connection, asked, request, idle="", model=model.name)
        is_encrypted = request.door == "token" and request.path.startswith(f"{ENCRYPTED}/")
        tag = self._tag(family, spec, device) + ("e" if is_encrypted else "")
        trail.tag, trail.is_own_file = tag, True
        if request.known_tag == tag and spec.is_conditional:
            return ConfigFile(None, spec.content_type, tag, has_secret=True)
        context = context_of(device, family, model, self.sealer, self.base_url)
        try:
            content = self.renderer.render(family, spec, context)
        except CannotRender as error:
            raise Refused(f"cannot be made: {error}"[:200]) from error
        if is_encrypted:
            return self._encrypted(family, spec, device, context.settings, content, tag)
        return ConfigFile(content, spec.content_type, tag, has_secret=True)

    def _image(
        self, connection: Connection, device: KnownDevice, family: Family, request: PhoneRequest
    ) -> ConfigFile | None:
        """Return the firmware image that a proven device asks for, if it is for its model."""
        if request.is_upload:
            return None
        images = device.images
        if images is None:
            images = lookup.images_of(connection, family.key)
        only_offered = family.firmware == "folder"
        image = firmware.served(images, request.filename, device.model, device.offer, only_offered)
        return self._sent(image) if image else None

    def _image_over_site(self, connection: Connection, request: PhoneRequest) -> ConfigFile | None:
        """Return a firmware image to a phone that only knows the site address.

        Its User-Agent says which model it is, if it says anything. Phones that make up the name
        themselves get nothing here: what is pinned for them is known of their own address only.
        """
        if request.is_upload:
            return None
        seen = self.families.seen(request.user_agent)
        for key, image in sorted(
            lookup.images_named(connection, request.filename),
            key=lambda pair: firmware.numbers(pair[1].version),
            reverse=True,
        ):
            family = self.families.get(key)
            if family is None or family.firmware != "file":
                continue
            if seen is None or (seen.family == key and seen.model in {"", *image.models}):
                return self._sent(image)
        return None

    def _sent(self, image: KnownFirmware) -> ConfigFile:
        path = self.firmware_folder / image.sha256
        if not path.is_file():
            raise Refused("the firmware image is not on the disk any more")
        return ConfigFile(b"", "application/octet-stream", image.sha256[:32], False, path=path)

    def _encrypted(
        self,
        family: Family,
        spec: FileSpec,
        device: KnownDevice,
        settings: Mapping[str, Any],
        content: bytes,
        tag: str,
    ) -> ConfigFile:
        """Encrypt a file for a phone that knows its key, also the one that switches it off."""
        cipher = family.cipher_for(settings["provisioning.encryption"]) or family.cipher_for("file")
        if not cipher or device.file_key_sealed is None:
            raise Refused("this family has no encrypted files")
        body = CIPHERS[cipher](self.sealer.open(device.file_key_sealed), content)
        encoding = CONTENT_ENCODINGS.get(cipher, "")
        return ConfigFile(body, spec.content_type, tag, True, encoding)

    def _shared_file(
        self,
        connection: Connection,
        asked: Asked,
        request: PhoneRequest,
        idle: str,
        model: str = "",
    ) -> ConfigFile:
        """Return a file that holds nothing of one device: a common file, or the harmless one."""
        site = lookup.site_settings(connection)
        family = asked.family
        chosen = family.models[model or widest_model(family, asked.seen)]
        url = f"{self.base_url}/p/s/{request.token}/" if request.door == "site" else self.base_url
        context = shared_context(chosen, site, url, idle)
        content = self.renderer.render(family, asked.spec, context)
        tag = hashlib.sha256(content).hexdigest()[:32]
        known = request.known_tag == tag and asked.spec.is_conditional
        return ConfigFile(None if known else content, asked.spec.content_type, tag, False)

    def _phonebook(
        self,
        connection: Connection,
        device: KnownDevice,
        family: Family,
        spec: FileSpec,
        request: PhoneRequest,
    ) -> ConfigFile:
        """Return the phone book of the device's customer, as the family writes it."""
        contacts = lookup.contacts_of(connection, device.customer_id)
        if spec.is_seed and not contacts:
            raise Refused("the phone book is empty")
        inputs = f"{contacts!r}\n{spec.name}\n{self.renderer.fingerprint(family)}"
        tag = hashlib.sha256(inputs.encode()).hexdigest()[:32]
        if request.known_tag == tag and spec.is_conditional:
            return ConfigFile(None, spec.content_type, tag, has_secret=True)
        context = phonebook_context(family.models[device.model], contacts)
        try:
            content = self.renderer.render(family, spec, context)
        except CannotRender as error:
            raise Refused(f"cannot be made: {error}"[:200]) from error
        return ConfigFile(content, spec.content_type, tag, has_secret=True)

    def _upload(
        self, connection: Connection, device: KnownDevice, request: PhoneRequest
    ) -> ConfigFile:
        """Keep what a proven phone sends; give back what it sent before."""
        if not request.is_upload:
            content = lookup.upload_of(connection, device.id, request.filename)
            if content is None:
                raise Refused("nothing was uploaded under this name")
            tag = hashlib.sha256(content).hexdigest()[:32]
            return ConfigFile(content, "application/octet-stream", tag, has_secret=True)
        if request.read_body is None:
            raise Refused("nothing was sent")
        content = request.read_body(self.uploads.max_bytes + 1)
        connection.rollback()
        store(self.engine, device.id, request.filename, content, self.uploads)
        return ConfigFile(b"", "text/plain", "", has_secret=False)

    def _tag(self, family: Family, spec: FileSpec, device: KnownDevice) -> str:
        """Hash what the file is made from, so that 304 costs no rendering."""
        inputs = replace(device, window_until=None, window_address="", bound_at=None)
        text = "\n".join(
            (
                repr(inputs),
                repr(device.offer),
                device.token_sealed or "",
                spec.name,
                self.base_url,
                self.renderer.fingerprint(family),
            )
        )
        return hashlib.sha256(text.encode()).hexdigest()[:32]

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
