"""Error pages of the admin pages: one sentence, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, current_app, make_response, render_template, request
from werkzeug.exceptions import BadRequest, HTTPException

from portal import htmx


class PageTooOld(BadRequest):
    """A form came without a valid CSRF token."""


class WrongName(BadRequest):
    """A page was asked for under a name that is not the portal's."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host[:100]


@dataclass(frozen=True)
class Words:
    title: str
    sentence: str
    remedy: str


_TOO_OLD = Words(
    "This page is too old",
    "The page was open while you signed out, or your browser did not send its cookie, so the "
    "portal cannot tell that the form is yours. Nothing was changed.",
    "Go back, copy what you typed if it is long, reload the page and send it again.",
)
_WRONG_NAME = Words(
    "This is not the portal's address",
    "The pages are not served under the name “{host}”.",
    "Whoever runs the portal lets a name in with PORTAL_ADMIN_URL, or with PORTAL_PUBLIC_URL where "
    "administrators and phones share one.",
)
_WORDS = {
    400: Words(
        "The request cannot be read",
        "A part of what the page sends is missing or malformed. Nothing was changed.",
        "Go back, reload the page and try again.",
    ),
    403: Words(
        "You may not do this",
        "Your role does not include it.",
        "Ask an administrator to do it, or to change your role.",
    ),
    404: Words(
        "There is nothing here",
        "The address is wrong, or what it showed has been deleted.",
        "Go back, or look for it in the inventory.",
    ),
    405: Words(
        "This address takes forms only",
        "It cannot be opened by typing it or from a bookmark. Nothing was changed.",
        "Go back and use the button on the page.",
    ),
    413: Words(
        "The file is too large",
        "Up to {limit} can be sent here. Nothing was kept.",
        "If it is a list, split it, or remove pictures and sheets that are not needed, and upload "
        "it again.",
    ),
    500: Words(
        "Something went wrong in the portal",
        "It is not your fault, and nothing was stored half. The details are in the log.",
        "Try again; if it happens again, tell your administrator what you were doing, and when.",
    ),
}
STATUSES = tuple(_WORDS)
_SPECIAL: dict[type[Exception], Words] = {PageTooOld: _TOO_OLD, WrongName: _WRONG_NAME}


def answer(error: Exception) -> Response:
    """Answer `error` with a page, or with a notice on the page for HTMX."""
    status = error.code if isinstance(error, HTTPException) and error.code in _WORDS else 500
    words = _SPECIAL.get(type(error), _WORDS[status])
    most = request.max_content_length or current_app.config["PORTAL"].upload_max_bytes
    limit = f"{most // 1024**2} MB" if most >= 1024**2 else f"{most // 1024} kB"
    context = {
        "status": status,
        "title": words.title,
        "sentence": words.sentence.format(limit=limit, host=getattr(error, "host", "")),
        "remedy": words.remedy,
        "leads_on": words is not _WRONG_NAME,  # under that name there is nothing to go to
    }
    if htmx.wants_partial():
        notice = render_template("errors/_notice.html", **context)
        return htmx.into_notice(make_response(notice, status))
    return htmx.varies(make_response(render_template("errors/page.html", **context), status))
