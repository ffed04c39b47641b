"""What every family promises, run for each folder below portal/vendors."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from portal.errors import CannotRender
from portal.settings.catalogue import CATALOGUE
from portal.settings.line_keys import LineKey
from portal.values import has_control
from portal.vendors import FAMILIES, samples
from portal.vendors.context import MASK, ConfigContext, ContactView
from portal.vendors.render import Renderer
from portal.vendors.schema import Family, FileSpec
from tests.vendors import golden

RENDERER = Renderer()
families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def device_files(family: Family) -> list[FileSpec]:
    return [spec for spec in family.files if spec.kind == "device"]


def says_none(family: Family) -> bool:
    return any("None" in table.values() for table in family.values.values())


@families
def test_says_where_its_facts_come_from(family):
    assert len(family.source) > 10
    # The catalogue page shows these words first; what follows the semicolon is less sure.
    claim = family.confidence.partition(";")[0]
    assert any(word in claim for word in ("vendor guide", "open source", "from memory"))
    assert family.models


@families
def test_every_file_name_is_recognised_as_the_family_writes_it(family):
    for spec in family.files:
        name = spec.name_for(samples.MAC, next(iter(family.models)))
        name = name.replace("{digits}", "000000000028").replace("{any}", "x")
        is_upload = spec.kind == "upload"
        found = family.file_for(name, is_upload)
        assert found is not None, name
        assert found[0] is spec, f"{name} is hidden by {found[0].name}"
        if "{mac}" in spec.name.lower():
            assert found[1]["mac"].lower() == samples.MAC
        assert family.file_for(name.upper(), is_upload) is not None
        assert family.file_for(name.lower(), is_upload) is not None


@families
def test_renders_for_every_model_with_no_account_and_with_all_ports(family):
    for model in family.models.values():
        for context in (samples.bare(model), samples.full(family, model)):
            for spec in family.files:
                if spec.kind in {"device", "common"}:
                    text = RENDERER.render(family, spec, context).decode(spec.encoding)
                    # A vendor may have the word None for “off”: then a table of values says so.
                    pasted = text.replace(">None<", "><") if says_none(family) else text
                    assert "None" not in pasted, f"{model.name}: an unset value was pasted as text"
                    if text.lstrip().startswith("<"):
                        ElementTree.fromstring(text.encode(spec.encoding))


@families
def test_output_equals_the_golden_files(family):
    all_files = [*golden.files(family), *golden.books(family)]
    made = {path: (spec, context) for path, spec, context in all_files}
    stored = {p for p in (golden.GOLDEN / family.key).rglob("*") if p.is_file()}
    assert stored == set(made), "run make golden and read the difference"
    for path, (spec, context) in made.items():
        assert RENDERER.render(family, spec, context) == path.read_bytes(), path


@families
def test_a_common_file_holds_no_secret(family):
    for model in family.models.values():
        # A shared file may say where it was asked for: the site's address, never a device's own.
        way = samples.bare(model).provisioning
        context = replace(samples.full(family, model), provisioning=way)
        for spec in family.files:
            if spec.kind == "common":
                text = RENDERER.render(family, spec, context).decode(spec.encoding)
                for secret in ("Secret-1", "Digest-1", "phonetoken", "pa55-word"):
                    assert secret not in text, spec.name


@families
def test_a_preview_shows_no_secret(family):
    model = golden.widest(family)
    for spec in device_files(family):
        context = samples.full(family, model)
        real = RENDERER.render(family, spec, context).decode(spec.encoding)
        shown = RENDERER.preview(family, spec, context)
        for secret in ("Secret-1", "Digest-1", "pa55-word", "phonetoken"):
            assert secret not in shown
        assert ("Secret-1" not in real) or MASK in shown


@families
def test_every_setting_reaches_the_file_or_is_declared_as_ignored(family):
    """Each setting of the catalogue, changed alone, changes some file of the family."""
    model = golden.widest(family)
    spec, _ = family.device_file(samples.MAC, model.name)
    base = samples.full(family, model)
    # A port, a proxy or a mark counts only while what it belongs to is set, so take from the full.
    specs = [spec, *(other for other in device_files(family) if other is not spec)]
    plain = [RENDERER.render(family, spec, base) for spec in specs]
    for key in CATALOGUE.keys() - golden.ELSEWHERE:
        setting = CATALOGUE[key]
        other = CATALOGUE.defaults()[key] if setting.default is not None else None
        if other == base.settings[key]:
            other = None
        # Some values mean the same to a phone: a port not set and 5061 with TLS; SIP INFO and RTP
        # events where it has only the latter; two hours and a day where it counts days. Then
        # another value must show.
        others = {"port": [5099], "integer": [setting.max], "choice": list(setting.choices)}
        more = others.get(setting.type, [])
        changed = (
            [RENDERER.render(family, spec, with_setting(base, key, value)) for spec in specs]
            for value in [other, *more]
        )
        if key in family.ignores:
            made = next(changed)
            assert made[0] == plain[0], f"{key} is declared as ignored but changes the file"
        else:
            assert any(made != plain for made in changed), (
                f"{key} changes nothing: write it, or declare it in ignores"
            )


def with_setting(context: ConfigContext, key: str, value: object) -> ConfigContext:
    ports = [replace(p, settings={**p.settings, key: value}) for p in context.ports]
    return replace(context, settings={**context.settings, key: value}, ports=ports)


@families
def test_a_free_port_leaves_no_credentials_behind(family):
    model = golden.widest(family)
    spec, _ = family.device_file(samples.MAC, model.name)
    full = samples.full(family, model)
    freed = replace(full, ports=[replace(p, account=None, label="") for p in full.ports])
    before = RENDERER.parameters(family, spec, full)
    after = RENDERER.parameters(family, spec, freed)
    for name, value in before.items():
        if "Secret-" in value or re.search(r"auth1\d\d", value):
            assert name in after, f"{name} would stay on the phone"
            assert after[name] in {"", family.clear}


HOSTILE = [
    '"', "'", "&", "<x>", "]]>", "#", ";", "=", "%", "\\", "a = b", "{{ 7*7 }}", "%NULL%x",
    "Zoë 🙂", "\u202eabc", "x" * 10_000, "a\nb = c", "a\r\nb", "a\tb", "a\x00b", "a\u2028b",
]  # fmt: skip


def hostile_contexts(base: ConfigContext, family: Family, value: str) -> dict[str, ConfigContext]:
    """`value` in every place where somebody can type text that reaches a file, one at a time."""
    first = base.ports[0]

    def with_port(**changes: object) -> ConfigContext:
        return replace(base, ports=[replace(first, **changes), *base.ports[1:]])

    places = {
        f"account.{name}": with_port(account=replace(first.account, **{name: value}))
        for name in ("password", "display_name", "auth_name")
    }
    places["label"] = with_port(label=value)
    for key, setting in CATALOGUE.items():
        if setting.type in {"text", "secret"} and key not in family.ignores | golden.ELSEWHERE:
            places[key] = with_setting(base, key, value)
    if base.line_keys and "speed_dial" in family.line_key_types:
        for name in ("value", "label"):
            told = {"value": "600", "label": "Key", name: value}
            key = LineKey(1, "speed_dial", **told)
            places[f"line key {name}"] = replace(base, line_keys=[key, *base.line_keys[1:]])
    return places


@families
@pytest.mark.parametrize("value", HOSTILE, ids=lambda v: ascii(v[:12]))
def test_a_hostile_value_arrives_exactly_or_is_refused(family, value):
    """It never adds a parameter, never adds a line, and never breaks the file."""
    model = golden.widest(family)
    base = samples.one(model)
    harmless = hostile_contexts(base, family, "harmless")
    for place, hostile in hostile_contexts(base, family, value).items():
        for spec in device_files(family):
            if not spec.is_for(model.name):
                continue
            expected = RENDERER.parameters(family, spec, harmless[place])
            plain = RENDERER.render(family, spec, harmless[place]).decode(spec.encoding)
            try:
                parameters = RENDERER.parameters(family, spec, hostile)
                text = RENDERER.render(family, spec, hostile).decode(spec.encoding)
            except CannotRender as error:
                if family.label not in str(error):
                    pytest.fail(f"the refusal does not name the family: {error}")
                continue
            assert list(parameters) == list(expected), f"{place} added or removed a parameter"
            for name, given in expected.items():
                if given == "harmless" and place != "account.password":
                    assert parameters[name] == value, f"{place} did not arrive in {name}"
            assert text.count("\n") == plain.count("\n"), f"{place} added a line"
            if text.lstrip().startswith("<"):
                arrived, there = xml_texts(text, spec), xml_texts(plain, spec)
                assert arrived.count(value) >= there.count("harmless"), f"{place} was bent"
            elif plain.count("harmless") and "escape" not in place:
                assert unescaped(text, family, spec).count(value) >= 1, f"{place} was bent"


def xml_texts(text: str, spec: FileSpec) -> list[str]:
    """Every text and attribute of an XML file, by an independent parser."""
    root = ElementTree.fromstring(text.encode(spec.encoding, "xmlcharrefreplace"))
    return [
        *(element.text or "" for element in root.iter()),
        *(v for element in root.iter() for v in element.attrib.values()),
    ]


def unescaped(text: str, family: Family, spec: FileSpec) -> str:
    """The text of a file that is no XML, backslashes taken off where its syntax puts them."""
    syntax = family.syntaxes.get(spec.syntax)
    if syntax is not None and syntax.escape == "backslash":
        return re.sub(r"\\(.)", r"\1", text)
    return text


NAMES = [v for v in HOSTILE if not has_control(v)] + ["Ångström, Anna", "O’Hara", "a;b", "a\\,b"]


def texts_in(spec: FileSpec, content: bytes) -> set[str]:
    """Read a phone book back with a reader that is not ours; by its content type."""
    if "xml" in spec.content_type:
        elements = list(ElementTree.fromstring(content).iter())
        return {
            *(element.text or "" for element in elements),
            *(value for element in elements for value in element.attrib.values()),
        }
    text = content.decode(spec.encoding)
    if "csv" in spec.content_type:
        return {cell for row in csv.reader(io.StringIO(text)) for cell in row}
    lines = [line.partition(":")[2] for line in text.split(spec.line_end)]
    return {re.sub(r"\\(.)", r"\1", line) for line in lines}


@families
def test_a_phone_book_carries_every_name_and_number_exactly(family):
    everybody = [
        ContactView(f"{NAMES[n % len(NAMES)]}{n}", f"1{n}", f"2{n}", "") for n in range(500)
    ]
    alone = [ContactView(name, "", "", "+49 30 1") for name in NAMES]
    model = golden.widest(family)
    for spec in family.files:
        if spec.kind != "phonebook":
            continue
        for contacts in [], everybody, *([contact] for contact in alone):
            content = RENDERER.render(family, spec, samples.book(model, *contacts))
            texts = texts_in(spec, content)
            for contact in contacts:
                assert contact.name in texts
                assert {number for _, number in contact.numbers} <= texts


@families
def test_a_phone_book_that_is_linked_reaches_the_file(family):
    """And its address shows no token to people."""
    if not family.phonebook:
        return
    model = golden.widest(family)
    base = samples.one(model)
    url = family.phonebook_url(base.provisioning.url)
    linked = with_setting(base, "phonebook.url", url)
    spec, _ = family.device_file(samples.MAC, model.name)
    assert "phonebook.url" not in family.ignores
    assert url.partition("://")[2].rstrip("/") in RENDERER.render(family, spec, linked).decode()
    assert "phonetoken" not in RENDERER.preview(family, spec, linked)


@families
def test_a_raw_parameter_replaces_the_templates_line(family):
    model = golden.widest(family)
    spec, _ = family.device_file(samples.MAC, model.name)
    base = samples.one(model)
    parameters = RENDERER.parameters(family, spec, base)
    name = next(
        n for n, v in parameters.items() if v == "sip.example.net" or "sip.example.net" in v
    )
    raw = replace(base, parameters={name: "raw.example.org"})
    text = RENDERER.render(family, spec, raw).decode(spec.encoding)
    assert "raw.example.org" in text
    assert list(RENDERER.parameters(family, spec, raw)) == list(parameters)


@families
def test_rendering_twice_gives_the_same_bytes(family):
    model = golden.widest(family)
    spec, _ = family.device_file(samples.MAC, model.name)
    context = samples.full(family, model)
    assert RENDERER.render(family, spec, context) == RENDERER.render(family, spec, context)


@families
def test_user_agents_are_claimed_by_one_family_only(family):
    for pattern in family.user_agents:
        assert not pattern.search(""), "an empty User-Agent must match no family"


@families
def test_a_firmware_version_is_ignored_just_where_its_address_is(family):
    """firmware.version is not read by templates: it becomes firmware.url (provision/context.py)."""
    assert ("firmware.version" in family.ignores) == ("firmware.url" in family.ignores)
