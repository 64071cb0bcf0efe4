"""Our own key pairs. How they stand follows from their times: no worker has to be awake for it.

    made ── published ──► signs_from ── signs ──► its successor's signs_from ──► retires_at
             25 hours                30 days                          7 days

Source: https://www.imsglobal.org/spec/security/v1p0 (6.3)
"""

from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from lti.models import Registration, ToolKey
from lti.tool import public_jwk
from tutorai import crypto

LOCK = 7_130_001  # Postgres advisory lock: one process at a time makes or takes back keys
CACHED = timedelta(hours=1)  # what is between us and a platform may keep our JWKS as long
# A platform that keeps what it fetched for a day has a new key before that signs.
AHEAD = timedelta(hours=24) + CACHED
EARLY = timedelta(days=2)  # made as long before it is needed: a day without workers costs nothing
KEPT = timedelta(days=7)  # published after it signed last
SKEW = timedelta(minutes=5)  # what is to count at once began as long ago: our clocks may differ


def make(
    *, signs_from: datetime | None = None, registration: Registration | None = None
) -> ToolKey:
    """Make and store a key pair, published from now on."""
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = pair.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public = (
        pair.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    return ToolKey.objects.create(
        private_key=crypto.encrypt(private, purpose="tool-key"),
        public_jwk=public_jwk(public),
        signs_from=signs_from,
        registration=registration,
    )


def signing(registration: Registration) -> tuple[str, rsa.RSAPrivateKey]:
    """Return the kid and the private key that we sign with for this platform.

    That is its own where it has one that signs, else everybody's: the newest whose time has come.
    """
    row = _signer(registration)
    if row is None:
        ensure()
        row = _signer(registration)
    assert row is not None
    return row.public_jwk["kid"], _private(row)


def _private(row: ToolKey) -> rsa.RSAPrivateKey:
    pem = crypto.decrypt(row.private_key, purpose="tool-key").encode()
    # Its cipher vouches for it; OpenSSL's own look at it would take 30 ms for each signature.
    pair = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(pair, rsa.RSAPrivateKey)
    return pair


def _signer(registration: Registration) -> ToolKey | None:
    theirs = Q(registration=registration) if registration.own_key else Q(pk=None)
    come = _standing().filter(Q(registration=None) | theirs, signs_from__lte=timezone.now())
    return come.order_by(F("registration").asc(nulls_last=True), "-signs_from").first()


def jwks() -> dict[str, list[Any]]:
    """Return what platforms check our signatures with: everybody's keys, new ones and old."""
    held = _shared().order_by("created_at").values_list("signs_from", "public_jwk")
    told = list(held)
    if not any(at and at <= timezone.now() for at, _jwk in told):
        ensure()
        told = list(held.all())
    return {"keys": [jwk for _at, jwk in told]}


def ensure() -> None:
    """See that there is a key that signs. The very first does at once: nobody holds another."""
    with transaction.atomic():
        _alone()
        if signer() is None:
            make(signs_from=timezone.now() - SKEW)


def signer() -> ToolKey | None:
    """Return the key that signs for all platforms without one of their own."""
    come = _shared().filter(signs_from__lte=timezone.now())
    return come.order_by("-signs_from").first()


def waiting() -> ToolKey | None:
    """Return the key that is published and will sign."""
    return _shared().filter(signs_from__gt=timezone.now()).order_by("signs_from").first()


@transaction.atomic
def rotate(*, early: bool = False) -> ToolKey | None:
    """Make the next key of all if it is time (or `early`), and none waits already; return it.

    Its predecessors know from then on when they go.
    """
    _alone()
    now, current = timezone.now(), signer()
    if current is None or current.signs_from is None or waiting():
        return None
    due = current.signs_from + turn()
    if now < due - EARLY and not early:
        return None
    starts = now + AHEAD if early else max(now + AHEAD, due)
    made = make(signs_from=starts)
    _shared().filter(retires_at=None).exclude(pk=made.pk).update(retires_at=starts + KEPT)
    return made


@transaction.atomic
def replace(registration: Registration | None = None) -> ToolKey:
    """Take back every key of all (or of one registration) now: one has leaked. Return the new one.

    Platforms that hold the old keys refuse us until they have the new one.
    """
    _alone()
    at = timezone.now() - SKEW
    gone = own(registration) if registration else _shared()
    gone.update(retires_at=at, private_key="")
    return make(signs_from=at, registration=registration)


def forget() -> None:
    """Let go of the private halves of keys that are retired: what is not there cannot leak."""
    gone = ToolKey.objects.filter(retires_at__lte=timezone.now())
    gone.exclude(private_key="").update(private_key="")


def overdue() -> bool:
    """Whether the key of all signs for longer than it should: nobody made the next one."""
    current = signer()
    if current is None or current.signs_from is None or waiting():
        return False
    return timezone.now() > current.signs_from + turn()


def turn() -> timedelta:
    """Return for how long a key signs."""
    return timedelta(days=settings.KEY_DAYS)


def own(registration: Registration) -> QuerySet[ToolKey]:
    """Return the keys that stand of a platform which cannot fetch ours, the newest first."""
    return _standing().filter(registration=registration).order_by("-created_at")


@transaction.atomic
def give(registration: Registration) -> ToolKey:
    """Return a key of a platform's own that waits to be pasted there; make it if there is none.

    Until `pasted` the platform's older one signs, at first everybody's.
    """
    _alone()
    if not registration.own_key:
        registration.own_key = True
        registration.save(update_fields=["own_key"])
    return own(registration).filter(signs_from=None).first() or make(registration=registration)


@transaction.atomic
def pasted(registration: Registration) -> bool:
    """Sign with the key that waits: its administrator has pasted it. False when none waits."""
    _alone()
    key, now = own(registration).filter(signs_from=None).first(), timezone.now()
    if key is None:
        return False
    own(registration).exclude(pk=key.pk).update(retires_at=now + KEPT)
    return bool(own(registration).filter(pk=key.pk).update(signs_from=now - SKEW))


@transaction.atomic
def share(registration: Registration) -> None:
    """Sign with everybody's key again: the platform fetches our keys by itself."""
    _alone()
    own(registration).update(retires_at=timezone.now())
    registration.own_key = False
    registration.save(update_fields=["own_key"])


def pem(key: ToolKey) -> str:
    """Return the public key in the form that some platforms have pasted."""
    public = jwt.PyJWK(key.public_jwk).key
    written = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return str(written.decode())


def _shared() -> QuerySet[ToolKey]:
    return _standing().filter(registration=None)


def _standing() -> QuerySet[ToolKey]:
    return ToolKey.objects.filter(Q(retires_at=None) | Q(retires_at__gt=timezone.now()))


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
