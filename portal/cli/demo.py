"""``portal demo``: a small believable data set that makes every page worth looking at."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal.cli import main
from portal.cli.run import Answer, Work, command
from portal.customers import service as customers
from portal.devices import port_service, setup_service
from portal.devices import service as devices
from portal.errors import RuleBroken
from portal.models import AuditEntry, CheckIn, Customer, Device, Profile, SipAccount, UnknownPhone
from portal.profiles import service as profiles
from portal.provision import check_ins
from portal.sip_accounts import service as accounts

# Names of nobody; networks of RFC 5737; example domains of RFC 2606.
OFFICES = [
    ("Alder & Co.", ["192.0.2.0/24"], "Retail", "Lobby,Anna Alder,Ben Fox,Meeting room,Workshop"),
    ("Birch Dental", ["198.51.100.0/25"], "Practices", "Reception,Dr. Ødegård,Treatment 2"),
    ("Cedar Logistics", [], "Warehouses", "Gate,Dispatch,Cold store,Forklift 4,Office,Night shift"),
]
# What became of some phones, by account.
LATE, REFUSED, LOCKED, BEHIND = {"302"}, {"203"}, {"306"}, {"103", "301"}
FIRMWARE = {
    "yealink": ("108.86.0.90", "108.87.0.15"),
    "grandstream": ("1.0.13.4", "1.0.13.11"),
    "snom": ("10.1.169.15", "10.1.184.15"),
}
MODELS = ["T46U", "T31G", "GRP2614", "D785", "T54W", "GXP2135"]
OUIS = {"T": "805ec0", "G": "c074ad", "D": "000413"}


def demo(work: Work) -> Answer:
    """Fill an empty portal with three customers, their phones, some in trouble, and check-ins."""
    session = work.session
    if session.scalar(select(func.count()).select_from(Device)):
        raise RuleBroken("There are devices already; the demo goes only into an empty portal")
    before = session.scalar(select(func.max(AuditEntry.id))) or 0
    made = _profiles(work)
    count = 0
    for number, (name, networks, profile, places) in enumerate(OFFICES, 1):
        owner = customers.create_customer(
            session, work.actor, work.sealer, name, networks, default_profile=made[profile]
        )
        for place, text in enumerate(places.split(","), 1):
            _phone(work, owner, number * 100 + place, text, MODELS[count % len(MODELS)])
            count += 1
    for spare in range(4):
        facts = devices.DeviceFacts(model="T42S", serial=f"SPARE{spare:04}")
        mac = f"805ec0f0{spare:02x}10"
        devices.create_device(session, work.actor, work.config, work.now, mac, facts)
    _strangers(work)
    _entries(work, before)
    return Answer(
        f"Made {len(OFFICES)} customers and {count + 4} devices.",
        {"customers": len(OFFICES), "devices": count + 4},
    )


def _profiles(work: Work) -> dict[str, Profile]:
    def add(name: str, parent: Profile | None, text: str, **settings: object) -> Profile:
        keys = {key.replace("__", "."): value for key, value in settings.items()}
        return profiles.create_profile(
            work.session,
            work.actor,
            work.sealer,
            work.now - timedelta(days=2),  # before the phones called
            name,
            parent=parent,
            description=text,
            settings=keys,
        )

    base = add(
        "Base",
        None,
        "What every phone of ours has.",
        sip__registrar_host="sip.example.net",
        sip__transport="tls",
        time__zone="Europe/Berlin",
        ui__language="de",
        calls__voicemail_number="*97",
    )
    retail = add("Retail", base, "Shops and offices.", media__codecs="g722 pcma pcmu")
    practices = add("Practices", base, "Medical practices.", calls__call_waiting="no")
    warehouses = add("Warehouses", base, "Loud places.", sip__register_expires_s="600")
    draft = {**retail.versions[-1].settings, "sip.registrar_host": "sip2.example.net"}
    profiles.save_draft(work.session, work.actor, work.sealer, retail, draft, note="New SIP server")
    return {"Retail": retail, "Practices": practices, "Warehouses": warehouses}


def _phone(work: Work, owner: Customer, number: int, place: str, model: str) -> None:
    session = work.session
    facts = devices.DeviceFacts(
        model=model,
        serial=f"SN{number:06}",
        inventory_id=f"CPE-{number}",
        description=place,
        customer=owner,
    )
    mac = f"{OUIS[model[0]]}{number * 7919 % 0xFFFFFF:06x}"
    device = devices.create_device(session, work.actor, work.config, work.now, mac, facts)
    account = accounts.create_account(
        session, work.actor, work.sealer, str(number), display_name=place, customer=owner
    )
    port_service.assign_port(session, work.actor, work.config, work.now, device, 1, account)
    if number % 100 == 1:
        # The first phone of each office rings for all of them; another number waits for a phone.
        queue, _ = (
            accounts.create_account(
                session,
                work.actor,
                work.sealer,
                f"{number + more}",
                display_name=name,
                customer=owner,
            )
            for more, name in ((89, "Everybody"), (98, "Spare"))
        )
        port_service.assign_port(session, work.actor, work.config, work.now, device, 2, queue)
    if number % 5 != 4:
        setup_service.ensure_proofs(device, work.sealer)
        session.flush()
        _history(session, work, device, account)
        _trouble(session, work, device, account.user_name)


def _history(session: Session, work: Work, device: Device, account: SipAccount) -> None:
    """Check-ins of the last days, the last one a few hours ago unless the phone is late."""
    filename = {"yealink": f"{device.mac}.cfg", "grandstream": f"cfg{device.mac}.xml"}.get(
        device.family, f"snom{device.model}-{device.mac.upper()}.htm"
    )
    hours_ago = (98, 74, 50) if account.user_name in LATE else (50, 26, 2)
    times = [work.now - timedelta(hours=ago, minutes=account.id * 7) for ago in hours_ago]
    told = [(at, 200 if day != 1 else 304, "") for day, at in enumerate(times)]
    check_ins.count(session.connection(), told)
    session.execute(
        insert(CheckIn),
        [
            {
                "at": at,
                "device_id": device.id,
                "mac": device.mac,
                "filename": filename,
                "protocol": "https",
                "address": "192.0.2.17",
                "user_agent": f"{device.vendor} {device.model}",
                "proof": "token" if day else "site",
                "status": 200 if day != 1 else 304,
                "reason": "",
                "tag": "",
            }
            for day, at in enumerate(times)
        ],
    )
    device.bound_at = device.changed_at = times[0]
    device.last_seen_at = device.last_fetched_at = times[-1]
    device.late_at = times[-1] + timedelta(days=2)
    device.last_address = "192.0.2.17"
    device.last_firmware = FIRMWARE[device.family][account.id % 3 == 0]


def _trouble(session: Session, work: Work, device: Device, username: str) -> None:
    """Let something be wrong with a few, so that there is something to look for."""
    at = work.now - timedelta(minutes=25)
    if username in BEHIND:
        device.changed_at = at
    if username in LOCKED:
        device.locked_at, device.lock_reason = at, "its proof came from two networks"
    if username in REFUSED:
        device.refused_at, device.refusal = at, "wrong token"
        refused = {"status": 404, "reason": device.refusal, "tag": "", "proof": ""}
        here = {"mac": device.mac, "protocol": "https", "address": "198.51.100.40"}
        told = {"filename": f"{device.mac}.cfg", "user_agent": f"{device.vendor} {device.model}"}
        session.add(CheckIn(at=at, device_id=device.id, **here, **told, **refused))
        check_ins.count(session.connection(), [(at, 404, device.refusal)])


def _entries(work: Work, before: int) -> None:
    """Let what was entered since be old, and a device’s last entry of when it was changed last."""
    session = work.session
    session.flush()
    entry = update(AuditEntry)
    long_ago = work.now - timedelta(days=5)
    session.execute(entry.where(AuditEntry.id > before).values(at=long_ago))
    for device in session.scalars(select(Device)):
        of_device = (AuditEntry.object_type == "device", AuditEntry.object_id == device.id)
        last = session.scalar(select(func.max(AuditEntry.id)).where(*of_device))
        session.execute(entry.where(AuditEntry.id == last).values(at=device.changed_at))


def _strangers(work: Work) -> None:
    """Two phones that nobody knows; one was given an address with a placeholder for its MAC."""
    at = work.now - timedelta(hours=2)
    same = {"first_at": at, "last_at": work.now - timedelta(minutes=9), "address": "192.0.2.41"}
    told: list[dict[str, object]] = [
        {
            "caller": "805ec0aa0107",
            "mac": "805ec0aa0107",
            "count": 3,
            "user_agent": "Yealink SIP-T46U 108.86.0.90 80:5e:c0:aa:01:07",
            "filename": "805ec0aa0107.cfg",
            "family": "yealink",
            "model": "T46U",
            "placeholder": "",
            "door": "site",
            "reason": "not in the inventory",
        },
        {
            "caller": "demo",
            "mac": None,
            "count": 12,
            "user_agent": "Cisco/SPA504G-7.6.2f",
            "filename": "{mac}.cfg",
            "family": "cisco_spa",
            "model": "SPA504G",
            "placeholder": "{mac}",
            "door": "site",
            "reason": "no family asks for this name",
        },
    ]
    work.session.execute(insert(UnknownPhone), [{**same, **one} for one in told])


command(main, "demo")(demo)
