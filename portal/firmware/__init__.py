"""Firmware images that phones load from the portal."""
