"""What a config template sees; vendors/README.md lists the words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from portal.settings.line_keys import LineKey
from portal.settings.zones import Zone, zone
from portal.vendors.encryption import initial_vector
from portal.vendors.schema import Model


@dataclass(frozen=True)
class AccountView:
    """A SIP account on a port; `auth_name` is never empty."""

    user_name: str
    auth_name: str
    password: str
    display_name: str


@dataclass(frozen=True)
class PortView:
    """A port, from 1 to the model's last; `account` None: free, to be switched off."""

    number: int
    account: AccountView | None = None
    label: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What the phone's screen shows for this port."""
        if self.account is None:
            return self.label
        return self.label or self.account.display_name or self.account.user_name

    @property
    def domain(self) -> str | None:
        """Domain of SIP addresses: the SIP domain, else the server."""
        domain: str | None = self.settings["sip.domain"] or self.settings["sip.registrar_host"]
        return domain

    @property
    def is_usable(self) -> bool:
        """Can it register: an account, and a server to register with?"""
        return self.account is not None and bool(self.settings["sip.registrar_host"])


@dataclass(frozen=True)
class ProvisioningView:
    """Where the phone fetches next: `url` is a directory that ends with a slash."""

    url: str
    user: str | None = None
    password: str | None = None
    file_key: str | None = None

    @property
    def file_vector(self) -> str | None:
        """Initial vector that goes with `file_key`, for families that are told both."""
        return initial_vector(self.file_key) if self.file_key else None

    @property
    def without_scheme(self) -> str:
        """``host:port/path/`` for families that take the scheme elsewhere."""
        return self.url.partition("://")[2]

    @property
    def scheme(self) -> str:
        return urlsplit(self.url).scheme

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int | None:
        """None: the scheme's usual one."""
        return urlsplit(self.url).port

    @property
    def path(self) -> str:
        """``p/t/token``, without slashes around."""
        return urlsplit(self.url).path.strip("/")


@dataclass(frozen=True)
class ContactView:
    """An entry of the customer's phone book; a number that it lacks is empty."""

    name: str
    office: str = ""
    mobile: str = ""
    other: str = ""

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Its numbers with their kind: office, mobile, other."""
        kinds = {"office": self.office, "mobile": self.mobile, "other": self.other}
        return [(kind, number) for kind, number in kinds.items() if number]

    @property
    def entries(self) -> list[tuple[str, str]]:
        """Name and number, for phones that know one number an entry: “Anna”, “Anna (mobile)”."""
        return [
            (self.name if place == 0 else f"{self.name} ({kind})", number)
            for place, (kind, number) in enumerate(self.numbers)
        ]


@dataclass(frozen=True)
class ConfigContext:
    """All that one file is made from. `settings` are the device's; each port has its own.

    `contacts` are filled for a phone book file only, in alphabetical order.
    """

    mac: str
    model: Model
    settings: Mapping[str, Any]
    ports: Sequence[PortView]
    line_keys: Sequence[LineKey]
    provisioning: ProvisioningView
    parameters: Mapping[str, str] = field(default_factory=dict)
    contacts: Sequence[ContactView] = ()
    has_phonebook: bool = False

    @property
    def zone(self) -> Zone:
        return zone(self.settings["time.zone"] or "UTC")

    def words(self) -> dict[str, Any]:
        """Return the names that a template may use."""
        return {
            "mac": self.mac,
            "MAC": self.mac.upper(),
            "model": self.model,
            "settings": self.settings,
            "ports": self.ports,
            "line_keys": self.line_keys,
            "provisioning": self.provisioning,
            "contacts": self.contacts,
            "has_phonebook": self.has_phonebook,
            "zone": self.zone,
        }


def masked(context: ConfigContext) -> ConfigContext:
    """Return `context` with every secret replaced by dots, for people's eyes."""
    from dataclasses import replace

    way = context.provisioning
    head, sign, rest = way.url.rstrip("/").partition("/p/t/")
    own = f"{sign}{rest.partition('/')[0]}/"  # in other addresses below it, too

    def hide(settings: Mapping[str, Any]) -> dict[str, Any]:
        return {k: MASK if _is_secret(k) and v else shown(v) for k, v in settings.items()}

    def shown(value: Any) -> Any:
        return value.replace(own, f"{sign}{MASK}/") if sign and isinstance(value, str) else value

    ports = [
        replace(
            port,
            settings=hide(port.settings),
            account=port.account and replace(port.account, password=MASK),
        )
        for port in context.ports
    ]
    return replace(
        context,
        settings=hide(context.settings),
        ports=ports,
        provisioning=ProvisioningView(
            f"{head}{sign}{MASK}/" if sign else way.url,
            way.user,
            way.password and MASK,
            way.file_key and MASK,
        ),
    )


MASK = "••••••"


def _is_secret(key: str) -> bool:
    from portal.settings.catalogue import CATALOGUE

    return key in CATALOGUE and CATALOGUE[key].is_secret
