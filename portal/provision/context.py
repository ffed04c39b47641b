"""From what is stored to what a template sees; the pages' previews use it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from portal.crypto import Sealer
from portal.provision.lookup import KnownDevice, KnownPort
from portal.settings import line_keys
from portal.settings.catalogue import CATALOGUE
from portal.settings.resolve import Layer, Resolved, merge, resolve
from portal.vendors.context import (
    AccountView,
    ConfigContext,
    ContactView,
    PortView,
    ProvisioningView,
)
from portal.vendors.schema import Family, Model

ENCRYPTED = "e"  # first folder of an own address whose files are encrypted
NOT_SET_UP = "Not set up yet - call support"


def layers_of(device: KnownDevice) -> list[Layer]:
    """Return all layers of a device, widest first, catalogue defaults included."""
    return [Layer("default", CATALOGUE.defaults()), *device.layers]


def resolved_of(device: KnownDevice, port: KnownPort | None = None) -> dict[str, Resolved]:
    """Return the effective settings with their origins, of the device or of one port."""
    layers = layers_of(device)
    if port is not None:
        layers.append(Layer(f"port {port.number}", port.settings))
    return resolve(layers)


def context_of(
    device: KnownDevice, family: Family, model: Model, sealer: Sealer, base_url: str
) -> ConfigContext:
    """Return the context of a device's own file. Opens the sealed secrets."""
    settings = _opened(merge(layer.settings for layer in layers_of(device)), sealer)
    settings |= _firmware(device, family, sealer, base_url)
    settings |= _phonebook(device, family, sealer, base_url)
    stored = {port.number: port for port in device.ports}
    ports = [
        _port_view(stored.get(number), number, settings, sealer)
        for number in range(1, model.ports + 1)
    ]
    return ConfigContext(
        mac=device.mac,
        model=model,
        settings=settings,
        ports=ports,
        line_keys=line_keys.complete(
            line_keys.merge(device.line_keys),
            model.line_keys,
            model.modules,
            model.module_keys,
            [port.number for port in ports if port.account],
        ),
        provisioning=own_way(device, family, settings, sealer, base_url),
        parameters=device.parameters,
        has_phonebook=device.has_phonebook,
    )


def own_way(
    device: KnownDevice,
    family: Family,
    settings: Mapping[str, Any],
    sealer: Sealer,
    base_url: str,
) -> ProvisioningView:
    """Return where the phone fetches from now on: its own token address.

    With encryption on it ends with ``e/``. Only a phone that has read a file with its key knows
    that address, so what is asked for there is encrypted, and nothing else is.
    """
    url = f"{base_url}/p/t/{_token(device, sealer)}/"
    if family.cipher_for(settings["provisioning.encryption"]) and device.file_key_sealed:
        return ProvisioningView(f"{url}{ENCRYPTED}/", file_key=sealer.open(device.file_key_sealed))
    return ProvisioningView(url)


def _firmware(device: KnownDevice, family: Family, sealer: Sealer, base_url: str) -> dict[str, Any]:
    """Return what a pinned version becomes: the portal's own address for the image offered."""
    offer = device.offer
    if offer is None:
        return {}
    url = f"{base_url}/p/t/{_token(device, sealer)}/"  # an image is never encrypted
    if family.firmware == "file":
        url += quote(offer.filename, safe="()+,=@!~")
    return {"firmware.url": url, "firmware.version": offer.version}


def _phonebook(
    device: KnownDevice, family: Family, sealer: Sealer, base_url: str
) -> dict[str, Any]:
    """Return what the customer's phone book becomes, unless a layer says something of its own."""
    if not device.has_phonebook or any("phonebook.url" in x.settings for x in device.layers):
        return {}
    # A phone book is never encrypted.
    url = family.phonebook_url(f"{base_url}/p/t/{_token(device, sealer)}/")
    return {"phonebook.url": url}


def _token(device: KnownDevice, sealer: Sealer) -> str:
    return sealer.open(device.token_sealed) if device.token_sealed else "-"


def shared_context(model: Model, site: Mapping[str, Any], url: str, idle: str) -> ConfigContext:
    """Return a context that belongs to nobody: no account, no secret, the same for every MAC."""
    shared = {k: v for k, v in site.items() if k not in CATALOGUE or not CATALOGUE[k].is_secret}
    settings = CATALOGUE.defaults() | shared
    if idle:
        settings["ui.idle_text"] = idle
    ports = [PortView(n, settings=settings) for n in range(1, model.ports + 1)]
    keys = line_keys.complete([], model.line_keys, 0, 0, [])
    return ConfigContext("0" * 12, model, settings, ports, keys, ProvisioningView(url))


def phonebook_context(model: Model, contacts: Sequence[ContactView]) -> ConfigContext:
    """Return the context of a phone book file: no account, no address, nothing of the device."""
    context = shared_context(model, {}, "", "")
    return replace(context, contacts=contacts, has_phonebook=bool(contacts))


def _opened(settings: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    """Open the settings that are stored sealed."""
    for key, value in settings.items():
        if isinstance(value, dict):
            settings[key] = sealer.open(value["sealed"])
    return settings


def _port_view(
    port: KnownPort | None, number: int, settings: Mapping[str, Any], sealer: Sealer
) -> PortView:
    if port is None:
        return PortView(number, settings=settings)
    account = None
    if port.user_name is not None and port.is_enabled:
        account = AccountView(
            port.user_name,
            port.auth_name or port.user_name,
            sealer.open(port.password_sealed),
            port.display_name,
        )
    return PortView(number, account, port.label, {**settings, **port.settings})
