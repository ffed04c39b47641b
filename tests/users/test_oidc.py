"""What a token must be to prove anything: each is signed by a small provider that bends one."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from portal.config import Config
from portal.users import oidc, oidc_config
from portal.users.oidc import NotSignedIn, Provider, new_question

KEY, OTHER_KEY = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(self.server.answers[self.path])

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked = parse_qs(body), self.headers["Authorization"]
        self.answer(self.server.answers[self.path])

    def answer(self, said):
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    server.answers = {
        "/.well-known/openid-configuration": {
            "issuer": base,
            "authorization_endpoint": base + "/authorize",
            "token_endpoint": base + "/token",
            "jwks_uri": base + "/jwks",
            "userinfo_endpoint": base + "/userinfo",
        },
        "/jwks": {"keys": [KEY.as_dict(private=False)]},
        "/userinfo": {"sub": "7", "groups": ["support"]},
    }
    server.base = base
    yield server
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret"
    file.write_text("between us\n")
    return file


@pytest.fixture
def config(server, secret):
    return Config(
        oidc_issuer=server.base,
        oidc_client_id="portal",
        oidc_client_secret_file=secret,
        oidc_name="Example ID",
    )


def token(server, question, key=KEY, algorithm="ES256", **bent):
    now = int(time.time())
    claims = {
        "iss": server.base,
        "aud": "portal",
        "sub": "7",
        "iat": now,
        "exp": now + 60,
        "nonce": question.nonce,
        "preferred_username": "alex",
        **bent,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm}, kept, key, algorithms=[algorithm])


def account(server, config, question, id_token):
    server.answers["/token"] = {
        "access_token": "a",
        "token_type": "Bearer",
        "id_token": id_token,
    }
    return Provider(config).account(question, {"state": question.state, "code": "c"})


def test_right_token_says_who_it_is(server, config):
    question = new_question()
    found = account(server, config, question, token(server, question))
    assert found == oidc.Account(f"{server.base} 7", "alex", ())


def test_verifier_belongs_to_the_challenge_and_the_secret_is_sent(server, config):
    question = new_question()
    asked = parse_qs(urlsplit(Provider(config).address(question)).query)
    account(server, config, question, token(server, question))
    told, authorization = server.asked
    digest = hashlib.sha256(told["code_verifier"][0].encode()).digest()
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile email"]
    assert authorization == "Basic " + base64.b64encode(b"portal:between us").decode()


@pytest.mark.parametrize(
    "bent",
    [
        {"iss": "https://other.example"},
        {"aud": "another-portal"},
        {"aud": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"iat": int(time.time()) + 3600},
        {"aud": ["portal", "another"], "azp": "another"},
    ],
    ids=lambda bent: ",".join(n if isinstance(v, int) else f"{n}={v}" for n, v in bent.items()),
)
def test_bent_token_proves_nothing(server, config, bent):
    question = new_question()
    with pytest.raises(NotSignedIn, match="does not prove who you are"):
        account(server, config, question, token(server, question, **bent))


def test_token_signed_by_somebody_else_proves_nothing(server, config):
    question = new_question()
    with pytest.raises(NotSignedIn, match="does not prove who you are"):
        account(server, config, question, token(server, question, key=OTHER_KEY))


def test_token_signed_with_our_own_secret_proves_nothing(server, config):
    """Whoever knows the client's secret must not be able to write tokens."""
    question = new_question()
    shared = OctKey.import_key("between us, and long enough to sign with")
    with pytest.raises(NotSignedIn, match="does not prove who you are"):
        account(server, config, question, token(server, question, shared, "HS256"))


def test_token_without_signature_proves_nothing(server, config):
    question = new_question()
    body = token(server, question).split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    with pytest.raises(NotSignedIn, match="does not prove who you are"):
        account(server, config, question, f"{head}.{body}.")


@pytest.mark.parametrize("said", [None, "", "a.b.c", 7])
def test_answer_without_token_proves_nothing(server, config, said):
    with pytest.raises(NotSignedIn, match="does not prove who you are"):
        account(server, config, new_question(), said)


def test_groups_that_the_token_lacks_are_asked_for(server, config, secret):
    config = Config(**{**vars(config), "oidc_roles": "support=operator"})
    question = new_question()
    found = account(server, config, question, token(server, question))
    assert found.groups == ("support",)


def test_groups_of_another_subject_are_not_taken(server, config):
    config = Config(**{**vars(config), "oidc_roles": "support=operator"})
    server.answers["/userinfo"] = {"sub": "8", "groups": ["support"]}
    question = new_question()
    with pytest.raises(NotSignedIn, match="does not prove who you are"):
        account(server, config, question, token(server, question))


@pytest.mark.parametrize(("ago", "fits"), [(0, True), (3600, False), (None, False)])
def test_proof_anew_is_a_sign_in_of_just_now(server, config, ago, fits):
    question = new_question(again=True)
    at = None if ago is None else int(time.time()) - ago
    signed = token(server, question, auth_time=at)
    if fits:
        assert account(server, config, question, signed).name == "alex"
    else:
        with pytest.raises(NotSignedIn, match="does not prove who you are"):
            account(server, config, question, signed)


def test_provider_that_gives_another_issuer_is_not_believed(server, config):
    server.answers["/.well-known/openid-configuration"]["issuer"] = "https://other.example"
    with pytest.raises(NotSignedIn, match="does not answer as it should"):
        Provider(config).address(new_question())


@pytest.mark.parametrize(
    ("groups", "role"),
    [((), None), (("a",), "viewer"), (("a", "cn=b,dc=c"), "admin"), (("A",), None)],
)
def test_highest_role_of_all_groups_counts(groups, role):
    assert oidc_config.role_of("a = viewer; cn=b,dc=c=admin", groups) == role


@pytest.mark.parametrize("roles", ["a", "a=boss", "=admin", "a=viewer; b"])
def test_roles_written_otherwise_are_refused(roles):
    with pytest.raises(ValueError, match="PORTAL_OIDC_ROLES"):
        oidc_config.role_of(roles, ())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"oidc_issuer": "http://id.example"}, "PORTAL_OIDC_ISSUER is an https:// address"),
        ({"oidc_issuer": "https://id.example"}, "PORTAL_OIDC_CLIENT_ID is missing"),
    ],
)
def test_configuration_by_half_is_refused_at_start(given, why):
    with pytest.raises(ValueError, match=why):
        oidc_config.check(Config(**given))
