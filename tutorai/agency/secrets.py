"""What programs and people are shown once: tokens, codes; and what is kept of them."""

import secrets
from hashlib import sha256
from typing import Any

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else
LETTERS, GROUP = 12, 4  # of a code that a person types: 59 bits


def digest(secret: str) -> str:
    """Return what is kept of a secret: SHA-256, in hexadecimal."""
    return sha256(secret.encode(errors="replace")).hexdigest()


def access(request: Any = None) -> str:
    """Return a new access token; its beginning tells scanners of leaked secrets what it is."""
    return f"tutorai_at_{secrets.token_urlsafe(32)}"


def refresh(request: Any = None) -> str:
    """Return a new refresh token."""
    return f"tutorai_rt_{secrets.token_urlsafe(32)}"


def code() -> str:
    """Return a new code for a person to type, as "ABCD-EFGH-JKMN"."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    return "-".join(letters[at : at + GROUP] for at in range(0, LETTERS, GROUP))


def typed(written: str) -> str:
    """Return a code as `code` made it, however somebody typed it."""
    letters = "".join(letter for letter in written.upper() if letter in ALPHABET)[: LETTERS + 1]
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))
