from __future__ import annotations

import pytest
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

from portal.front.limits import Body
from portal.security import STRANGER_MAX_BYTES

MAC = "001565aabbcc"


@pytest.mark.parametrize("path", [f"/p/{MAC}.cfg%00", "/p/a%0ab", "/p/s/x/%00", "/p/t/x/%7f"])
def test_control_characters_in_a_name_get_the_refusal_of_their_path(app, path):
    client = app.test_client()
    plain = client.get(path.replace("%00", "?").replace("%0a", "-").replace("%7f", "-"))
    odd = client.get(path)
    assert (odd.status_code, odd.data) == (404, b"Not found\n")
    assert plain.status_code in {401, 404}


@pytest.mark.parametrize("path", ["/devices?q=%00", "/p/x?mac=%00", "/sign-in?next=a%00b"])
def test_a_nul_in_the_query_is_found_nowhere(app, path):
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.data) == (404, b"Not found\n")


def test_a_verb_that_nobody_knows_is_answered_like_one_that_is_not_offered(app):
    client = app.test_client()
    for path in ("/p/x.cfg", f"/p/{MAC}.cfg", "/p/t/x/y", "/p/s/x/y"):
        known, unknown = client.open(path, method="DELETE"), client.open(path, method="BREW")
        assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    assert client.open("/devices", method="BREW").status_code == 404


def test_a_stranger_may_send_a_form_and_no_more(app):
    client = app.test_client()
    for size, status in [(STRANGER_MAX_BYTES - 100, 400), (STRANGER_MAX_BYTES + 100, 413)]:
        answer = client.post("/sign-in", data={"name": "x" * size})
        assert answer.status_code == status, size
    assert "Up to 64 kB can be sent here" in answer.text


def test_who_is_signed_in_may_send_more(client_as):
    answer = client_as("viewer").post("/password", data={"present": "x" * STRANGER_MAX_BYTES * 2})
    assert answer.status_code == 400  # for want of its CSRF token, not for its size


def test_a_body_that_cannot_be_read_ends_the_request():
    class Bent:
        def read(self, size: int) -> bytes:
            raise ValueError("chunk size zz")

    environ = {"wsgi.input": Body(Bent()), "CONTENT_LENGTH": "10"}  # type: ignore[arg-type]
    with pytest.raises(ClientDisconnected):
        get_input_stream(environ).read()
