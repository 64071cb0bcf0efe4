"""Access tokens for a platform's services: asked for by signature, shared by all our processes.

Kept encrypted in Redis until a minute before they end; one process asks, the others wait for its
answer. While Redis is away each process keeps its own.

Source: https://www.imsglobal.org/spec/security/v1p0 (4.1), RFC 7523.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt
from django.core.cache import cache as store
from redis.exceptions import RedisError

from lti import heard, keys, platforms, wire
from lti.models import Registration
from tutorai import crypto
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSThrottled,
    LMSUnavailable,
    NotSent,
    ScopeMissing,
    SecretUnreadable,
    ToolRefused,
    TutorError,
)
from tutorai.ids import new_id

PURPOSE = "service-token"  # what `tutorai.crypto` binds our ciphertexts to
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EARLY = 60  # seconds before its end that a token is no longer used
BEFORE, LIFETIME = 10, 240  # seconds from our iat to now (Moodle takes none ahead), and to exp
DEADLINE = 15.0  # seconds for an answer of the token endpoint
LEASE = 20  # seconds one process may ask before another does
PATIENCE = 25.0  # seconds to wait for others' asking
STEP = 0.05  # seconds between two looks at whether it has ended
USUAL, LONGEST = 3600, 24 * 3600  # seconds a token is good for that does not say; that says more

# Who counts them, handed over by tutorai.apps: the token endpoint's host, and "ok" or a code.
refreshed: Callable[[str, str], None] | None = None

_near: dict[str, tuple[float, "Token"]] = {}  # name → (good until, monotonic)
_locks: dict[str, threading.Lock] = {}


@dataclass(frozen=True)
class Token:
    """An access token, and what it is good for."""

    value: str
    scopes: frozenset[str]


def current(
    registration: Registration,
    scopes: Iterable[str],
    *,
    instead_of: str = "",
    patience: float = PATIENCE,
) -> Token:
    """Return a token for these scopes, or for those of them that the platform grants.

    `instead_of` is the value that a service has just refused: that one is not returned again.
    Who waits longer than `patience` (seconds) for others' asking gets NotSent.
    Raises LMSError; ScopeMissing when the platform grants none of them.
    """
    wanted = sorted(set(scopes))
    name = name_of(registration, wanted)

    def ask() -> tuple[Token, float]:
        token, seconds = _counted(registration, wanted)
        if token.value == instead_of and seconds <= 0:  # Blackboard gives the same until it ends
            raise NotSent(retry_after=max(1.0, seconds + EARLY + 1))
        _near[name] = (time.monotonic() + seconds, token)
        return token, seconds

    try:
        return _held(name, instead_of) or _once(name, ask, instead_of, patience)
    except RedisError:
        return _alone(name, ask, instead_of)


def name_of(registration: Registration, scopes: list[str]) -> str:
    """Return under which name a token rests; `scopes` in order."""
    told = [registration.client_id, registration.token_url, registration.token_audience, *scopes]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return f"{PURPOSE}:{registration.pk}:{digest}"


def _held(name: str, instead_of: str) -> Token | None:
    """Return the token in Redis, unless it is the one that was refused."""
    sealed = store.get(name)
    if sealed is None:
        return None
    try:
        told = json.loads(crypto.decrypt(sealed, purpose=PURPOSE))
    except SecretUnreadable:
        return None
    token = Token(told["value"], frozenset(told["scopes"]))
    return None if token.value == instead_of else token


def _once(
    name: str, ask: Callable[[], tuple[Token, float]], instead_of: str, patience: float
) -> Token:
    """Ask, or wait for who is asking already; raise NotSent when that takes too long."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if store.add(f"{name}:busy", 1, LEASE):
            try:
                return _held(name, instead_of) or _kept(name, *ask())
            finally:
                store.delete(f"{name}:busy")
        time.sleep(STEP)
        if token := _held(name, instead_of):
            return token
    raise NotSent()


