"""The one door to pylti1p3: keys as JWKs, and the check of an id_token.

Its own launch object accepts replays, a wrong azp and a token without exp; here only its key
helper is used, and the token is checked by OpenID Connect Core 3.1.3.7 and LTI 1.3 security.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.conf import settings
from pylti1p3.registration import Registration as PyltiRegistration

from lti.errors import BadClaim, InvalidToken, MissingKid

LEEWAY = 60  # seconds between two clocks
OLDEST = 3600  # seconds since iat
LARGEST = 64 * 1024  # characters of a token; real ones have under 16,000
WEAKEST = 2048  # bits of an RSA key
PUBLIC = frozenset({"kty", "crv", "n", "e", "x", "y"})  # what we read of a JWK's key
REQUIRED = ["exp", "iat", "iss", "aud", "nonce"]

# What a signature may be made with, and the key it needs: (kty, crv).
ALGORITHMS: dict[str, tuple[str, str | None]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}


@dataclass(frozen=True)
class Head:
    """What a token's header says of its signature."""

    kid: str
    algorithm: str


@dataclass(frozen=True)
class Key:
    """A platform's public key, made ready once. `algorithm` is "" where the JWK names none (D2L)."""

    kid: str
    kind: tuple[str, str | None]
    algorithm: str
    public: Any


def address() -> str:
    """Return where links to us lead."""
    return f"{settings.PUBLIC_URL}/lti/launch"


def public_jwk(pem: str) -> dict[str, Any]:
    """Return the public key (PEM) as a JWK whose kid is its thumbprint."""
    return dict(PyltiRegistration.get_jwk(pem))


def head_of(token: str) -> Head:
    """Return who signed `token`, and how; raise MissingKid or InvalidToken."""
    if len(token) > LARGEST or token.count(".") != 2:
        raise InvalidToken()
    try:
        # The head alone: PyJWT looks at every sign of what it is given, and at the rest later.
        header = jwt.get_unverified_header(f"{token[: token.index('.')]}..")
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        if "Key ID" in str(error):  # PyJWT: a kid that is no text
            raise MissingKid() from error
        raise InvalidToken() from error
    if header.get("alg") not in ALGORITHMS or "b64" in header:
        raise InvalidToken()
    kid = header.get("kid")
    if not kid:
        raise MissingKid()
    return Head(str(kid), str(header["alg"]))


def keys_of(jwks: Iterable[Any]) -> list[Key]:
    """Return the keys of a JWKS that may check a signature; what is no such key is passed over."""
    return [key for jwk in jwks if isinstance(jwk, dict) and (key := _key(jwk))]


def _key(jwk: dict[str, Any]) -> Key | None:
    kind = (jwk.get("kty"), jwk.get("crv") if jwk.get("kty") == "EC" else None)
    fits = next((name for name, needed in ALGORITHMS.items() if needed == kind), "")
    if not fits or jwk.get("use", "sig") != "sig" or not isinstance(jwk.get("kid"), str):
        return None
    told = {name: value for name, value in jwk.items() if name in PUBLIC}
    try:
        public = jwt.PyJWK(told, algorithm=fits).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if kind[0] == "RSA" and public.key_size < WEAKEST:
        return None
    return Key(jwk["kid"], ALGORITHMS[fits], str(jwk.get("alg") or ""), public)


def pick(keys: Iterable[Key], head: Head) -> Key | None:
    """Return the key that the header names and that its algorithm needs, or None."""
    for key in keys:
        if (
            key.kid == head.kid
            and key.kind == ALGORITHMS[head.algorithm]
            and key.algorithm in {"", head.algorithm}
        ):
            return key
    return None


def unverified(token: str) -> dict[str, Any]:
    """Return what a token says of itself before its signature is checked; raise InvalidToken."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise InvalidToken() from error
    return claims


def verify(
    token: str, head: Head, key: Key, *, issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """Return the claims of a token meant for us, now, in answer to this nonce."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[head.algorithm],
            issuer=issuer,
            leeway=LEEWAY,
            options={
                "require": REQUIRED,
                "verify_aud": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.MissingRequiredClaimError as error:
        raise BadClaim(claim=error.claim) from error
    except jwt.InvalidSignatureError as error:
        raise InvalidToken(signature="wrong") from error  # or the key is another one by now
    except (jwt.ImmatureSignatureError, jwt.ExpiredSignatureError) as error:
        raise InvalidToken(
            ahead=_ahead(token)
        ) from error  # it is theirs: PyJWT looks at that first
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken() from error
    fresh = int(claims["iat"]) > time.time() - OLDEST  # a number: PyJWT has looked
    if not fresh or not _for_us(claims, client_id) or not _answers(claims, nonce):
        raise InvalidToken()
    return claims


def sign(claims: dict[str, Any], *, kid: str, private: RSAPrivateKey) -> str:
    """Return a token of ours; `private` is the key that `kid` names."""
    return jwt.encode(claims, private, algorithm="RS256", headers={"kid": kid})


def _ahead(token: str) -> int:
    """Return by how many seconds the clock is ahead of ours that wrote a token, as it tells."""
    told = jwt.decode(token, options={"verify_signature": False})
    return round(float(told["iat"]) - time.time())


def _for_us(claims: dict[str, Any], client_id: str) -> bool:
    """aud holds us; azp, which several audiences need, names us."""
    aud = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    azp = claims.get("azp")
    if client_id not in aud or (len(aud) > 1 and azp is None):
        return False
    return azp is None or bool(azp == client_id)


def _answers(claims: dict[str, Any], nonce: str) -> bool:
    told = claims["nonce"]
    return isinstance(told, str) and compare_digest(
        told.encode(errors="replace"), nonce.encode(errors="replace")
    )
