"""What the tests of the road ask with."""

from __future__ import annotations

from portal.extensions import db

AGENT = "Yealink SIP-T31G 124.85.257.55 80:5e:c0:d5:7d:72"
MAC = "805ec0d57d72"
SECRET = "Secret-of-the-account"


def flush(app):
    """Write the check-ins, and let the session see what the road wrote."""
    app.extensions["check_ins"].flush()
    db.session.rollback()
    db.session.expire_all()
