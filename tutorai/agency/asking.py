"""What a program asks for by OAuth: read from its request, granted or refused. Blocking.

The toolkit judges: who the program is, where it may be called back, PKCE, scopes.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.oauth2.rfc6749 import errors

from tutorai.agency import scopes
from tutorai.agency.models import Client, Delegation
from tutorai.errors import BadRequest

LONGEST = 8192  # characters of a request


class SentBack(Exception):
    """The program hears what is wrong with its request: `to` is where the browser goes."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


def whither(address: str) -> str:
    """Return a host, or the scheme of a program's own."""
    parts = urlsplit(address)
    return parts.netloc if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


def at_home(address: str) -> bool:
    """Whether an answer sent there stays on the person's own machine."""
    parts = urlsplit(address)
    loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return loopback or parts.scheme not in {"http", "https"}


@dataclass(frozen=True)
class Asking:
    """One program that asks. `credentials` is the toolkit's own word for what it sent."""

    client: Client
    wanted: frozenset[str]  # scopes
    credentials: dict[str, Any]
    uri: str

    @property
    def back(self) -> str:
        """Where the browser goes with the answer."""
        return str(self.credentials["redirect_uri"])


def read(request: HttpRequest) -> Asking:
    """Return what the address of a request asks for; raise BadRequest, SentBack."""
    core = OAuthLibCore()
    if len(request.META["QUERY_STRING"]) > LONGEST or any(
        "\x00" in value for values in request.GET.lists() for value in values[1]
    ):
        raise BadRequest(why=_("this is no request of a program"))
    uri = core._get_escaped_full_path(request)
    try:
        wanted, credentials = core.server.validate_authorization_request(uri, http_method="GET")
    except errors.FatalClientError as error:
        raise BadRequest(why=_("the program is not known here, or not at this address")) from error
    except errors.OAuth2Error as error:
        raise SentBack(_with_issuer(error.in_uri(error.redirect_uri))) from error
    client = Client.objects.get(client_id=credentials["client_id"])
    Client.objects.filter(pk=client.pk).update(seen_at=timezone.now())
    asking = Asking(client, frozenset(wanted), credentials, uri)
    if credentials.get("code_challenge_method") != "S256":
        raise _refused(asking, errors.InvalidRequestError("code_challenge_method must be S256."))
    if any(not scopes.is_ours(one) for one in parse_qs(urlsplit(uri).query).get("resource", [])):
        words = f"Tokens are for {scopes.RESOURCE}."
        raise _refused(asking, errors.CustomOAuth2Error("invalid_target", words))
    return asking


def allow(asking: Asking, held: Delegation) -> str:
    """Return where the browser goes with a code for what was granted."""
    credentials = {**asking.credentials, "user": held}
    headers, _body, _status = OAuthLibCore().server.create_authorization_response(
        uri=asking.uri, http_method="GET", scopes=held.scope.split(), credentials=credentials
    )
    return _with_issuer(str(headers["Location"]))


def refuse(asking: Asking) -> str:
    """Return where the browser goes when the person says no."""
    return _refused(asking, errors.AccessDeniedError()).to


def _refused(asking: Asking, error: errors.OAuth2Error) -> SentBack:
    error.state = asking.credentials.get("state")
    return SentBack(_with_issuer(error.in_uri(asking.back)))


def _with_issuer(uri: str) -> str:
    """Say who answers (RFC 9207): no program takes our answer for another server's."""
    parts = urlsplit(uri)
    told = [(name, value) for name, value in parse_qsl(parts.query) if name != "iss"]
    return parts._replace(query=urlencode([*told, ("iss", settings.PUBLIC_URL)])).geturl()
