"""The one door to pylti1p3: keys as JWKs, and the check of an id_token.

Its own launch object accepts replays, a wrong azp and a token without exp; here only its key
helper is used, and the token is checked by OpenID Connect Core 3.1.3.7 and LTI 1.3 security.
"""

import time
from typing import Any

import jwt
from pylti1p3.registration import Registration as PyltiRegistration

from lti.errors import InvalidToken, MissingKid, UnknownKid

LEEWAY = 60  # seconds between two clocks
OLDEST = 3600  # seconds since iat


def public_jwk(pem: str) -> dict[str, Any]:
    """Return the public key (PEM) as a JWK whose kid is its thumbprint."""
    return dict(PyltiRegistration.get_jwk(pem))


def kid_of(token: str) -> str:
    """Return which key signed `token`; raise MissingKid or InvalidToken."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, UnicodeError) as error:
        raise InvalidToken() from error
    if header.get("alg") != "RS256":
        raise InvalidToken()
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise MissingKid()
    return kid


def key_in(keys: list[dict[str, Any]], kid: str) -> dict[str, Any] | None:
    """Return the key of that name, when it is RSA and may sign."""
    for key in keys:
        if key.get("kid") == kid and key.get("kty") == "RSA" and key.get("use", "sig") == "sig":
            return key
    return None


def verify(
    token: str, key: dict[str, Any] | None, *, issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """Return the claims of a token meant for us, now, in answer to this nonce."""
    if key is None:
        raise UnknownKid()
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(key, algorithm="RS256").key,
            algorithms=["RS256"],
            issuer=issuer,
            leeway=LEEWAY,
            options={
                "require": ["exp", "iat", "iss", "aud"],
                "verify_aud": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
        fresh = float(claims["iat"]) > time.time() - OLDEST
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, UnicodeError) as error:
        raise InvalidToken() from error
    if not fresh or not _for_us(claims, client_id) or claims.get("nonce") != nonce:
        raise InvalidToken()
    return claims


def _for_us(claims: dict[str, Any], client_id: str) -> bool:
    """aud holds us; azp, which several audiences need, names us."""
    aud = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    azp = claims.get("azp")
    if client_id not in aud or (len(aud) > 1 and azp is None):
        return False
    return azp is None or azp == client_id
