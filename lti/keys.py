"""Our own key pairs."""

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection, transaction
from django.db.models import QuerySet

from lti.models import ToolKey
from lti.tool import public_jwk
from tutorai import crypto

LOCK = 7_130_001  # Postgres advisory lock: one process makes the first key


def make(status: ToolKey.Status = ToolKey.Status.PUBLISHED) -> ToolKey:
    """Make and store a key pair."""
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
        status=status,
    )


@transaction.atomic
def ensure() -> None:
    """See that there is a key that signs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if not ToolKey.objects.filter(status=ToolKey.Status.ACTIVE).exists():
        make(ToolKey.Status.ACTIVE)


def signing() -> tuple[str, str]:
    """Return the kid and the private key (PEM) of the key that signs: the newest active one."""
    row = _held().filter(status=ToolKey.Status.ACTIVE).order_by("-created_at")[0]
    return row.public_jwk["kid"], crypto.decrypt(row.private_key, purpose="tool-key")


def jwks() -> dict[str, list[Any]]:
    """Return what platforms check our signatures with."""
    return {"keys": list(_held().values_list("public_jwk", flat=True))}


def _held() -> QuerySet[ToolKey]:
    """Return the keys in use; one of them signs, be it made now."""
    held = ToolKey.objects.exclude(status=ToolKey.Status.RETIRED)
    if not held.filter(status=ToolKey.Status.ACTIVE).exists():
        ensure()
    return held