def _kept(name: str, token: Token, seconds: float) -> Token:
    """Put a token where all find it."""
    if seconds > 0:
        told = json.dumps({"value": token.value, "scopes": sorted(token.scopes)})
        store.set(name, crypto.encrypt(told, purpose=PURPOSE), seconds)
    return token


def _alone(name: str, ask: Callable[[], tuple[Token, float]], instead_of: str) -> Token:
    """Do without Redis: one thread asks, this process remembers."""
    with _locks.setdefault(name, threading.Lock()):
        until, token = _near.get(name, (0.0, None))
        if token and token.value != instead_of and until > time.monotonic():
            return token
        return ask()[0]


def _counted(registration: Registration, scopes: list[str]) -> tuple[Token, float]:
    """Ask; remember how it ended, and tell who counts."""
    outcome = "ok"
    try:
        token, seconds = _asked(registration, scopes)
        heard.remember(registration.pk, "", token.scopes, set(scopes) - token.scopes)
        return token, seconds
    except TutorError as error:
        outcome = error.code
        heard.remember(registration.pk, outcome)
        raise
    finally:
        if refreshed is not None:
            refreshed(urlsplit(registration.token_url).netloc.lower(), outcome)


def _asked(registration: Registration, scopes: list[str]) -> tuple[Token, float]:
    """Return a fresh token, and for how many seconds it may be used."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": _assertion(registration),
        "scope": " ".join(scopes),
    }
    reply = wire.exchange(
        "token",
        "POST",
        registration.token_url,
        data=form,
        headers={"Accept": "application/json"},
        deadline=DEADLINE,
    )
    if not reply.ok:
        raise _refusal(reply, registration, scopes)
    return _read(reply, scopes)


def _assertion(registration: Registration) -> str:
    """Sign who we are. Its jti is used once: some platforms remember them."""
    kid, private = keys.signing(registration)
    now = int(time.time())
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,
        "aud": audience(registration),
        "iat": now - BEFORE,
        "exp": now + LIFETIME,
        "jti": str(new_id()),
    }
    return jwt.encode(claims, private, algorithm="RS256", headers={"kid": kid})


def audience(registration: Registration) -> str:
    """Return whom our assertion is for: one value, for some platforms take no list of two."""
    told, url = registration.token_audience, registration.token_url
    known = platforms.facts(registration.family, registration.issuer, url)
    takes = (urlsplit(url).hostname or "").endswith(known.audience_below)
    return told or (known.audience if takes else "") or url


def _read(reply: wire.Reply, scopes: list[str]) -> tuple[Token, float]:
    """Read an answer; its type is not looked at, for Moodle calls it HTML."""
    told = reply.json()
    try:
        value, seconds = told["access_token"], float(told.get("expires_in", USUAL))
        granted = told.get("scope") or " ".join(scopes)  # not told: as asked (RFC 6749, 5.1)
        if not (isinstance(value, str) and value.isascii() and value.isprintable() and value):
            raise ValueError("no token")
        token = Token(value, frozenset(granted.split()) & set(scopes))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise LMSMisunderstood() from error
    if not token.scopes:
        raise ScopeMissing(scope=", ".join(map(short, scopes)))
    return token, min(seconds, LONGEST) - EARLY


def short(scope: str) -> str:
    """Return what administrators see of a scope: its last word."""
    return scope.rpartition("/")[2]


def _refusal(reply: wire.Reply, registration: Registration, scopes: list[str]) -> LMSError:
    """Return what an answer without a token means."""
    error = wire.meaning(reply)
    if isinstance(error, LMSUnavailable | LMSThrottled):
        return error
    if "invalid_scope" in reply.text:
        return ScopeMissing(scope=", ".join(map(short, scopes)))
    known = platforms.facts(registration.family, registration.issuer, registration.token_url)
    if named := known.refusal(reply.status, reply.text):
        return named()
    return ToolRefused() if reply.status in {400, 401, 403} else LMSMisunderstood()
