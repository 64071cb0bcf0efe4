"""How a Blackboard gives out tokens: to people who consent, and to the application itself.

There is one live token for an application on a site: asked again, it gives the same one with
fewer seconds. Nothing can be revoked there; what is deleted here is forgotten.
Source: https://docs.anthology.com/docs/developers/rest-apis/getting-started (3LO, OAuth 2.0)
"""

import base64
from hashlib import sha256
from urllib.parse import urlencode

from connectors import consenting
from connectors.base import Bearer, Client, Grant

OAUTH = "/learn/api/public/v1/oauth2"
# "read" and "write" speak of all that the person may; "offline" gives a refresh token. What is
# narrower than that is not for an application to ask, but for the entitlements of its user.
SCOPES = ("read", "write", "offline")


class OAuth:
    """Blackboard's endpoints (`connectors.base.OAuth`)."""

    scopes: tuple[str, ...] = SCOPES

    def consent_url(
        self, base_url: str, client: Client, *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Return where somebody consents. Releases before 3700.4 pass the challenge over."""
        digest = sha256(verifier.encode()).digest()
        query = {
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "client_id": client.client_id,
            "scope": " ".join(self.scopes),
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{base_url}{OAUTH}/authorizationcode?{urlencode(query)}"

    def exchange(
        self, base_url: str, client: Client, *, code: str, redirect_uri: str, verifier: str
    ) -> Grant:
        """Return what a code is good for."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        return _ask(base_url, client, form)

    def refresh(self, base_url: str, client: Client, *, refresh: str, redirect_uri: str) -> Grant:
        """Return a new access token, and the refresh token to keep from now on."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh,
            "redirect_uri": redirect_uri,
        }
        return _ask(base_url, client, form)

    def own(self, base_url: str, client: Client) -> Grant:
        """Return the application's own token."""
        return _ask(base_url, client, {"grant_type": "client_credentials"})

    def revoke(self, base_url: str, bearer: Bearer) -> None:
        """Do nothing: Blackboard has no way to end a token before its hour is over."""


def _ask(base_url: str, client: Client, form: dict[str, str]) -> Grant:
    pair = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    reply = consenting.ask(f"{base_url}{OAUTH}/token", form, {"Authorization": f"Basic {pair}"})
    answer = consenting.told(reply)
    return consenting.grant(answer, owner=_owner(answer.get("user_id")))


def _owner(told: object) -> str:
    """Return the person as REST paths name them: by uuid, as LTI does."""
    return f"uuid:{told}" if told else ""
