"""Can time tell a MAC that is in the inventory from one that is not? 1,000 tries of each.

Prints for each door the median of both, their difference, and how far the order of all times is
from chance (Mann and Whitney 1947, normal approximation): beyond 3.3 in either direction, a
difference shows at p < 0.001. Every request is alone: the least noise that an attacker can have.
"""

from __future__ import annotations

import logging
import random
import statistics
import tempfile
import time
from pathlib import Path

from portal import create_app, crypto
from portal.cli import first_run
from portal.config import Config
from portal.devices import previews, setup_service
from portal.extensions import begin_write, db
from tests.factories import assign, make_customer, make_device, make_profile, make_sip_account

TRIES = 1_000
DEVICES = 2_000
WRONG = "Basic " + "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhOmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYg=="


def main() -> None:
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        config = Config.load({}, instance=Path(folder), check_in_flush_s=3600)
        crypto.write_key_file(config.sealing_key_file, crypto.new_sealing_key())
        crypto.write_key_file(config.session_key_file, crypto.new_token().encode())
        app = create_app(config)
        with app.app_context():
            first_run.migrate()
            first_run.first_administrator(app.extensions["sealer"], "root")
            known, unknown, site = _world()
        client = app.test_client()
        doors = {
            "no credentials": ("/p/", {}),
            "wrong credentials": ("/p/", {"Authorization": WRONG}),
            "wrong token": (f"/p/t/{'a' * 32}/", {}),
            "right site address, closed window": (site, {}),
        }
        print(f"{'door':36}{'known':>9}{'unknown':>9}{'differ':>9}{'z':>7}")
        for name, (door, headers) in doors.items():
            times = _measure(client, door, headers, known, unknown)
            medians = [statistics.median(part) / 1000 for part in times]
            print(
                f"{name:36}{medians[0]:7.0f}µs{medians[1]:7.0f}µs"
                f"{medians[0] - medians[1]:+7.1f}µs{_z(*times):+7.1f}"
            )
        with app.app_context():
            db.engine.dispose()


def _world() -> tuple[list[str], list[str], str]:
    """Make devices that were set up; returns their MACs, as many unknown ones, a site address."""
    from flask import current_app

    begin_write()
    session, sealer = db.session(), current_app.extensions["sealer"]
    customer = make_customer(session)
    profile = make_profile(session, sip__registrar_host="sip.example.net", sip__transport="tls")
    macs = [f"805ec0{number:06x}" for number in range(1, DEVICES + 1)]
    for mac in macs:
        device = make_device(session, mac, "T31G", customer, profile)
        setup_service.ensure_proofs(device, sealer)
        device.window_until = None
        assign(session, device, 1, make_sip_account(session, customer=customer))
    session.commit()
    site = previews.addresses(session, device, sealer, "")[0]
    return macs, [f"805ec0{number:06x}" for number in range(900_001, 900_001 + DEVICES)], site


def _measure(
    client: object, door: str, headers: dict[str, str], known: list[str], unknown: list[str]
) -> tuple[list[int], list[int]]:
    times: tuple[list[int], list[int]] = ([], [])
    order = [0, 1] * (TRIES + 50)
    random.shuffle(order)
    for number, kind in enumerate(order):
        mac = random.choice((known, unknown)[kind])
        began = time.perf_counter_ns()
        client.get(f"{door}{mac}.cfg", headers=headers, base_url="https://portal.test")  # type: ignore[attr-defined]
        took = time.perf_counter_ns() - began
        if number >= 100:
            times[kind].append(took)
    return times


def _z(left: list[int], right: list[int]) -> float:
    ranked = sorted([(t, 0) for t in left] + [(t, 1) for t in right])
    ranks = sum(rank for rank, (_, side) in enumerate(ranked, 1) if side == 0)
    n, m = len(left), len(right)
    u = ranks - n * (n + 1) / 2
    return float((u - n * m / 2) / (n * m * (n + m + 1) / 12) ** 0.5)


if __name__ == "__main__":
    main()
