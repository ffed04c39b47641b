"""A custom family as it is typed: plain functions."""

from __future__ import annotations

from dataclasses import replace

from portal.custom_families.declared import FamilyText
from portal.custom_families.declared_files import FileText

TEMPLATE = """\
server.url = {{ provisioning.url }}
{% for port in ports %}
user.{{ port.number }} = {{ port.account.user_name if port.account else none }}
password.{{ port.number }} = {{ port.account.password if port.account else none }}
registrar.{{ port.number }} = {{ port.settings["sip.registrar_host"] if port.account else none }}
enabled.{{ port.number }} = {{ port.is_usable }}
{% endfor %}
"""
SHARED = "update = {{ settings['firmware.url'] }}\n"


def file_text(name="acme-{mac}.cfg", **changes) -> FileText:
    return replace(FileText(name, template=TEMPLATE), **changes)


def family_text(**changes) -> FamilyText:
    text = FamilyText(
        label="Acme Desk series",
        vendor="Acme",
        models="Desk-3; 2; 8\nDesk-5; 4; 16",
        ouis="02:AA:CC",
        user_agents=r"^Acme (?P<model>\S+) (?P<firmware>[\d.]+) (?P<mac>[0-9a-f]{12})$",
        clear="~",
        true_word="on",
        false_word="off",
        files=(file_text(),),
    )
    return replace(text, **changes)


def posted(text: FamilyText, **more) -> dict[str, str]:
    """Return `text` as a browser sends it."""
    form = {name: getattr(text, name) for name in text.__dataclass_fields__ if name != "files"}
    for place, file in enumerate(text.files):
        form |= {f"files-{place}-{n}": getattr(file, n) for n in file.__dataclass_fields__}
    return {**form, **more}
