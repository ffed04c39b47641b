"""The portal: pages, spreadsheet import and the phones' road in one Flask application."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from portal.config import ROOT, Config

if TYPE_CHECKING:
    from flask import Flask


def create_app(config: Config | None = None, *, is_whole: bool = True) -> Flask:
    """Return the app. Needs the keys that `portal init` makes; raises FileNotFoundError without.

    One that is not whole has neither pages nor migrations: a command would wait for them in vain.

    Imports stand inside: the child that reads spreadsheets needs no Flask, and starts in a third of
    the time without it.
    """
    from flask import Flask

    from portal import crypto, front, logs, security
    from portal.custom_families.register import Register
    from portal.extensions import db
    from portal.jobs import Jobs
    from portal.provision import routes as road_routes
    from portal.provision.certificates import Certificates
    from portal.provision.check_ins import CheckIns
    from portal.provision.digest import Nonces
    from portal.provision.pipeline import Road
    from portal.provision.uploads import UploadLimits
    from portal.vendors import FAMILIES
    from portal.vendors.render import Renderer

    config = config or Config.load()
    logs.set_up(config.log_level)
    session_key = config.session_key_file.read_bytes().strip()
    app = Flask("portal", instance_path=str(config.instance), static_folder=None)
    app.config.update(
        PORTAL=config,
        SECRET_KEY=session_key,
        SQLALCHEMY_DATABASE_URI=config.database,
        MAX_CONTENT_LENGTH=config.upload_max_bytes,
        **security.FLASK_SETTINGS,
    )
    # Phones write double slashes and fail at redirects.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    db.init_app(app)
    if "FLASK_RUN_FROM_CLI" in os.environ:  # `flask db revision`, for who changes the models
        let_migrate(app)
    sealer = crypto.Sealer.from_file(config.sealing_key_file)
    renderer = Renderer(config.instance / "vendors")
    app.extensions["sealer"] = sealer
    app.extensions["renderer"] = renderer
    app.extensions["jobs"] = Jobs(config.jobs_file)
    with app.app_context():
        engine = db.engine
    register = Register(engine, FAMILIES, config.families_refresh_s)
    register.start()
    app.extensions["custom_families"] = register
    certificates = Certificates(engine, FAMILIES, config.certificates_refresh_s)
    certificates.start()
    app.extensions["certificates"] = certificates
    road = Road(
        engine,
        FAMILIES,
        renderer,
        sealer,
        Nonces(session_key, config.nonce_s),
        config.base_url,
        config.window_again_s,
        UploadLimits(config.phone_upload_max_bytes, config.phone_upload_max_count),
        config.firmware_folder,
        certificates,
    )
    check_ins = CheckIns(
        engine,
        sealer,
        config.check_in_flush_s,
        config.check_in_flush_count,
        config.check_in_keep_s,
    )
    if config.serve != "admin":
        road_routes.init_app(app, road, check_ins)
    if config.serve != "phones" and is_whole:
        from portal import pages

        pages.init_app(app)
    front.stand_before(app, config)
    return app


def serving_app() -> Flask:
    """Return the app for a server's process, which takes up what other processes change."""
    from portal import tls

    app = create_app()
    app.extensions["custom_families"].follow()
    app.extensions["certificates"].follow()
    app.wsgi_app = tls.with_certificates(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def let_migrate(app: Flask) -> None:
    """Let Flask-Migrate change the schema of the app; servers do without, and save 11 MiB."""
    from flask_migrate import Migrate

    from portal.extensions import db

    folder = str(migrations_folder())
    Migrate(app, db, folder, render_as_batch=True, compare_type=True)


def migrations_folder() -> Path:
    """Return where the migrations lie: beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).parent / "migrations"
    return inside if inside.is_dir() else ROOT / "migrations"
