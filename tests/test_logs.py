from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

from portal import crypto
from portal.config import ROOT
from portal.logs import Redacting, redact

TOKEN = "mjqxgzjtmnrgcylcmmzdgnbvgy3tqojq"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"GET /p/t/{TOKEN}/001565aabbcc.cfg", "GET /p/t/-/001565aabbcc.cfg"),
        (f"/p//s//{TOKEN}//x", "/p//s//-//x"),
        ("/p/t/short?x", "/p/t/-?x"),
        (f"'/p/t/{TOKEN}'", "'/p/t/-'"),
        (f"token={TOKEN.upper()}&a", "token=-&a"),
        (f"/p/%74/{TOKEN}/x", "/p/%74/-/x"),
        ("nothing of the kind: 001565aabbcc", "nothing of the kind: 001565aabbcc"),
    ],
)
def test_tokens_become_a_dash(said, kept):
    assert redact(said) == kept


def test_every_new_token_is_known_by_its_shape():
    assert redact(f"<{crypto.new_token()}>") == "<->"


def test_tracebacks_are_redacted_too():
    formatter = Redacting(logging.Formatter("%(message)s"))
    try:
        raise ValueError(f"no such file: {TOKEN}")
    except ValueError as error:
        where = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", 40, "f", 1, "at /p/s/%s/", (TOKEN,), where)
    text = formatter.format(record)
    assert "ValueError" in text
    assert TOKEN not in text


def test_an_app_is_made_and_its_schema_looked_at_without_a_word(config):
    made = "from portal import create_app, let_migrate; let_migrate(create_app())"
    done = subprocess.run(
        [sys.executable, "-c", made],
        env={**os.environ, "PORTAL_INSTANCE": str(config.instance)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
