"""What the trust levels of customers mean, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from portal.provision.levels import LAN, STANDARD, STRICT


@dataclass(frozen=True)
class LevelText:
    """`takes`: what proves who a phone is; `gives_up`: what that costs, empty for nothing."""

    label: str
    takes: str
    gives_up: str


LEVELS = {
    STRICT: LevelText(
        "Strict",
        "Only a client certificate of the phone's vendor, or one that is pinned, proves who it is.",
        "",
    ),
    STANDARD: LevelText(
        "Standard",
        "Its own address, its credentials or a certificate prove who a phone is. The first file is "
        "released once, in the set-up window.",
        "",
    ),
    LAN: LevelText(
        "Lan",
        "Inside the customer's allowed networks the MAC alone suffices.",
        "Whoever is in these networks and knows or guesses a MAC, which is printed on the box, "
        "gets that phone's SIP passwords.",
    ),
}
