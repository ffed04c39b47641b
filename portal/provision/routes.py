"""HTTP adapter of the phones' road. No session, cookie, redirect, form or page ever comes here."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request, send_file
from werkzeug.datastructures import Authorization
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.routing import BaseConverter

from portal.errors import Refused
from portal.provision import digest
from portal.provision.asked import ConfigFile, Credentials, PhoneRequest, Presented, Trail
from portal.provision.certificates import presented_from_header
from portal.provision.check_ins import CheckIns, Entry
from portal.provision.identify import clean_path, plain_mac
from portal.provision.pipeline import Road

log = logging.getLogger(__name__)

bp = Blueprint("provision", __name__, url_prefix="/p")

# Every verb comes to us, so that odd ones get the same plain refusal.
VERBS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "TRACE"]
WORDS = {401: b"Authentication required\n", 404: b"Not found\n", 413: b"Too large\n"}


def _rule(rule: str, door: str) -> None:
    bp.add_url_rule(
        rule,
        endpoint=door,
        view_func=answer,
        methods=VERBS,
        defaults={"door": door},
        provide_automatic_options=False,
    )


def answer(door: str, path: str = "", token: str = "") -> Response:
    """Answer one request of a phone, and note it."""
    asked = PhoneRequest(
        door=door,
        path=clean_path(path),
        query_mac=plain_mac(request.args.get("mac")) or "",
        user_agent=request.headers.get("User-Agent", ""),
        address=request.remote_addr or "",
        token=token,
        method=request.method,
        uri=request.environ.get("RAW_URI") or request.full_path.rstrip("?"),
        is_secure=request.is_secure,
        credentials=_credentials(request.authorization),
        certificate=_certificate(),
        read_body=lambda limit: request.stream.read(limit),
        known_tag=request.headers.get("If-None-Match", "").removeprefix("W/").strip('"'),
    )
    trail, now = Trail(), datetime.now(UTC)
    response = _respond(current_app.extensions["road"], asked, trail, now)
    check_ins: CheckIns = current_app.extensions["check_ins"]
    check_ins.add(Entry(now, asked, trail, response.status_code, request.scheme))
    return response


def _respond(road: Road, asked: PhoneRequest, trail: Trail, now: datetime) -> Response:
    try:
        if asked.method not in {"GET", "HEAD", "PUT", "POST"}:
            raise Refused("verb not offered", 401 if asked.door == "open" else 404)
        file = road.build(asked, trail, now)
    except Refused as refused:
        trail.reason = refused.reason
        return _refusal(refused, road, asked, now)
    except Exception:
        # A fault of ours must not tell a known MAC from an unknown one either.
        log.exception("a config file could not be made")
        trail.reason = "fault in the portal, see its log"
        return _refusal(Refused(trail.reason), road, asked, now)
    if asked.is_upload:
        return Response(status=201, content_type=file.content_type)
    if file.path:
        return _as_it_lies(file, file.path)
    response = Response(
        file.content, status=304 if file.content is None else 200, content_type=file.content_type
    )
    response.set_etag(file.tag)
    if file.content_encoding:
        response.headers["Content-Encoding"] = file.content_encoding
    response.headers["Cache-Control"] = "no-store" if file.has_secret else "no-cache"
    return response


def _as_it_lies(file: ConfigFile, path: Path) -> Response:
    """Send a file from the disk, whole or the part asked for (RFC 9110, 14)."""
    try:
        response = send_file(path, file.content_type, etag=file.tag, conditional=True)
    except RequestedRangeNotSatisfiable as error:
        response = Response(status=416, content_type="text/plain")
        response.headers["Content-Range"] = f"bytes */{error.length}"
    if request.method == "HEAD" or response.status_code == 304:
        response.close()  # nothing will read it
    return response


def _refusal(refused: Refused, road: Road, asked: PhoneRequest, now: datetime) -> Response:
    """The one refusal of a path: the same bytes for every MAC, known or not."""
    response = Response(WORDS[refused.status], status=refused.status, content_type="text/plain")
    response.headers["Cache-Control"] = "no-store"
    if refused.status == 401:
        nonce = road.nonces.make(now.timestamp(), asked.address)
        seen = road.families.seen(asked.user_agent)
        basic_only = seen is not None and road.families[seen.family].auth == "basic"
        stale = refused.reason == "stale nonce"
        for challenge in digest.challenges(nonce, stale, basic_only):
            response.headers.add("WWW-Authenticate", challenge)
    return response


def _credentials(given: Authorization | None) -> Credentials | None:
    if given is None or given.type not in {"basic", "digest"}:
        return None
    fields = {key: str(value) for key, value in given.parameters.items() if value is not None}
    user = fields.get("username", "")
    return Credentials(given.type, user, fields.get("password", ""), fields)


def _certificate() -> Presented | None:
    """Return the client certificate that a trusted proxy told of, else that the server was shown.

    No header can set these keys of environ, for headers' begin with HTTP_.
    """
    told = request.environ.get("portal.client_certificate_header")
    if told is not None:
        return presented_from_header(told)
    shown = request.environ.get("portal.certificate")
    return shown if isinstance(shown, Presented) else None


class Rest(BaseConverter):
    """All that follows, double slashes included: Werkzeug's own path stops at them."""

    regex = ".*?"
    part_isolating = False


_rule("/", "open")
_rule("/<rest:path>", "open")
_rule("/t/<token>/<rest:path>", "token")
_rule("/s/<token>/<rest:path>", "site")


def init_app(app: Flask, road: Road, check_ins: CheckIns) -> None:
    """Register the road."""
    app.extensions["road"] = road
    app.extensions["check_ins"] = check_ins
    app.url_map.converters["rest"] = Rest
    app.register_blueprint(bp)
