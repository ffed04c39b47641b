"""What templates of custom families cannot do: escape, or use the portal up."""

from __future__ import annotations

import time

import pytest

from portal.errors import CannotRender
from portal.vendors import child, samples
from portal.vendors.child import Trial, TrialFailed, try_family
from portal.vendors.loader import BadDeclaration, family_from
from portal.vendors.render import Renderer

DECLARATION = {
    "vendor": "Acme",
    "label": "Acme Desk series",
    "source": "an administrator",
    "confidence": "from memory",
    "ouis": ["02aacc"],
    "user_agents": [r"^Acme (?P<model>\S+)"],
    "resync": "check-sync",
    "syntax": {"file1": {"name": r"[a-z]\w*", "line": "{name}={value}"}},
    "files": [
        {"name": "{mac}.cfg", "kind": "device", "template": "file1.j2", "syntax": "file1"},
        {"name": "{mac}.txt", "kind": "device", "template": "file2.j2", "syntax": "text"},
        {"name": "{mac}.xml", "kind": "device", "template": "file3.j2", "syntax": "xml"},
    ],
    "values": {"boolean": {"true": "on", "false": "off"}},
    "models": {"Desk-3": {"ports": 3, "line_keys": 2}},
}


def templates(lines="", text="", xml="<a/>"):
    return {"file1.j2": lines, "file2.j2": text, "file3.j2": xml}


def rendered(place=1, case=samples.one, **texts):
    """Render as on the phones' road: in this process."""
    family = family_from("custom_acme", DECLARATION, templates(**texts))
    context = case(family.models["Desk-3"])
    return Renderer().render(family, family.files[place], context).decode()


def tried(place=1, case="one", **texts):
    """Render as before saving: in the child."""
    trials = [Trial(place, "Desk-3", case)]
    return try_family("custom_acme", DECLARATION, templates(**texts), trials)[0]


USUAL = """
{# The account of each port. #}
{% for port in ports %}
{% set name = "account%d_"|format(port.number) %}
{{ name }}enabled = {{ port.is_usable }}
{{ name }}user = {{ port.account.user_name if port.account else none }}
{{ name }}label = {{ port.text | upper ~ "!" }}
{% endfor %}
keys = {{ line_keys | map(attribute="type") | join(",") }}
zone = {{ zone.offset_text.replace if false else zone.posix.split(",")[0] }}
"""
EXPECTED = """\
account1_enabled=on
account1_user=101
account1_label=ANNA ÅNGSTRÖM!
account2_enabled=off
account2_user=
account2_label=!
account3_enabled=off
account3_user=
account3_label=!
keys=line,none
zone=UTC0
"""


@pytest.mark.parametrize("run", [rendered, tried])
def test_what_a_template_needs_it_can_do(run):
    assert run(0, lines=USUAL) == EXPECTED


def test_a_value_cannot_add_to_an_xml_document():
    made = tried(2, "full", xml="<a>{{ ports[0].account.display_name }}</a>")
    assert made == "<a>“1” &lt;&amp;;#&gt; \\ %</a>\n"


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ports.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ports[0]['__init__'] }}",
    "{{ ports | map(attribute='__class__') | list }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ range.__self__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ ''|attr('__class__') }}",
    "{{ '{0.__class__}'.format(ports) }}",
    "{{ '{x.__class__}'.format_map({'x': ports}) }}",
    "{{ settings.update({'sip.registrar_host': 'x'}) }}",
    "{{ ports.append(1) }}",
    "{{ model.facts.clear() }}",
    "{% include '/etc/passwd' %}",
    "{% include 'file1.j2' %}",
    "{% import 'file1.j2' as x %}",
    "{% extends 'file1.j2' %}",
    "{{ joined('a') }}{{ spend(-10**6) }}",
    "{{ environment.spend(-9) }}",
    "{% set ports[0].number = 2 %}",
    "{{ caller.__globals__ }}",
    "{{ (1).to_bytes }}",
    "{{ zone.__class__ }}",
    "{{ provisioning.__dict__ }}",
]


@pytest.mark.parametrize("template", ESCAPES)
def test_escapes_are_stopped(template):
    with pytest.raises(CannotRender):
        rendered(text=template)


