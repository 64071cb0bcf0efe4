"""How a Canvas asks for consent and gives out tokens.

A refresh writes over the access token: the one before is dead at once, and the refresh token, for
a client with a secret, stays the same and is not told again.
Source: https://canvas.instructure.com/doc/api/file.oauth_endpoints.html, and Canvas's own
app/controllers/oauth2_provider_controller.rb.
"""

from typing import Any
from urllib.parse import urlencode

from connectors import consenting
from connectors.base import Bearer, Client, Grant
from connectors.canvas.scopes import SCOPES
from lti import wire
from tutorai.errors import LMSRefused


class OAuth:
    """Canvas's endpoints (`connectors.base.OAuth`)."""

    scopes = SCOPES

    def consent_url(
        self, base_url: str, client: Client, *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Return where somebody consents; scopes go in one parameter, for the last one counts."""
        query = {
            "client_id": client.client_id,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "state": state,
            "scope": " ".join(self.scopes),
        }
        return f"{base_url}/login/oauth2/auth?{urlencode(query)}"

    def exchange(
        self, base_url: str, client: Client, *, code: str, redirect_uri: str, verifier: str
    ) -> Grant:
        """Return what a code is good for."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._ask(base_url, client, form)

    def refresh(self, base_url: str, client: Client, *, refresh: str, redirect_uri: str) -> Grant:
        """Return a new access token; the old one is dead at that moment."""
        return self._ask(
            base_url, client, {"grant_type": "refresh_token", "refresh_token": refresh}
        )

    def own(self, base_url: str, client: Client) -> Grant:
        """Raise LMSRefused: Canvas gives REST tokens to people alone."""
        raise LMSRefused()

    def revoke(self, base_url: str, bearer: Bearer) -> None:
        """End a token; one that is dead already is as good."""
        signed = {"Authorization": f"Bearer {bearer.secret}"}
        reply = wire.exchange("token", "DELETE", _token(base_url), headers=signed, deadline=10)
        if not reply.ok and reply.status != 401:
            raise wire.meaning(reply)

    def _ask(self, base_url: str, client: Client, form: dict[str, str]) -> Grant:
        named = {**form, "client_id": client.client_id, "client_secret": client.secret}
        answer = consenting.told(consenting.ask(_token(base_url), named))
        return consenting.grant(answer, owner=_owner(answer.get("user")))


def _owner(told: Any) -> str:
    return str(told.get("id", "")) if isinstance(told, dict) else ""


def _token(base_url: str) -> str:
    return f"{base_url}/login/oauth2/token"
