"""Vendor facts: every folder here that has a family.toml."""

from pathlib import Path

from portal.vendors.loader import load_families

FAMILIES = load_families(Path(__file__).parent)
