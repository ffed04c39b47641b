"""Devices and their ports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Computed, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import Base
from portal.models.base import UtcDateTime, utc_now
from portal.models.sealed import SealedDict

if TYPE_CHECKING:
    from portal.models.customer import Customer
    from portal.models.profile import Profile
    from portal.models.sip_account import SipAccount


# Does it say anything of its own? As text, since the conditions of an index are matched as such.
DEVICE_SAYS = (
    "(CAST(settings AS TEXT) != '{}' OR CAST(parameters AS TEXT) != '{}'"
    " OR CAST(line_keys AS TEXT) != '[]')"
)
PORT_SAYS = "CAST(settings AS TEXT) != '{}'"


class Device(Base):
    """One physical phone, ATA or base station.

    `family` is empty while no family knows the model. `settings`, `parameters` and `line_keys` are
    this device's overrides. The phone's own token and Digest account are made at its first release.
    """

    __tablename__ = "devices"
    # The second and third hold all that a status, and the numbers of a profile, are made of, the
    # fourth all that a search looks at: none reads the rows, which are ten times as long. They
    # begin with what other tables are joined by.
    __table_args__ = (
        Index("ix_devices_vendor_model", "vendor", "model"),
        Index("ix_devices_firmware", "vendor", "model", "last_firmware"),
        Index(
            "ix_devices_status", "profile_id", "customer_id", "state", "last_seen_at",
            "last_fetched_at", "changed_at", "late_at", "refused_at", "window_until", "family",
            "model", "vendor", "locked_at", "reset_at",
        ),
        Index(
            "ix_devices_profile", "profile_id", "vendor", "family", "model", "state", "customer_id"
        ),
        Index(
            "ix_devices_search", "mac", "serial", "inventory_id", "description", "model",
            "customer_id", "profile_id", "state", "family",
        ),
        Index("ix_devices_window", "window_until", "window_address"),
        Index(
            "ix_devices_says", "profile_id", sqlite_where=text(DEVICE_SAYS),
            postgresql_where=text(DEVICE_SAYS),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    mac: Mapped[str] = mapped_column(String(12), unique=True)
    # Its last four digits, by which people find it; the database keeps them.
    mac_end: Mapped[str | None] = mapped_column(String(4), Computed("substr(mac, 9)"), index=True)
    vendor: Mapped[str] = mapped_column(String(60), default="")
    family: Mapped[str] = mapped_column(String(40), default="", index=True)
    model: Mapped[str] = mapped_column(String(60), default="", index=True)
    serial: Mapped[str] = mapped_column(String(100), default="", index=True)
    redirect_pin: Mapped[str] = mapped_column(String(100), default="")
    inventory_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="", index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    profile_id: Mapped[int | None] = mapped_column(ForeignKey("profiles.id"))
    state: Mapped[str] = mapped_column(String(20), default="stock", index=True)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    parameters: Mapped[dict[str, str]] = mapped_column(SealedDict, default=dict)
    line_keys: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    # How the phone proves itself; see provision/access.py.
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    token_sealed: Mapped[str | None] = mapped_column(Text)
    digest_user: Mapped[str | None] = mapped_column(String(40), unique=True)
    digest_secret_sealed: Mapped[str | None] = mapped_column(Text)
    # Key of its encrypted files, for families that have them.
    file_key_sealed: Mapped[str | None] = mapped_column(Text)
    bound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    window_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    window_address: Mapped[str] = mapped_column(String(45), default="")
    window_by_person: Mapped[bool] = mapped_column(default=False)  # pressed, not opened by itself
    # The proofs before these; `old_proofs` says what they are still good for.
    old_proofs: Mapped[str] = mapped_column(String(10), default="")
    old_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)
    old_digest_user: Mapped[str | None] = mapped_column(String(40), unique=True, index=True)
    old_digest_secret_sealed: Mapped[str | None] = mapped_column(Text)
    wiped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    lock_reason: Mapped[str] = mapped_column(String(200), default="")
    # It came with the site address alone though it was set up, and waits for a person.
    reset_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    reset_address: Mapped[str] = mapped_column(String(45), default="")

    # What it last did; written by check-ins.
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    last_address: Mapped[str] = mapped_column(String(45), default="")
    last_firmware: Mapped[str] = mapped_column(String(60), default="", index=True)
    last_fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_fetched_tag: Mapped[str] = mapped_column(String(64), default="")
    # Two fetch intervals after its last fetch, by the file that it got.
    late_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When it called and got nothing of its own, and why; empty again once its window is opened.
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refusal: Mapped[str] = mapped_column(String(200), default="")
    last_certificate_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    version: Mapped[int] = mapped_column(default=1)

    customer: Mapped[Customer | None] = relationship()
    profile: Mapped[Profile | None] = relationship()
    ports: Mapped[list[Port]] = relationship(
        back_populates="device", order_by="Port.number", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    def port(self, number: int) -> Port:
        """Return port `number`, made when it had nothing on it so far."""
        for port in self.ports:
            if port.number == number:
                return port
        port = Port(number=number, label="", settings={})
        self.ports.append(port)
        return port

    def __repr__(self) -> str:
        return f"<Device {self.id} {self.mac}>"


class Port(Base):
    """A numbered place on a device, from 1; a row exists once something was put on it."""

    __tablename__ = "ports"
    __table_args__ = (
        UniqueConstraint("device_id", "number"),
        Index("ix_ports_device_id_account_id", "device_id", "account_id"),
        Index(
            "ix_ports_says",
            "device_id",
            sqlite_where=text(PORT_SAYS),
            postgresql_where=text(PORT_SAYS),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    number: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("sip_accounts.id"), index=True)
    label: Mapped[str] = mapped_column(String(100), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    device: Mapped[Device] = relationship(back_populates="ports")
    account: Mapped[SipAccount | None] = relationship(back_populates="ports")

    def __repr__(self) -> str:
        return f"<Port {self.number} of {self.device_id}>"
