"""Hand out a list as a file: the edge that all exports share."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Response, send_file

from portal import audit, spreadsheets
from portal.extensions import begin_write, db
from portal.security import current_actor
from portal.spreadsheets import Listing


def send_list(listing: Listing, kind: str, action: str, filters: Mapping[str, object]) -> Response:
    """Return `listing` as a file, once the audit says who took which rows.

    It is written to a temporary file first: a slow browser then holds no transaction, and what goes
    wrong is an error page, not half a list.
    """
    actor = current_actor()
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        count = spreadsheets.write(listing, kind, file)
        db.session.commit()  # ends the read; nobody waits while a long list is written
        begin_write()
        audit.record_export(db.session(), actor, action, f"{listing.name}.{kind}", count, filters)
        db.session.commit()
        size = file.tell()
        file.seek(0)
        name = f"{listing.name}-{datetime.now(UTC):%Y-%m-%d}.{kind}"
        answer = send_file(file, spreadsheets.KINDS[kind], as_attachment=True, download_name=name)
    except BaseException:
        file.close()
        raise
    answer.content_length = size
    return answer
