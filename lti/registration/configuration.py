"""A platform's OpenID configuration, read as a stranger's word.

Source: https://www.imsglobal.org/spec/lti-dr/v1p0#platform-configuration
"""

from dataclasses import dataclass
from typing import Any

from lti.platforms.profile import Profile, host_of
from lti.registration import entry, profiles, reading
from lti.registration.errors import (
    ConfigurationAway,
    ConfigurationRefused,
    ConfigurationUnread,
    ConfigurationWrong,
    ForeignIssuer,
)
from tutorai.errors import LMSMisunderstood, LMSUnavailable, TooBig, UrlRefused
from tutorai.http import check_url

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
LONGEST = 255  # characters of an issuer; LTI 1.3 core 5.3
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
CALLED = {"token_url": "token_endpoint", "token_audience": "authorization_server"}


@dataclass(frozen=True)
class Configuration:
    """What a platform says of itself; members nobody asks for are left out."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    registration_endpoint: str  # "": it has none
    audience: str  # of token requests; "": the token's address
    product: str
    version: str
    account: str  # Canvas: of which account
    scopes: tuple[str, ...]  # (): not told
    messages: dict[str, tuple[str, ...]]  # by type, where each may stand; {}: not told

    @property
    def profile(self) -> Profile:
        """How such platforms register tools."""
        return profiles.by_product(self.product, self.issuer)


def fetch(url: str, *, token: str = "", patience: float = reading.PATIENCE) -> Configuration:
    """Ask a platform for its configuration; raise what `lti.registration.errors` names.

    `patience` is how many seconds the whole answer may take.
    """
    host = host_of(url)
    try:
        status, text = reading.ask("GET", url, token=token, deadline=patience)
        if status != 200:  # a redirect leads to a page to sign in, as a rule; it is not followed
            raise ConfigurationRefused(host=host, status=status)
        told = reading.told(text)
    except LMSUnavailable as error:
        raise ConfigurationAway(host=host) from error
    except (LMSMisunderstood, TooBig) as error:
        raise ConfigurationUnread(host=host) from error
    return read(told, host=host)


def read(told: dict[str, Any], *, host: str) -> Configuration:
    """Return what a configuration says that `host` served; raise ConfigurationWrong, ForeignIssuer."""
    issuer = _address(told, "issuer", host)
    if not profiles.speaks_for(host, issuer):
        raise ForeignIssuer(host=host, issuer=issuer)
    addresses = {name: _address(told, name, host) for name in ADDRESSES}
    auth, token, jwks = addresses.values()
    audience = _audience(told)
    if wrong := entry.misdirected(entry.Entered(issuer, auth, token, jwks, audience)):
        raise ConfigurationWrong(host=host, member=CALLED[wrong])
    platform = reading.member(told.get(PLATFORM))
    registering = told.get("registration_endpoint") is not None
    return Configuration(
        issuer=issuer,
        **addresses,
        registration_endpoint=_address(told, "registration_endpoint", host) if registering else "",
        audience=audience,
        product=reading.text(platform.get("product_family_code"), 60),
        version=reading.text(platform.get("version"), 100),
        account=reading.text(platform.get("https://canvas.instructure.com/lti/account_name")),
        scopes=reading.words(told.get("scopes_supported")),
        messages=_messages(platform.get("messages_supported")),
    )


def _address(told: dict[str, Any], name: str, host: str) -> str:
    """Return an address we may call; what is none names the member that it was to be."""
    longest = LONGEST if name == "issuer" else reading.LONGEST
    url = reading.text(told.get(name), longest)
    try:
        return check_url(url)
    except UrlRefused as error:
        raise ConfigurationWrong(host=host, member=name) from error


def _audience(told: dict[str, Any]) -> str:
    """Return whom assertions are for, where it is not the token's address.

    Canvas names a bare host there, and takes the token's address alone.
    """
    url = reading.text(told.get("authorization_server"), reading.LONGEST)
    try:
        return check_url(url) if url else ""
    except UrlRefused:
        return ""


def _messages(listed: Any) -> dict[str, tuple[str, ...]]:
    """Return the messages a platform sends: objects, or the bare types of older Moodles."""
    found: dict[str, tuple[str, ...]] = {}
    for one in (listed if isinstance(listed, list) else [])[:50]:
        kind = one if isinstance(one, str) else reading.member(one).get("type")
        if isinstance(kind, str) and kind:
            places = (
                () if isinstance(one, str) else reading.words(reading.member(one).get("placements"))
            )
            found[kind] = (*found.get(kind, ()), *places)
    return found
