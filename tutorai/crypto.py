"""AES-256-GCM for what rests encrypted: `v1.<key id>.<base64url(nonce + ciphertext)>`.

`SECRET_KEYS` holds `id:base64url(32 bytes)` pairs, newest first: the first encrypts, all decrypt.
The purpose ("tool-key", "lms-token", …) is authenticated, so one column's secret cannot be
pasted into another's.
"""

import base64
import binascii
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from tutorai.errors import SecretUnreadable

NONCE = 12  # bytes; random per message, safe for 2^32 messages a key


def _keys() -> dict[str, bytes]:
    pairs = [pair.partition(":") for pair in settings.SECRET_KEYS]
    if not pairs:
        # A laptop needs no extra key; a boot check refuses this outside development.
        return {"dev": hashlib.sha256(b"rest:" + settings.SECRET_KEY.encode()).digest()}
    return {kid: base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)) for kid, _, key in pairs}


def encrypt(text: str, *, purpose: str) -> str:
    """Encrypt `text` with the newest key."""
    kid, key = next(iter(_keys().items()))
    nonce = os.urandom(NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), purpose.encode())
    return f"v1.{kid}.{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt(token: str, *, purpose: str) -> str:
    """Return what `encrypt` was given.

    Raises SecretUnreadable when the key is unknown, the text was changed, or it was encrypted
    for another purpose.
    """
    version, _, rest = token.partition(".")
    kid, _, body = rest.partition(".")
    key = _keys().get(kid)
    if version != "v1" or key is None:
        raise SecretUnreadable(key=kid)
    try:
        sealed = base64.urlsafe_b64decode(body)
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise SecretUnreadable(key=kid) from error


def reencrypt(token: str, *, purpose: str) -> str:
    """Return the same secret under the newest key; unchanged when it already is."""
    newest = next(iter(_keys()))
    if token.split(".")[1:2] == [newest]:
        return token
    return encrypt(decrypt(token, purpose=purpose), purpose=purpose)
