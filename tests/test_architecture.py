"""Who may import whom, which hooks are forbidden, who writes: the house's walls."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PORTAL = Path(__file__).parent.parent / "portal"

FLOOR = {"values", "errors", "extensions", "finding", "port_patterns"}
SHELL = {"htmx", "forms", "security", "signed_in", "paging", "kept", "error_pages", "shell",
         "static_files", "settings_form", "settings_pages", "line_keys_form", "writing",
         "downloads", "file_differences", "confirming"}  # fmt: skip
CORE = {*FLOOR, "config", "crypto", "settings", "vendors", "models", "provision", "audit",
        "spreadsheets", "customer_limits", "passwords", "marks"}  # fmt: skip
FEATURES = {"devices", "profiles", "sip_accounts", "customers", "contacts", "users", "imports",
            "firmware", "catalogue", "custom_families", "search", "unknown_phones",
            "dashboard", "site_settings", "trust", "labels", "tokens", "certificates",
            "list_imports"}  # fmt: skip

# package -> what it may import of portal. A longer name wins over a shorter one.
MAY = {
    "values": set(),
    "errors": set(),
    "port_patterns": {"values"},
    "extensions": set(),
    "finding": {"imports"},
    "config": {"values", "errors"},
    "crypto": {"values", "errors"},
    "tls": {"config", "tls_socket"},
    "tls_socket": {"provision"},
    "limits": set(),
    "logs": set(),
    "front": {"config", "errors", "values", "logs", "error_pages", "security", "front"},
    "settings": {"values", "errors", "settings"},
    "vendors": {"values", "errors", "settings", "vendors", "limits"},
    "models": {"values", "extensions", "models"},
    "provision": {"values", "errors", "crypto", "settings", "vendors", "models", "provision"},
    "imports": {"values", "errors", "vendors", "imports", "limits", "port_patterns"},
    "imports.apply": {*CORE, *FEATURES},
    "imports.stored": {*CORE, *FEATURES},
    "imports.routes": {*CORE, *SHELL, *FEATURES},
    "imports.forms": {*CORE, *SHELL, *FEATURES},
    "imports.blueprint": {*CORE, *SHELL, *FEATURES},
    "imports.page": {*CORE, *SHELL, *FEATURES},
    "imports.overtaken": {*CORE, *SHELL, *FEATURES},
    "imports.answers": {*CORE, *SHELL, *FEATURES},
    "imports.choice_routes": {*CORE, *SHELL, *FEATURES},
    "imports.discard_routes": {*CORE, *SHELL, *FEATURES},
    "imports.result_routes": {*CORE, *SHELL, *FEATURES},
    "imports.service": {*CORE, *FEATURES},
    "imports.mapping_service": {*CORE, *FEATURES},
    "imports.queries": {*CORE, *FEATURES},
    "imports.by_name": {*CORE, *FEATURES},
    "imports.handing_out": {*CORE, *FEATURES},
    "imports.previews": {*CORE, *FEATURES},
    "imports.bulk": {*CORE, "imports"},
    "imports.create": {*CORE, *FEATURES},
    "imports.results": {*CORE, *FEATURES},
    "imports.job_service": {*CORE, *FEATURES},
    "imports.undo": {*CORE, *FEATURES},
    "imports.restore": {*CORE, *FEATURES},
    "audit": {"models", "extensions", "values", "customer_limits"},
    "audit.words": set(),
    "audit.shown": {*CORE, *SHELL},
    "audit.queries": {*CORE, "audit", "imports"},
    "audit.since": {*CORE, *SHELL},
    "audit.exports": {*CORE, *SHELL},
    "audit.forms": {*CORE, *SHELL},
    "audit.routes": {*CORE, *SHELL, *FEATURES},
    "customer_limits": {"models", "extensions", "errors", "customer_limits"},
    "spreadsheets": {"imports"},
    "sealing_service": {"crypto", "extensions", "models"},
    "downloads": {*FLOOR, *SHELL, "audit", "spreadsheets"},
    "static_files": set(),
    "htmx": set(),
    "forms": {"errors", "values"},
    "kept": {"values"},
    "paging": {"values", "htmx"},
    "file_differences": set(),
    "settings_form": {"errors", "settings"},
    "line_keys_form": {"settings"},
    "settings_pages": {*FLOOR, *SHELL, "settings"},
    "marks": {"crypto", "extensions"},
    "confirming": {*FLOOR, *SHELL, "audit", "marks"},
    "writing": {"errors", "extensions", "forms"},
    "error_pages": {"htmx", "values", "errors"},
    "security": {*FLOOR, *SHELL, "audit", "customer_limits", "models"},
    "signed_in": {*FLOOR, "config", "crypto", "models"},
    "passwords": {"crypto"},
    "shell": {*FLOOR, *SHELL, "marks"},
    "cli": {*CORE, *SHELL, *FEATURES, "cli", "front", "jobs", "logs", "sealing_service", "tls", ""},
    "api": {*CORE, *SHELL, *FEATURES, "api"},
    "pages": {*FLOOR, *SHELL, *FEATURES, "api", "audit"},
    "jobs": {*CORE, *FEATURES, ""},
    "": {*CORE, *SHELL, *FEATURES, "front", "pages", "cli", "jobs", "logs", "tls"},
    **{feature: {*CORE, *SHELL, *FEATURES} for feature in FEATURES - {"imports"}},
    "trust.routes": {*CORE, *SHELL, *FEATURES, "front"},
}
PURE = ["values", "errors", "port_patterns", "settings", "vendors", "settings_form",
        "line_keys_form", "file_differences",
        "provision.identify", "provision.access", "provision.digest", "provision.firmware",
        "provision.asked", "imports.parse", "imports.columns", "imports.macs",
        "imports.normalise", "imports.validate", "imports.plan", "provision.phonebook",
        "contacts.facts", "contacts.lists", "users.slowing", "users.browsers",
        "spreadsheets", "limits", "catalogue.found", "custom_families.declared",
        "custom_families.declared_files",
        "devices.bulk", "devices.columns", "labels.code128", "labels.formats",
        "labels.sheets", "provision.chains", "provision.certificate_facts",
        "certificates.reading", "certificates.own", "list_imports.headers", "list_imports.fields",
        "list_imports.reading", "list_imports.plan", "list_imports.choices", "list_imports.shown",
        "sip_accounts.lists", "customers.lists"]  # fmt: skip


def modules() -> dict[str, Path]:
    """Every module by its dotted name below portal; "" is portal itself."""
    found = {}
    for path in PORTAL.rglob("*.py"):
        parts = path.relative_to(PORTAL).with_suffix("").parts
        found[".".join(parts).removesuffix("__init__").rstrip(".")] = path
    return found


MODULES = modules()


def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports, inside functions too, as dotted names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def below_portal(names: set[str]) -> set[str]:
    """Return the modules of portal among `names`, without functions and classes."""
    inner = {name.removeprefix("portal.") for name in names if name.startswith("portal.")}
    return {name for name in inner if name in MODULES or name.split(".")[0] in MODULES}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_downwards_only(module):
    rule = next(
        key
        for key in sorted(MAY, key=len, reverse=True)
        if module == key or module.startswith(f"{key}.") or key == ""
    )
    for name in below_portal(imports_of(MODULES[module])):
        top = name.split(".")[0]
        allowed = MAY[rule]
        if module == "provision.routes" and top == "extensions":
            continue
        assert top in allowed or name in allowed, f"{module} must not import portal.{name}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_nobody_imports_anothers_routes_or_forms(module):
    if module in {"", "pages"} or module.startswith("cli"):
        return
    own = module.split(".")[0]
    for name in below_portal(imports_of(MODULES[module])):
        parts = name.split(".")
        if len(parts) > 1 and parts[1] in {"routes", "forms"}:
            assert parts[0] == own, f"{module} must not import portal.{name}"


@pytest.mark.parametrize(
    "module", [m for m in sorted(MODULES) if any(m == p or m.startswith(f"{p}.") for p in PURE)]
)
def test_pure_modules_know_neither_flask_nor_the_database(module):
    tops = {name.split(".")[0] for name in imports_of(MODULES[module])}
    assert not tops & {"flask", "flask_wtf", "sqlalchemy", "wtforms"}


@pytest.mark.parametrize(
    "module", [m for m in sorted(MODULES) if m.rpartition(".")[2] in {"service", "queries"}]
)
def test_services_and_queries_know_no_flask(module):
    tops = {name.split(".")[0] for name in imports_of(MODULES[module])}
    assert not tops & {"flask", "flask_wtf", "wtforms"}


def test_no_hook_runs_for_phones():
    """before_app_request, app.before_request and their kin would run on the phones' road."""
    hooks = {"before_request", "after_request", "teardown_request", "context_processor"}
    app_wide = {
        "before_app_request",
        "after_app_request",
        "teardown_app_request",
        "app_context_processor",
        "app_errorhandler",
    }
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in app_wide, f"{module} uses {node.attr}"
                if node.attr in hooks and isinstance(node.value, ast.Name):
                    assert node.value.id != "app", f"{module} hooks the whole app"


WRITERS = ("service", "port_service", "view_service", "bulk_service", "bulk_undo", "setup_service",
           "trust_service", "mapping_service", "factor_service", "guess_service", "limit_service",
           "list_service", "note_service", "oidc_service", "sign_in_service", "apply", "undo",
           "restore", "check_ins", "fetched", "uploads", "release", "bans", "first_run",
           "demo")  # fmt: skip


@pytest.mark.parametrize("module", sorted(MODULES))
def test_only_writers_write(module):
    if module.rpartition(".")[2] in WRITERS:
        return
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            is_session = isinstance(owner, ast.Name) and owner.id == "session"
            writes = node.func.attr in {"add", "add_all", "delete", "merge"}
            allowed = module.startswith(("audit", "security"))
            assert allowed or not (is_session and writes), f"{module} writes"
