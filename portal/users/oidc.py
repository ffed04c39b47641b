"""Single sign-on by OpenID Connect: where people are sent, and what they come back with.

Code flow with PKCE (RFC 7636), state and nonce; the ID token is checked as OpenID Connect Core 1.0,
3.1.3.7 says: signature, issuer, audience, expiry, nonce. Authlib does the work; its Flask client
would put hooks into the app.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from portal import crypto
from portal.config import Config

CALLBACK = "/sign-in/oidc/callback"

_TIMEOUT_S = 5
_LEEWAY_S = 60
# Asymmetric ones alone: with “none” or our own secret, anybody could write a token.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
               "EdDSA"]  # fmt: skip


class NotSignedIn(Exception):  # noqa: N818 - it names what happened
    """The provider did not sign anybody in; the message is for the person, and says what to do."""


@dataclass(frozen=True)
class Question:
    """What the browser carries to the provider and back, in our cookie: good for one answer."""

    state: str
    nonce: str
    verifier: str
    again: bool = False  # somebody signed in is asked to prove it once more

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def new_question(again: bool = False) -> Question:
    # A verifier has 43 characters or more (RFC 7636, 4.1).
    return Question(
        crypto.new_token(), crypto.new_token(), crypto.new_token() + crypto.new_token(), again
    )


@dataclass(frozen=True)
class Account:
    """Who the provider says it is; `subject` is the issuer and its lasting id."""

    subject: str
    name: str
    groups: tuple[str, ...]


class Provider:
    """The provider of this installation's configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._issuer = config.oidc_issuer

    def address(self, question: Question) -> str:
        """Return where the browser is sent. Raises NotSignedIn when the provider is away."""
        endpoint = self._metadata()["authorization_endpoint"]
        more = {"prompt": "login", "max_age": "0"} if question.again else {}
        with self._client() as client:
            address, _ = client.create_authorization_url(
                endpoint,
                state=question.state,
                nonce=question.nonce,
                code_verifier=question.verifier,
                **more,
            )
        return str(address)

    def account(self, question: Question, arguments: Mapping[str, str]) -> Account:
        """Return who came back with `arguments`. Raises NotSignedIn."""
        if not crypto.same(arguments.get("state", ""), question.state):
            raise NotSignedIn(
                "This answer belongs to another sign-in, perhaps of another tab. Start again here"
            )
        if "code" not in arguments:
            raise NotSignedIn(f"{self._name} did not sign you in. Start again, or ask there why")
        metadata = self._metadata()
        try:
            with self._client() as client:
                token = client.fetch_token(
                    metadata["token_endpoint"],
                    code=arguments["code"],
                    code_verifier=question.verifier,
                    timeout=_TIMEOUT_S,
                )
                claims = self._claims(metadata, token, question)
                more = self._user_info(metadata, client, claims)
        except requests.RequestException:
            raise self._away() from None
        except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError):
            raise NotSignedIn(
                f"What {self._name} answered does not prove who you are. Start again; if it stays "
                "so, an administrator finds out with the provider’s log"
            ) from None
        return self._account_of({**more, **claims})

    @property
    def _name(self) -> str:
        return self._config.oidc_name

    def _client(self) -> OAuth2Session:
        file = self._config.oidc_client_secret_file
        return OAuth2Session(
            self._config.oidc_client_id,
            file.read_text(encoding="utf-8").strip() if file else None,
            scope="openid profile email",
            redirect_uri=self._config.pages_url + CALLBACK,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if file else "none",
        )

    def _metadata(self) -> dict[str, Any]:
        """Return what the provider says of itself (OpenID Connect Discovery 1.0, 4)."""
        found = self._get(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer:  # 4.3: it must be exactly the one asked
            raise self._away()
        return found

    def _get(self, url: str, **headers: str) -> dict[str, Any]:
        try:
            answer = requests.get(url, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError):
            raise self._away() from None
        if not isinstance(found, dict):
            raise self._away()
        return found

    def _away(self) -> NotSignedIn:
        return NotSignedIn(
            f"{self._name} does not answer as it should, so nobody can sign in there now. Sign in "
            "with your password, or try again in a few minutes"
        )

    def _claims(
        self, metadata: dict[str, Any], token: Mapping[str, Any], question: Question
    ) -> dict[str, Any]:
        keys = KeySet.import_key_set(self._get(metadata["jwks_uri"]))  # type: ignore[arg-type]
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        decoded = jwt.decode(token["id_token"], keys, registry=registry)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "values": [self._issuer]},
                "aud": {"essential": True, "value": self._config.oidc_client_id},
            },
            {
                "nonce": question.nonce,
                "client_id": self._config.oidc_client_id,
                "access_token": token.get("access_token"),
                **({"max_age": 1} if question.again else {}),
            },
        )
        claims.validate(leeway=_LEEWAY_S)
        if question.again and claims["iat"] - claims["auth_time"] > _LEEWAY_S:
            raise ValueError("not signed in anew")
        return dict(claims)

    def _user_info(
        self, metadata: dict[str, Any], client: OAuth2Session, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask for the claims that the token lacks; some providers keep it short."""
        config = self._config
        wanted = {config.oidc_user_claim}
        wanted |= {config.oidc_groups_claim} if config.oidc_roles else set()
        if wanted <= set(claims) or "userinfo_endpoint" not in metadata:
            return {}
        answer = client.get(metadata["userinfo_endpoint"], timeout=_TIMEOUT_S)
        answer.raise_for_status()
        info = answer.json()
        if info["sub"] != claims["sub"]:  # OpenID Connect Core 1.0, 5.3.2
            raise ValueError("another subject")
        return dict(info)

    def _account_of(self, claims: Mapping[str, Any]) -> Account:
        config = self._config
        name, groups = claims.get(config.oidc_user_claim), claims.get(config.oidc_groups_claim)
        if not isinstance(name, str) or not name.strip():
            raise NotSignedIn(
                f"{self._name} does not say your name: its answer lacks “{config.oidc_user_claim}”,"
                " which PORTAL_OIDC_USER_CLAIM names. Ask your administrator"
            )
        if config.oidc_user_claim == "email" and claims.get("email_verified") is not True:
            raise NotSignedIn(
                f"{self._name} does not say that your email address is really yours, so it cannot "
                "be taken for your name. Ask your administrator"
            )
        listed = groups if isinstance(groups, list) else [groups] if groups else []
        return Account(
            f"{self._issuer} {claims['sub']}", name, tuple(str(group) for group in listed)
        )
