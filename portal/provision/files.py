"""What a phone may have is made here: its own file, a shared one, an image, a phone book."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from portal.crypto import Sealer
from portal.errors import CannotRender, Refused
from portal.provision import firmware, lookup, stored
from portal.provision.asked import ConfigFile, PhoneRequest, Trail
from portal.provision.claims import Claim
from portal.provision.context import (
    ENCRYPTED,
    NOT_SET_UP,
    context_of,
    layers_of,
    phonebook_context,
    shared_context,
)
from portal.provision.firmware import KnownFirmware
from portal.provision.identify import Asked, plain_mac, widest_model
from portal.provision.lookup import KnownDevice
from portal.provision.uploads import UploadLimits, store
from portal.settings.resolve import merge
from portal.vendors.encryption import CIPHERS, CONTENT_ENCODINGS
from portal.vendors.render import Renderer
from portal.vendors.schema import Families, Family, FileSpec, Model


class Files:
    """Makes files for phones whose right to them was checked before."""

    def __init__(
        self,
        engine: Engine,
        families: Families,
        renderer: Renderer,
        sealer: Sealer,
        base_url: str,
        uploads: UploadLimits,
        firmware_folder: Path,
    ) -> None:
        self.engine = engine
        self.families = families
        self.renderer = renderer
        self.sealer = sealer
        self.base_url = base_url
        self.uploads = uploads
        self.firmware_folder = firmware_folder

    def own(
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
            return self.shared(connection, asked, request, model.name)
        device = stored.with_images(connection, device)
        is_encrypted = self._is_encrypted(request)
        tag = self.tag(family, spec, device) + ("e" if is_encrypted else "")
        trail.tag, trail.is_own_file = tag, True
        trail.interval_s = device.interval_s
        if request.known_tag == tag and spec.is_conditional:
            return ConfigFile(None, spec.content_type, tag, has_secret=True)
        context = context_of(device, family, model, self.sealer, self.base_url)
        try:
            content = self.renderer.render(family, spec, context)
        except CannotRender as error:
            raise Refused(f"cannot be made: {error}"[:200]) from error
        trail.file, trail.inputs = spec.name, device
        if is_encrypted:
            return self._encrypted(family, spec, device, context.settings, content, tag)
        return ConfigFile(content, spec.content_type, tag, has_secret=True)

    def shared(
        self,
        connection: Connection,
        asked: Asked,
        request: PhoneRequest,
        model: str = "",
        is_for_nobody: bool = False,
    ) -> ConfigFile:
        """Return a file that holds nothing of one device: a common file, or the harmless one."""
        url = f"{self.base_url}/p/s/{request.token}/" if request.door == "site" else self.base_url
        chosen = asked.family.models[model or widest_model(asked.family, asked.seen)]
        idle = NOT_SET_UP if is_for_nobody else ""
        return self._of_nobody(connection, asked.family, asked.spec, chosen, url, idle, request)

    def harmless(
        self,
        connection: Connection,
        claim: Claim,
        request: PhoneRequest,
        is_wiping: bool,
        now: datetime,
    ) -> ConfigFile:
        """Return a file without account to a phone whose proof does not suffice any more.

        A locked phone is sent back to the site address, where support can let it in again; one that
        is retired is only wiped.
        """
        known = self.families.known(claim.family, claim.row.model)
        if known is None:
            raise Refused("model not known yet")
        family, model = known
        found = family.file_for(request.path, request.is_upload)
        if found is None and family.address_only and not request.is_upload:
            found = family.device_file(claim.mac, model.name)[0], {}
        if found is None or found[0].kind not in {"device", "common"}:
            raise Refused("optional file, not offered")
        spec, told = found
        if plain_mac(told.get("mac")) not in {None, claim.mac}:
            raise Refused("file of another device")
        url = f"{self.base_url}/p/"
        if not is_wiping:
            sealed = stored.site_token_sealed(connection, claim.customer_id)
            url += f"s/{self.sealer.open(sealed)}/"
        idle = "" if is_wiping else NOT_SET_UP
        file = self._of_nobody(connection, family, spec, model, url, idle, request)
        if file.content is None or not self._is_encrypted(request):
            return file
        device = lookup.complete(connection, claim, now)
        settings = merge(layer.settings for layer in layers_of(device))
        return self._encrypted(family, spec, device, settings, file.content, file.tag + "e")

    def _of_nobody(
        self,
        connection: Connection,
        family: Family,
        spec: FileSpec,
        model: Model,
        url: str,
        idle: str,
        request: PhoneRequest,
    ) -> ConfigFile:
        context = shared_context(model, stored.site_settings(connection), url, idle)
        content = self.renderer.render(family, spec, context)
        tag = hashlib.sha256(content).hexdigest()[:32]
        known = request.known_tag == tag and spec.is_conditional
        return ConfigFile(None if known else content, spec.content_type, tag, False)

    @staticmethod
    def _is_encrypted(request: PhoneRequest) -> bool:
        return request.door == "token" and request.path.startswith(f"{ENCRYPTED}/")

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

    def _phonebook(
        self,
        connection: Connection,
        device: KnownDevice,
        family: Family,
        spec: FileSpec,
        request: PhoneRequest,
    ) -> ConfigFile:
        """Return the phone book of the device's customer, as the family writes it."""
        contacts = stored.contacts_of(connection, device.customer_id)
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
            content = stored.upload_of(connection, device.id, request.filename)
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

    def _image(
        self, connection: Connection, device: KnownDevice, family: Family, request: PhoneRequest
    ) -> ConfigFile | None:
        """Return the firmware image that a proven device asks for, if it is for its model."""
        if request.is_upload:
            return None
        images = stored.images_of(connection, family.key)
        offer = replace(device, images=images).offer
        only_offered = family.firmware == "folder"
        image = firmware.served(images, request.filename, device.model, offer, only_offered)
        return self._sent(image) if image else None

    def image_over_site(self, connection: Connection, request: PhoneRequest) -> ConfigFile | None:
        """Return a firmware image to a phone that only knows the site address.

        Its User-Agent says which model it is, if it says anything. Phones that make up the name
        themselves get nothing here: what is pinned for them is known of their own address only.
        """
        if request.is_upload:
            return None
        seen = self.families.seen(request.user_agent)
        for key, image in sorted(
            stored.images_named(connection, request.filename),
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

    def tag(self, family: Family, spec: FileSpec, device: KnownDevice) -> str:
        """Hash what the file is made from, so that 304 costs no rendering."""
        text = "\n".join(
            (
                repr(device),
                repr(device.offer),
                device.token_sealed or "",
                spec.name,
                self.base_url,
                self.renderer.fingerprint(family),
            )
        )
        return hashlib.sha256(text.encode()).hexdigest()[:32]
