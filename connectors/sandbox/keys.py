"""The platform's signing key, and the tool's keys as the platform checks them."""

from __future__ import annotations

import json
import ssl
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction
from jwt.algorithms import RSAAlgorithm

from connectors.sandbox.models import SigningKey, Tool

ALGORITHM = "RS256"


def signing_key() -> SigningKey:
    """Return the key in use; made once, then read from the database for ever."""
    return SigningKey.objects.latest("created_at")


def make_key(kid: str) -> SigningKey:
    """Store a new RSA key, which becomes the one in use; older ones stay published."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    return SigningKey.objects.create(kid=kid, pem=pem)


@transaction.atomic
def ensure_key() -> None:
    """Make the first key when there is none."""
    if not SigningKey.objects.exists():
        make_key("sandbox-1")


def jwks() -> dict[str, Any]:
    """Return the public keys in the form of RFC 7517, newest first."""
    return {"keys": [_public(key) for key in SigningKey.objects.order_by("-created_at")]}


def _public(key: SigningKey) -> dict[str, Any]:
    public = json.loads(RSAAlgorithm.to_jwk(_private(key).public_key()))
    return {**public, "kid": key.kid, "alg": ALGORITHM, "use": "sig"}


def _private(key: SigningKey) -> rsa.RSAPrivateKey:
    # OpenSSL's look at a key takes longer than all else of an answer; we made it ourselves.
    pem = key.pem.encode()
    private = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(private, rsa.RSAPrivateKey)
    return private


def sign(claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    """Return `claims` as a JWT of this platform; `header` adds to or replaces header fields."""
    key = signing_key()
    named = {"kid": key.kid, **(header or {})}
    return jwt.encode(claims, _private(key), ALGORITHM, headers=named)


def read_assertion(assertion: str, *, tool: Tool, audience: str) -> dict[str, Any]:
    """Check a client assertion against the tool's published keys and return its claims.

    Raises jwt.PyJWTError when anything about it is wrong, or the keys cannot be had.
    Source: https://www.imsglobal.org/spec/security/v1p0/#using-json-web-tokens-with-oauth-2-0-client-credentials-grant
    """
    needed = ["iss", "sub", "iat", "aud", "exp", "jti"]
    claims = read_message(assertion, tool=tool, audience=audience, require=needed)
    if claims["sub"] != tool.client_id:
        raise jwt.InvalidTokenError("sub is not the client")
    if claims["exp"] - time.time() > 3600:
        raise jwt.InvalidTokenError("exp is too far away")
    return claims


def read_message(
    token: str, *, tool: Tool, audience: str | None, require: list[str]
) -> dict[str, Any]:
    """Check what a tool signed against its published keys, and return the claims.

    Without an audience `aud` may say anything. Raises jwt.PyJWTError.
    """
    # The tool's address was given by whoever runs this sandbox, so there is nothing to guard.
    client = jwt.PyJWKClient(
        tool.jwks_url,
        cache_keys=False,
        timeout=5,
        ssl_context=ssl.create_default_context(),
    )
    claims: dict[str, Any] = jwt.decode(
        token,
        client.get_signing_key_from_jwt(token).key,
        algorithms=["RS256", "RS384", "RS512", "ES256", "ES384"],
        audience=audience,
        issuer=tool.client_id,
        leeway=60,  # seconds
        options={"require": require, "verify_aud": bool(audience)},
    )
    return claims
