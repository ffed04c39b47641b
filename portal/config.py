"""How the portal itself runs: frozen, from `instance/config.toml` and the environment.

Each field is a key of config.toml and, in capitals with `PORTAL_` before it, an environment
variable; the environment wins. README.md lists them all, and a test compares.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_LOCAL = ("localhost", "127.0.0.1", "::1")
# A phone that was reset is known by where it proved itself lately: provision/access.py, WAS_HERE.
_LEAST_KEPT_S = 30 * 24 * 3600
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
ROOT = Path(__file__).resolve().parent.parent


# Fields that take one of a few words.
_WORDS = {
    "serve": ("all", "admin", "phones"),
    "tls": ("on", "off"),
    "second_factor": ("", "admins", "all", "off"),
    "tls_min": ("1.0", "1.2", "1.3"),
}


def _option(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"help": meaning})


@dataclass(frozen=True)
class Config:
    """See `help` of each field; durations end in _s, sizes in _bytes."""

    instance: Path = _option(ROOT / "instance", "folder of this installation's own files")
    bind: str = _option("127.0.0.1:8443", "address and port to listen on, or unix:PATH")
    serve: str = _option("all", "all, admin (pages only) or phones (their files only)")
    public_url: str = _option(
        "", "address that phones reach the portal at; empty: https://localhost and the port of bind"
    )
    admin_url: str = _option(
        "", "address that administrators reach the pages at, when it is another than public_url"
    )
    proxies: str = _option(
        "", "addresses or networks of proxies to believe, or unix for those at a socket"
    )
    tls: str = _option("on", "on, or off where a proxy on this machine ends TLS")
    database_url: str = _option("", "SQLAlchemy address; empty: portal.sqlite3 in the instance")
    workers: int = _option(2, "processes that answer requests")
    threads: int = _option(8, "requests that one process answers at a time")
    tls_cert: Path | None = _option(None, "certificate chain, PEM; empty: tls/cert.pem")
    tls_key: Path | None = _option(None, "private key, PEM; empty: tls/key.pem")
    session_idle_s: int = _option(30 * 60, "seconds without a request until sign-in is asked again")
    session_lifetime_s: int = _option(12 * 3600, "seconds until sign-in is asked again in any case")
    second_factor: str = _option(
        "",
        "whom a second factor is asked of: admins, all, off; empty: admins, but off for a trial "
        "that is bound to and named localhost",
    )
    oidc_issuer: str = _option("", "address of the OpenID provider; empty: no single sign-on")
    oidc_client_id: str = _option("", "what the provider calls this portal")
    oidc_client_secret_file: Path | None = _option(None, "file with the provider's secret for us")
    oidc_name: str = _option("Single sign-on", "what the sign-in page calls the provider")
    oidc_user_claim: str = _option("preferred_username", "claim that holds the user's name")
    oidc_groups_claim: str = _option("groups", "claim that lists the user's groups")
    oidc_roles: str = _option(
        "", "which group has which role: group=role; …; empty: users are made and given roles here"
    )
    upload_max_bytes: int = _option(20 * 1024 * 1024, "largest list that can be uploaded, in bytes")
    firmware_max_bytes: int = _option(
        300 * 1024 * 1024, "largest firmware image that can be uploaded, in bytes"
    )
    phone_upload_max_bytes: int = _option(1024 * 1024, "largest file a phone may send, in bytes")
    phone_upload_max_count: int = _option(20, "files that are kept of what one phone sent")
    import_at_once_rows: int = _option(
        2000, "rows that an import stores while the person waits; more are stored as a job"
    )
    rows_per_page: int = _option(50, "rows of a list on one page")
    window_networks_s: int = _option(
        7 * 24 * 3600, "seconds a set-up window is open for a customer with allowed networks"
    )
    window_s: int = _option(24 * 3600, "seconds a set-up window is open for other devices")
    window_support_s: int = _option(3600, "seconds a set-up window is open when support opens it")
    window_again_s: int = _option(
        30 * 60, "seconds the window stays open for the same address after the first release"
    )
    nonce_s: int = _option(120, "seconds a Digest nonce is accepted")
    check_in_flush_s: int = _option(5, "most seconds until a check-in is in the database")
    check_in_flush_count: int = _option(200, "check-ins that are written at once at the latest")
    check_in_keep_s: int = _option(
        180 * 24 * 3600,
        "seconds that check-ins are kept, 30 days at least; 0: for ever",
    )
    families_refresh_s: int = _option(
        3, "seconds until a custom family that another process changed is in force"
    )
    certificates_refresh_s: int = _option(
        3, "seconds until all processes know a certificate that was loaded or removed"
    )
    ask_certificates: bool = _option(False, "ask who connects for a client certificate")
    tls_min: str = _option("1.2", "oldest TLS that is spoken: 1.0, 1.2 or 1.3")
    log_level: str = _option("INFO", "DEBUG, INFO, WARNING or ERROR")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Config:
        """Read defaults < config.toml < environment < `given`.

        Raises ValueError on an unknown key or a value of the wrong type, and names it.
        """
        environ = os.environ if environ is None else environ
        known = {f.name: f for f in fields(cls)}
        values: dict[str, Any] = {}
        instance = given.get("instance") or environ.get("PORTAL_INSTANCE") or _default(known)
        values["instance"] = Path(instance).resolve()
        file = values["instance"] / "config.toml"
        if file.is_file():
            for name, value in tomllib.loads(file.read_text()).items():
                if name not in known or name == "instance":
                    raise ValueError(f"{file.name}: there is no setting “{name}”")
                values[name] = _converted(known[name], value, file.name)
        for name, spec in known.items():
            variable = f"PORTAL_{name.upper()}"
            if name != "instance" and environ.get(variable):
                values[name] = _converted(spec, environ[variable], variable)
        values.update({name: value for name, value in given.items() if name != "instance"})
        return cls(**values)

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise ValueError(
                    f"PORTAL_{name.upper()} is one of {', '.join(filter(None, words))}, "
                    f"not “{getattr(self, name)}”"
                )
        if self.check_in_keep_s and self.check_in_keep_s < _LEAST_KEPT_S:
            raise ValueError(
                f"PORTAL_CHECK_IN_KEEP_S is 0 or at least {_LEAST_KEPT_S} (30 days), not "
                f"{self.check_in_keep_s}: a phone that was reset is known by where it proved "
                "itself in that time"
            )

    @property
    def base_url(self) -> str:
        """Address that phones and installers use, without a slash at its end."""
        return (self.public_url or f"https://localhost:{self.bind.rpartition(':')[2]}").rstrip("/")

    @property
    def phones_name(self) -> str:
        """Host name of the phones' address, in lower case."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def admin_name(self) -> str:
        """Host name of the administrators' address; the phones' when there is only one."""
        return (urlsplit(self.admin_url).hostname or "") if self.admin_url else self.phones_name

    @property
    def has_two_names(self) -> bool:
        """Does one app serve both, each under a name of its own?"""
        return self.serve == "all" and self.admin_name != self.phones_name

    @property
    def pages_url(self) -> str:
        """Address that people use: passkeys and single sign-on are bound to it."""
        return (self.admin_url or self.base_url).rstrip("/")

    @property
    def is_local_trial(self) -> bool:
        """Can only this machine reach the portal, and does it go by no other name?"""
        bound = self.bind.rpartition(":")[0].strip("[]")
        names = {urlsplit(url).hostname for url in (self.base_url, self.pages_url)}
        return bound in _LOCAL and names <= set(_LOCAL)

    @property
    def second_factor_rule(self) -> str:
        """Return whom a second factor is asked of: `admins`, `all` or `off`."""
        return self.second_factor or ("off" if self.is_local_trial else "admins")

    def asks_second_factor(self, role: str) -> bool:
        """Must users of `role` have a second factor?"""
        rule = self.second_factor_rule
        return rule == "all" or (rule == "admins" and role == "admin")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.instance / 'portal.sqlite3'}"

    @property
    def cert_file(self) -> Path:
        return self.tls_cert or self.instance / "tls" / "cert.pem"

    @property
    def key_file(self) -> Path:
        return self.tls_key or self.instance / "tls" / "key.pem"

    @property
    def sealing_key_file(self) -> Path:
        return self.instance / "keys" / "sealing.key"

    @property
    def jobs_file(self) -> Path:
        return self.instance / "jobs.sqlite3"

    @property
    def jobs_lock_file(self) -> Path:
        return self.instance / "jobs.lock"

    @property
    def firmware_folder(self) -> Path:
        return self.instance / "firmware"

    @property
    def session_key_file(self) -> Path:
        return self.instance / "keys" / "session.key"


def _default(known: Mapping[str, Field[Any]]) -> Path:
    default = known["instance"].default
    assert default is not MISSING  # noqa: S101 - for the type checker
    return Path(default)


def _converted(spec: Field[Any], value: Any, where: str) -> Any:
    """Return `value` in the type of the field; raises ValueError that says where it stands."""
    if spec.type == "int":
        try:
            return int(value)
        except (TypeError, ValueError):
            raise ValueError(f"{where}: “{spec.name}” is a whole number, not “{value}”") from None
    if spec.type == "bool":
        said = str(value).strip().lower()
        if said not in _BOOLEANS:
            raise ValueError(f"{where}: “{spec.name}” is true or false, not “{value}”")
        return _BOOLEANS[said]
    return Path(value) if "Path" in str(spec.type) else str(value)
