"""Answers for HTMX (4.0) that work as well without script."""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import urldefrag, urlsplit

from flask import (
    Response,
    flash,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

_VARY = ("HX-Request", "HX-Request-Type", "HX-History-Restore-Request", "HX-Boosted")


def is_htmx() -> bool:
    """Was this request made by HTMX at all?"""
    return request.headers.get("HX-Request") == "true"


def wants_partial() -> bool:
    """Is only a fragment of the page asked for?

    Not when HTMX fills the whole body (boosted links, Back button) or picks from the whole page
    with hx-select; it says so with HX-Request-Type.
    """
    headers = request.headers
    return (
        is_htmx()
        and headers.get("HX-Request-Type") != "full"
        and headers.get("HX-History-Restore-Request") != "true"
        and headers.get("HX-Boosted") != "true"
    )


def render(page: str, partial: str, status: int = 200, **context: Any) -> Response:
    """Render the fragment `partial` for HTMX, else the full `page` that includes it."""
    response = make_response(
        render_template(partial if wants_partial() else page, **context), status
    )
    return varies(response)


def varies(response: Response) -> Response:
    """Mark an answer that depends on whether HTMX asked."""
    response.vary.update(_VARY)
    return response


def see_other(endpoint: str, **values: Any) -> Response:
    """After a write: send the browser on to `endpoint`, with HTMX or without."""
    return go_to(url_for(endpoint, **values))


def go_to(url: str) -> Response:
    """Send the browser on to `url`, an address of the portal. 303, or HX-Redirect for HTMX."""
    if not is_htmx():
        return varies(make_response(redirect(url, 303)))
    # The present page with a fragment would be a jump inside the page, not a new page.
    page = urldefrag(url).url
    if page == _current_path():
        url = page
    response = make_response("", 204)
    response.headers["HX-Redirect"] = url
    return varies(response)


def toast(message: str, kind: str = "success", undo: str = "", version: str = "") -> None:
    """Show `message` with the next thing the person sees. Kinds: success, info, warning, error.

    `undo`: the address that takes back what was done, when the toast's button is pressed;
    `version` (marks.version_of): what that address acts on, where its form needs to say.
    """
    told = json.dumps([message, undo, version]) if undo else message
    flash(told, f"{kind} undo" if undo else kind)


def waiting_toasts() -> list[dict[str, str]]:
    """Return the toasts that wait, and forget them: kind, message, perhaps undo and version."""
    found = []
    for category, text in cast(list[tuple[str, str]], get_flashed_messages(with_categories=True)):
        kind, _, has_undo = category.partition(" ")
        if has_undo:
            message, undo, version = json.loads(text)
            found.append({"kind": kind, "message": message, "undo": undo, "version": version})
        else:
            found.append({"kind": kind, "message": text})
    return found


def deliver_toasts(response: Response) -> Response:
    """Hand waiting toasts to a fragment's page; a redirect leaves them for the page it leads to."""
    leads_on = "HX-Redirect" in response.headers or response.status_code in range(300, 400)
    if wants_partial() and not leads_on and (messages := waiting_toasts()):
        response.headers["HX-Trigger"] = json.dumps({"portal:toast": {"toasts": messages}})
    return response


def into_notice(response: Response) -> Response:
    """Have HTMX show `response` in the page's notice, and leave all else as it is."""
    return _retargeted(response, "#notice", "innerHTML", "#notice-text")


def into_body(response: Response) -> Response:
    """Have HTMX show the full page `response`, whatever was its target."""
    return _retargeted(response, "body", "outerSync", "body")


def _retargeted(response: Response, target: str, swap: str, select: str) -> Response:
    response.headers["HX-Retarget"] = target
    response.headers["HX-Reswap"] = swap
    response.headers["HX-Reselect"] = select
    response.headers["HX-Push-Url"] = "false"
    return varies(response)


def _current_path() -> str:
    parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    return parts.path + (f"?{parts.query}" if parts.query else "")
