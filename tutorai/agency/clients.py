"""How a program makes itself known (RFC 7591): anybody's may, and that alone opens nothing.

It gets an id and no secret. Where it is called back is written down here, and held to: https, this
machine (http on loopback, at whatever port), or a scheme that MCP_REDIRECT_SCHEMES names.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from oauth2_provider.generators import generate_client_id

from tutorai.agency.models import Client

MOST, LONGEST, NAME = 10, 400, 120  # addresses, characters of one, characters of a name
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
GRANTS = ["authorization_code", "refresh_token"]


class Unfit(Exception):
    """What a program says of itself cannot be used; `error` is RFC 7591's word for it."""

    def __init__(self, error: str, words: str) -> None:
        super().__init__(words)
        self.error = error


def register(told: Any) -> dict[str, Any]:
    """Write a program down; return what it is told. Raises Unfit."""
    if not isinstance(told, dict):
        raise Unfit("invalid_client_metadata", "A JSON object is needed.")
    addresses = _addresses(told.get("redirect_uris"))
    grants = told.get("grant_types") or ["authorization_code"]
    if not isinstance(grants, list) or "authorization_code" not in grants:
        raise Unfit("invalid_client_metadata", "The grant is authorization_code.")
    name = told.get("client_name") or ""
    if not isinstance(name, str):
        raise Unfit("invalid_client_metadata", "client_name is text.")
    row = Client.objects.create(
        client_id=generate_client_id(),
        client_type=Client.CLIENT_PUBLIC,
        client_secret="",
        hash_client_secret=False,  # there is none
        authorization_grant_type=Client.GRANT_AUTHORIZATION_CODE,
        redirect_uris=" ".join(addresses),
        name=" ".join(name.replace("\x00", "").split())[:NAME],
        registration_source=Client.RegistrationSource.DCR,
    )
    return {
        "client_id": row.client_id,
        "client_id_issued_at": int(row.created.timestamp()),
        "client_name": row.name,
        "redirect_uris": addresses,
        "grant_types": GRANTS,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }


def _addresses(told: Any) -> list[str]:
    if not isinstance(told, list) or not 0 < len(told) <= MOST:
        raise Unfit("invalid_redirect_uri", f"redirect_uris: 1 to {MOST} addresses.")
    for one in told:
        if not isinstance(one, str) or not _fit(one):
            words = "An address is https, http on loopback, or of a scheme that is known here."
            raise Unfit("invalid_redirect_uri", words)
    return list(dict.fromkeys(told))


def _fit(address: str) -> bool:
    """Whether a program may be called back there: no wildcard, no fragment, no name in it."""
    plain = address.isascii() and address.isprintable() and not set(' "<>\\^`{|}#*') & {*address}
    if not plain or len(address) > LONGEST:
        return False
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if "@" in parts.netloc:
        return False
    if parts.scheme == "http":
        return host in LOOPBACK
    return bool(host) and parts.scheme in {"https", *settings.MCP_REDIRECT_SCHEMES}
