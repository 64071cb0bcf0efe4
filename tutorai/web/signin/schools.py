"""A school's own sign-in (OpenID Connect), by allauth's provider on our HTTP client.

Nothing is linked by an equal e-mail address: a person links it, from their security page or when
they accept an invitation. Of what the school tells we keep `sub` alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from tutorai import crypto, people
from tutorai.errors import NotFound, SchoolSignIn, TutorError
from tutorai.http import Http, check_url
from tutorai.idle import release
from tutorai.models import OIDC_CLIENT, IdentityProvider

KIND = "openid_connect"  # allauth's name of the provider
WELL_KNOWN = "/.well-known/openid-configuration"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
DEADLINE = 15.0  # seconds for one answer of a school
CAP = 512 * 1024  # bytes of it
CHOSEN = "invitation"  # in the session: the invitation that is being accepted


@contextmanager
def _client() -> Iterator[Http]:
    """Yield what a school is asked by once; no connection to the database is held meanwhile."""
    release()  # anybody may begin a sign-in
    http = Http(deadline=DEADLINE, service="sign_in")
    try:
        yield http
    finally:
        http.close()


class Door(BaseAdapter):
    """Sends what allauth asks for through tutorai.http: the guard, time and size limits."""

    def send(self, request: Any, *_: Any, **__: Any) -> requests.Response:
        """Send one request of the library `requests`; raise its ConnectionError."""
        try:
            how = {"headers": dict(request.headers), "content": request.body}
            with _client() as http:
                answer = http.request(request.method, request.url, cap=CAP, **how)
        except TutorError as error:
            raise requests.ConnectionError(str(error), request=request) from error
        response = requests.Response()
        response.status_code, response.url = answer.status_code, request.url
        response.headers = CaseInsensitiveDict(answer.headers)
        response._content = answer.content
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is kept open."""


def session() -> requests.Session:
    """Return a session that follows no redirect: they would carry our secret elsewhere."""
    made = requests.Session()
    made.max_redirects, made.trust_env = 0, False
    made.mount("https://", Door())
    made.mount("http://", Door())  # refused by the guard, but in development
    return made


def discover(issuer: str) -> dict[str, Any]:
    """Return a school's OpenID configuration; raise UrlRefused, LMSError or SchoolSignIn.

    Source: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
    """
    with _client() as http:
        answer = http.request("GET", issuer.rstrip("/") + WELL_KNOWN, cap=CAP)
    try:
        told = answer.json()
    except ValueError as error:
        raise SchoolSignIn(why="JSON") from error
    if answer.status_code != 200:
        raise SchoolSignIn(why=f"HTTP {answer.status_code}")
    if not isinstance(told, dict) or told.get("issuer") != issuer:
        raise SchoolSignIn(why="issuer")
    for name in NEEDED:
        if not isinstance(told.get(name), str):
            raise SchoolSignIn(why=name)
        check_url(told[name])
    return told


class SchoolAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is not typed
    """allauth's, with our discovery and our own address."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """The school's configuration, read once a request."""
        if not hasattr(self, "_config"):
            self._config = discover(self.get_provider().app.settings["issuer"])
        return self._config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the school sends people back."""
        return callback(self.provider_id)


class School(OpenIDConnectProvider):  # type: ignore[misc]  # allauth is not typed for others
    """One school's sign-in."""

    oauth2_adapter_class = SchoolAdapter

    def serialize(self) -> dict[str, Any]:
        """Name the school; allauth would name the client, which schools may share."""
        return {"id": self.app.provider_id}


def callback(provider: str) -> str:
    """Return the address that a school registers for us (redirect_uri)."""
    parts = {"provider_id": provider}
    return f"{settings.PUBLIC_URL}{reverse('openid_connect_callback', kwargs=parts)}"


def app_of(row: IdentityProvider) -> SocialApp:
    """Describe a school's sign-in to allauth, in memory."""
    wanted = {
        "issuer": row.issuer,
        "server_url": row.issuer,
        "scope": ["openid"],  # no name, no address: we ask who comes back, not who they are
        "fetch_userinfo": False,
        "oauth_pkce_enabled": True,
    }
    return SocialApp(
        provider=KIND,
        provider_id=str(row.institution_id),
        name=row.name,
        client_id=row.client_id,
        secret=crypto.decrypt(row.client_secret, purpose=OIDC_CLIENT),
        settings=wanted,
    )


def host(row: IdentityProvider) -> str:
    """Return the host of a school's sign-in, to show where one goes."""
    return urlsplit(row.issuer).hostname or ""


class Schools(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is not typed for others
    """Where allauth asks for a school."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> Any:
        """Return the one app of that institution's id, if it has one."""
        try:
            wanted = UUID(str(provider))
        except ValueError:
            return []
        return [app_of(row) for row in IdentityProvider.objects.filter(institution=wanted)]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> School:
        """Return a school's provider; raise NotFound."""
        apps = self.list_apps(request, provider)
        if not apps:
            raise NotFound()
        return School(request, app=apps[0])

    def list_providers(self, request: HttpRequest) -> list[School]:
        """No page lists the schools there are."""
        return []

    def get_requests_session(self) -> requests.Session:
        """All that allauth asks of a school goes through our client."""
        return session()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody signs up by coming from a school."""
        return False

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        """Back to where one links it."""
        return reverse("mfa_index")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Forget what the school told beyond `sub`; accept the invitation that is under way."""
        sociallogin.token = None
        sociallogin.account.extra_data = {}
        if sociallogin.account.pk:
            sociallogin.account.save(update_fields=["extra_data"])
        wanted = request.session.get(CHOSEN)
        if sociallogin.is_existing or sociallogin.state.get("process") != "login" or not wanted:
            return
        account = people.join_from_school(UUID(wanted), UUID(sociallogin.account.provider))
        if account is not None:
            del request.session[CHOSEN]
            sociallogin.connect(request, account)