GROWTH = "{% set n = namespace(x='x') %}{% for i in range(60) %}{% set n.x = n.x #PLUS# n.x %}"
EXHAUSTING = [
    "{% for i in range(10**9) %}{% endfor %}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{% for i in range(5000) %}{% for j in range(5000) %}{% endfor %}{% endfor %}",
    "{% for i in range(0 - 10000000, 10000000) %}{% endfor %}",
    "{% for a in ports %}" * 30 + "{% endfor %}" * 30,
    '{{ "x"*10**9 }}',
    '{{ "x"*1000000000 }}',
    "{{ [1]*1000000000 }}",
    "{{ 9**9**9**9 }}",
    '{{ "%999999999d"|format(1) }}',
    '{{ "%.999999999f"|format(1) }}',
    '{{ "%*d"|format(999999999, 1) }}',
    '{{ "%999999999d" % 1 }}',
    "{{ '{:999999999}'.format(1) }}",
    '{{ "x".ljust(10**9) }}',
    '{{ "x".center(1000000000) }}',
    '{{ "x"|center(1000000000) }}',
    '{{ "x".zfill(1000000000) }}',
    '{{ "x\t".expandtabs(1000000000) }}',
    '{{ "x"|indent(1000000000, true) }}',
    "{{ (1).to_bytes(1000000000, 'big') }}",
    '{{ range(100000)|join("x" ~ range(100000)|join("x")) }}',
    GROWTH.replace("#PLUS#", "~") + "{% endfor %}",
    GROWTH.replace("#PLUS#", "+") + "{% endfor %}",
    GROWTH.replace("#PLUS#", "|replace('x', 'xx') ~") + "{% endfor %}",
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=9) %}{% for i in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(200) }}",
    "{{ lipsum(n=1000000) }}",
    "{{ dict(a=1) }}{{ cycler('x') }}",
    "x" * (256 * 1024 + 1),
    "{% for i in range(1000) %}" + "x" * 1000 + "{% endfor %}",
]


@pytest.mark.parametrize("template", EXHAUSTING, ids=lambda text: text[:60])
def test_exhaustion_is_stopped_in_this_process(template):
    start = time.process_time()
    with pytest.raises(CannotRender):
        rendered(text=template)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "template", [EXHAUSTING[0], EXHAUSTING[5], GROWTH.replace("#PLUS#", "~") + "{% endfor %}"]
)
def test_exhaustion_is_stopped_in_the_child(template):
    with pytest.raises(TrialFailed) as failed:
        tried(text=template)
    assert failed.value.key == "files.1.template"
    assert str(failed.value).endswith(" ({mac}.txt for Desk-3, one account)")


def test_a_template_that_python_cannot_compile_ends_with_a_sentence():
    for template in ("{{ " + "(" * 100_000 + " }}", "{% if 1 %}" * 3000):
        with pytest.raises(TrialFailed):
            tried(text=template)


def without_budget(monkeypatch):
    """Take the sandbox's own limits away, so that those of the child are seen to work."""
    code = child.__file__
    monkeypatch.setattr(child.subprocess, "Popen", _unlimited(child.subprocess.Popen, code))


def _unlimited(popen, code):
    lift = (
        "import sys; from portal.vendors import sandbox, child;"
        "sandbox.MAX_STEPS = sandbox.MAX_LETTERS = sandbox.MAX_SECONDS = 10**12;"
        "child.MAX_OUTPUT_BYTES = 10**12;"
        "child.main(sys.stdin, sys.stdout)"
    )

    def start(command, **options):
        return popen([command[0], "-c", lift], **options)

    return start


def test_time_ends_the_child(monkeypatch):
    without_budget(monkeypatch)
    start = time.monotonic()
    with pytest.raises(TrialFailed, match="The templates take longer than 2 seconds"):
        tried(text="{% for i in range(1000000000) %}{% endfor %}")
    assert time.monotonic() - start < 15


def test_memory_ends_the_child(monkeypatch):
    without_budget(monkeypatch)
    with pytest.raises(TrialFailed, match=r"too much memory|more than 256 MiB of memory"):
        tried(text="{% set x = 'x' | replace('x', 'x' ~ 'x') %}" + doubled(34))


def doubled(times):
    return "{% set x = x ~ x %}" * times + "{{ x|length }}"


def test_an_error_names_the_line():
    with pytest.raises(CannotRender, match=r"Acme Desk series: line 3: 'nothing' is undefined"):
        rendered(0, lines="a = 1\n\nb = {{ nothing }}\n")
    with pytest.raises(CannotRender, match=r"line 2: unexpected '}'"):
        rendered(0, lines="a = 1\nb = {{ } }}\n")
    with pytest.raises(CannotRender, match=r"line 2: a value holds a line break"):
        rendered(0, lines="a = 1\nb = {{ 'x\\ny' }}\n")
    with pytest.raises(TrialFailed, match=r"no well-formed XML: mismatched tag: line 1"):
        tried(2, xml="<a></b>")


def test_a_pattern_that_takes_long_is_refused():
    slow = {**DECLARATION, "user_agents": [r"^Acme (\w+\s?\w*\s?\w*\s?\w*\s?\w*)+x"]}
    with pytest.raises(BadDeclaration, match="repeats a group"):
        family_from("custom_acme", slow, templates())
    slow = {**DECLARATION, "user_agents": [r"^Acme \w*\w*\w*\w*\w*\w*x"]}
    with pytest.raises(TrialFailed) as failed:
        try_family("custom_acme", slow, templates(), [])
    assert failed.value.key in {"user_agents.0", ""}


def test_every_phone_s_pattern_is_refused():
    for pattern in ("", ".*", "(Acme)?"):
        with pytest.raises(BadDeclaration, match="matches the empty text"):
            family_from("custom_acme", {**DECLARATION, "user_agents": [pattern]}, templates())
