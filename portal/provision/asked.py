"""What a phone asks for and what it is answered, free of HTTP. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.provision.lookup import KnownDevice


@dataclass(frozen=True)
class Credentials:
    """An Authorization header: `scheme` in lower case; Basic fills `password`, Digest `fields`."""

    scheme: str
    user: str = ""
    password: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Presented:
    """A client certificate and what came with it, DER; nothing is checked yet."""

    leaf: bytes
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class PhoneRequest:
    """One request. `door` is ``open`` (/p/), ``token`` (/p/t/) or ``site`` (/p/s/).

    `path` is what follows the door, without empty parts; `query_mac` a MAC given as ``?mac=``.
    """

    door: str
    path: str
    query_mac: str = ""
    user_agent: str = ""
    address: str = ""
    token: str = ""
    method: str = "GET"
    uri: str = ""
    is_secure: bool = True
    credentials: Credentials | None = None
    certificate: Presented | None = None
    known_tag: str = ""
    # Reads at most that many bytes of what is sent; called only once the sender is proven.
    read_body: Callable[[int], bytes] | None = field(default=None, repr=False)

    @property
    def filename(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_upload(self) -> bool:
        return self.method in {"PUT", "POST"}


@dataclass(frozen=True)
class ConfigFile:
    """What a phone gets. `tag` is the ETag; `content` None: it has the file already (304).

    `path`: a file that is sent as it lies there, in parts if asked so.
    """

    content: bytes | None
    content_type: str
    tag: str
    has_secret: bool
    content_encoding: str = ""
    path: Path | None = None


@dataclass
class Trail:
    """What is noted of a request while it is answered, for the check-in.

    `inputs` are what the device's own `file` (the family's name for it) was made from.
    """

    mac: str | None = None
    device_id: int | None = None
    customer_id: int | None = None
    proof: str = ""
    reason: str = ""
    certificate: str = ""  # why the one that was shown proves nothing
    tag: str = ""
    family: str = ""
    model: str = ""
    firmware: str = ""
    is_own_file: bool = False
    interval_s: int = 0  # until the phone fetches again, as its file says
    file: str = ""
    inputs: KnownDevice | None = field(default=None, repr=False)
