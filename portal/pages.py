"""Put the admin pages into the app: the features' blueprints and error pages."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register every feature; none of it runs for phones."""
