from __future__ import annotations

import pytest
from flask import Flask

from portal import static_files


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(static_files.bp)
    return app


def test_address_with_the_right_hash_is_cached_for_good(app: Flask) -> None:
    with app.test_request_context():
        url = static_files.static_url("portal.css")
    with app.test_client().get(url) as response:
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]


def test_address_with_another_hash_is_not(app: Flask) -> None:
    with app.test_client().get("/static/portal.css?v=000000000000") as response:
        assert response.status_code == 200
        assert "immutable" not in response.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["nothing.css", "../config.py", "..%2fconfig.py"])
def test_nothing_else_is_sent(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/static/{name}?v=1").status_code == 404


def test_script_stays_small() -> None:
    assert len((static_files.FOLDER / "portal.js").read_text().splitlines()) <= 100
