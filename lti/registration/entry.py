"""A registration that an administrator enters: presets of each family, and what may be entered.

Registrations of one issuer and client id may be shared among schools: Blackboard has one client
id for all. Whoever entered it first looks after it. So its addresses must be the issuer's own or
its vendor's: nobody else's server may answer for a platform that other schools use.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from lti.platforms.profile import host_of
from lti.registration import profiles
from tutorai.errors import UrlRefused
from tutorai.http import check_url

ADDRESSES = ("auth_url", "token_url", "jwks_url")
# Canvas's hosted environments: where each signs in, and its issuer.
CANVAS = {
    "production": ("sso.canvaslms.com", "canvas.instructure.com"),
    "beta": ("sso.beta.canvaslms.com", "canvas.beta.instructure.com"),
    "test": ("sso.test.canvaslms.com", "canvas.test.instructure.com"),
}
BRIGHTSPACE = "https://api.brightspace.com/auth/token"  # whom every Brightspace's tokens are for


@dataclass(frozen=True)
class Entered:
    """Where a platform is."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    token_audience: str = ""


def canvas(environment: str) -> Entered:
    """Return a hosted Canvas. Source: canvas-lms, doc/api/lti_dev_key_config.md."""
    host, issuer = CANVAS[environment]
    return Entered(
        issuer=f"https://{issuer}",
        auth_url=f"https://{host}/api/lti/authorize_redirect",
        token_url=f"https://{host}/login/oauth2/token",
        jwks_url=f"https://{host}/api/lti/security/jwks",
    )


def canvas_of_ones_own(site: str) -> Entered:
    """Return a self-hosted Canvas whose issuer (lti_iss) is its own address."""
    return Entered(
        issuer=site,
        auth_url=f"{site}/api/lti/authorize_redirect",
        token_url=f"{site}/login/oauth2/token",
        jwks_url=f"{site}/api/lti/security/jwks",
    )


def moodle(site: str) -> Entered:
    """Return a Moodle, by its site's address. Source: recording of its OpenID configuration."""
    return Entered(
        issuer=site,
        auth_url=f"{site}/mod/lti/auth.php",
        token_url=f"{site}/mod/lti/token.php",
        jwks_url=f"{site}/mod/lti/certs.php",
    )


def blackboard(client_id: str) -> Entered:
    """Return Blackboard, by our client id. Source: docs.blackboard.com, LTI registration."""
    gateway = "https://developer.blackboard.com/api/v1"
    return Entered(
        issuer="https://blackboard.com",
        auth_url=f"{gateway}/gateway/oidcauth",
        token_url=f"{gateway}/gateway/oauth2/jwttoken",
        jwks_url=f"{gateway}/management/applications/{client_id}/jwks.json",
    )


def d2l(site: str) -> Entered:
    """Return a Brightspace, by its address. Source: documentation.brightspace.com, LTI 1.3."""
    return Entered(
        issuer=site,
        auth_url=f"{site}/d2l/lti/authenticate",
        token_url="https://auth.brightspace.com/core/connect/token",
        jwks_url=f"{site}/d2l/.well-known/jwks",
        token_audience=BRIGHTSPACE,
    )


def schoology() -> Entered:
    """Return Schoology, the same for all districts. Source: developers.schoology.com."""
    base = "https://lti-service.svc.schoology.com/lti-service"
    return Entered(
        issuer="https://schoology.schoology.com",
        auth_url=f"{base}/authorize-redirect",
        token_url=f"{base}/access-token",
        jwks_url=f"{base}/.well-known/jwks",
    )


BY_SITE: dict[str, Callable[[str], Entered]] = {"moodle": moodle, "d2l": d2l}
VENDORS = ".brightspace.com"  # how the hosts end that are its vendor's, a school's own name before
# Hosts that speak for every platform of a family, besides its own.
SHARED_TOKENS = frozenset({"auth.brightspace.com"})


def site_of(text: str, *ends: str) -> str:
    """Return a site's address as an issuer is written: without the slash at its end.

    A page that somebody copied from there is taken too, cut before one of `ends`.
    Raises UrlRefused.
    """
    url = text.strip()
    if "://" not in url:
        url = f"https://{url}"
    parts = urlsplit(check_url(url))
    path = parts.path
    for end in ends:
        path = path.partition(end)[0]
    return check_url(f"{parts.scheme}://{parts.netloc.lower()}{path.rstrip('/')}")


def strange(told: Entered) -> str:
    """Return the first address that is on a host that cannot speak for the issuer; "" of none."""
    for name in ADDRESSES:
        host = host_of(getattr(told, name))
        tokens = name == "token_url" and host in SHARED_TOKENS
        if not (tokens or profiles.speaks_for(host, told.issuer)):
            return name
    return ""


def misdirected(told: Entered) -> str:
    """Return the field by which tokens would be asked for in another platform's name; "" of none.

    All platforms know us by the same keys. A foreign token endpoint would give this platform's
    launches a token for another school's people and grades; a foreign audience would let whoever
    receives the signature in there as us.
    """
    host, receiver = host_of(told.token_audience), host_of(told.token_url)
    shared = receiver in SHARED_TOKENS
    if not (shared or profiles.speaks_for(receiver, told.issuer)):
        return "token_url"
    if not told.token_audience or host == receiver or profiles.speaks_for(host, told.issuer):
        return ""
    vendors = told.token_audience == BRIGHTSPACE and receiver.endswith(VENDORS)
    return "" if vendors else "token_audience"


def refused(url: str) -> str:
    """Return why an address is none we may call, in words; "" where it is one."""
    try:
        check_url(url)
    except UrlRefused as error:
        return str(error)
    return ""
